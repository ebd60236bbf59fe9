import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Empty, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { policies, targets } from "../../api/queries";
import type { TargetRow } from "../../api/types";
import type { TargetsSearch } from "../../routes";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { RegionPicker } from "../../components/RegionPicker";
import { TargetDrawer } from "./TargetDrawer";
import { Aim, ResultValue } from "./values";

const firstYear = 2018; // the policy's

/** The policy's targets for a region and a year: only numeric ones stand against a value. */
export default function TargetsPage() {
  const { t } = useTranslation("targets");
  const { name } = useLang();
  const reason = useReason();
  const search = useSearch({ from: "/app/targets" });
  const navigate = useNavigate();
  const now = new Date().getFullYear();
  const year = search.year ?? now;
  const go = (more: TargetsSearch) => void navigate({ to: "/targets", search: { ...search, ...more } });
  const rows = useQuery(targets(search.region, year));
  const policy = useQuery(policies).data?.policies[0];
  const open = rows.data?.find((r) => r.target.id === search.target);
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="fill" />
        <RegionPicker value={search.region} onChange={(region) => go({ region })} />
        <Select<number> aria-label={t("year")} value={year} style={{ width: 110 }} onChange={(y) => go({ year: y })}
          options={Array.from({ length: now - firstYear + 1 }, (_, i) => ({ value: now - i, label: t("year.n", { year: now - i }) }))} />
      </div>
      {policy && <p className="dim" style={{ marginTop: 0 }}>{t("policy", { title: name(policy.title), issuer: policy.issuer, signed: policy.signed })}</p>}
      {rows.error && <Alert type="error" showIcon message={rows.error.message} />}
      <Table<TargetRow> size="small" rowKey={(r) => r.target.id} loading={rows.isPending} dataSource={rows.data ?? []} pagination={false} scroll={{ x: 980 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} /> }}
        columns={[
          { title: t("id"), key: "id", width: 60, render: (_, r) => <span className="mono dim">{r.target.id}</span> },
          { title: t("name"), key: "name", render: (_, r) => <button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => go({ target: r.target.id })}>{name(r.target.name)}</button> },
          { title: t("scope"), key: "scope", render: (_, r) => name(r.target.scope) },
          { title: t("written"), key: "written", width: 130, render: (_, r) => r.target.operator_as_written },
          { title: t("value"), key: "value", width: 190, render: (_, r) => (r.target.status === "judged" ? <span className="dim">{t("judged")}</span> : r.results.map((x) => <div key={x.definition.id}><ResultValue of={x} reason={reason} many={r.results.length > 1} /></div>)) },
          { title: t("standing"), key: "standing", width: 180, render: (_, r) => <Aim of={r} /> },
          { title: t("confidence"), key: "confidence", width: 90, render: (_, r) => r.results.map((x) => <div key={x.definition.id} title={t("confidence.hint")}>{x.known.due > 0 ? x.confidence : "—"}</div>) },
        ]} />
      {open && <TargetDrawer of={open} region={search.region} year={year} close={() => go({ target: undefined })} />}
    </>
  );
}
