import { useQuery } from "@tanstack/react-query";
import { Alert, Input, Segmented, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { whoMay } from "../../api/queries";
import type { Holder, Permission } from "../../api/types";
import { ScopePicker } from "../../components/ScopePicker";
import { GrantList } from "./Grants";
import { permissions } from "./roles";

/** Who may do what with a place or a firm, and by which grant. */
export function WhoMay() {
  const { t } = useTranslation("access");
  const [about, setAbout] = useState<"place" | "firm">("place");
  const [permission, setPermission] = useState<Permission>("read");
  const [path, setPath] = useState<string>();
  const [firm, setFirm] = useState({ region: "", sector: "", firm: "" });
  const ofFirm = (p: Permission): boolean => p === "diagnose" || p.startsWith("firms");
  const { data, error, isFetching } = useQuery(whoMay(about === "place" ? { permission, scope: path } : { permission, ...firm }));
  const change = (to: "place" | "firm") => { setAbout(to); setPermission(to === "place" ? "read" : "firms"); };
  const field = (key: keyof typeof firm, label: string, placeholder: string) => (
    <Input style={{ width: 160 }} aria-label={label} placeholder={`${label} ${placeholder}`} value={firm[key]} maxLength={60} onChange={(e) => setFirm({ ...firm, [key]: e.target.value.trim() })} />);
  return (
    <div className="stack">
      <div className="row" style={{ flexWrap: "wrap" }}>
        <Segmented value={about} onChange={change} options={[{ value: "place", label: t("about.place") }, { value: "firm", label: t("about.firm") }]} />
        {about === "place" ? <ScopePicker value={path} set={setPath} /> : <>{field("region", t("region"), "330624")}{field("sector", t("sector"), "C3451")}{field("firm", t("firm"), "")}</>}
        <Select style={{ width: 220 }} aria-label={t("role.may")} value={permission} onChange={setPermission} options={permissions.filter((p) => ofFirm(p) === (about === "firm")).map((p) => ({ value: p, label: t(`may.${p}`) }))} />
      </div>
      {error && <Alert type="error" showIcon title={error.message} />}
      <Table<Holder> size="small" rowKey={(h) => h.id + JSON.stringify(h.grant)} loading={isFetching} dataSource={error ? [] : (data ?? [])} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 600 }}
        columns={[
          { title: t("holder"), key: "name", render: (_, h) => h.name },
          { title: t("kind"), key: "kind", render: (_, h) => t(`kind.${h.kind}`) },
          { title: t("by"), key: "grant", render: (_, h) => <GrantList grants={[h.grant]} /> },
        ]} />
    </div>
  );
}
