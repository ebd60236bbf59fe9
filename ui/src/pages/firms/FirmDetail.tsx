import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Descriptions, Drawer, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Firm, FirmChange, FirmYear } from "../../api/types";
import { dateTime, ofMicros } from "../../lib/time";
import { FirmForm } from "./FirmForm";
import { Marks } from "./FirmList";
import { MergeFirm } from "./MergeFirm";
import { differs, firm, firmHistory, wan } from "./firms";

/** One firm with what was entered of it. */
export function FirmDetail({ id, keeps, close }: { id: string | undefined; keeps: boolean; close: () => void }) {
  const { t } = useTranslation("firms");
  const one = useQuery({ ...firm(id ?? ""), enabled: id !== undefined });
  const [editing, setEditing] = useState(false);
  const [merging, setMerging] = useState(false);
  const f = one.data;
  return (
    <Drawer open={id !== undefined} onClose={close} size={860} title={f?.name ?? t("title")} loading={one.isLoading}
      extra={keeps && f && <div className="row"><Button onClick={() => setMerging(true)}>{t("merge")}</Button><Button type="primary" onClick={() => setEditing(true)}>{t("edit")}</Button></div>}>
      {one.isError && <Alert type="error" showIcon title={one.error.message} />}
      {f && <Facts f={f} />}
      {f && <History id={f.id} />}
      {editing && f && <FirmForm firm={f} close={() => setEditing(false)} saved={() => setEditing(false)} />}
      {merging && f && <MergeFirm firm={f} close={() => setMerging(false)} merged={() => { setMerging(false); close(); }} />}
    </Drawer>
  );
}

function Facts({ f }: { f: Firm }) {
  const { t } = useTranslation("firms");
  const or = (v: string | undefined) => v || <span className="dim">{t("none.value")}</span>;
  return (
    <div className="stack">
      {f.doubt && <Alert type="warning" showIcon title={t("doubt", { codes: f.doubt })} />}
      <Marks of={f} />
      <Descriptions size="small" column={2} items={[
        { key: "code", label: t("code"), children: f.code },
        { key: "place", label: t("place"), children: `${f.region} ${f.place}` },
        { key: "trade", label: t("trade"), children: `${f.industry} ${f.trade}` },
        { key: "size", label: t("size"), children: <>{or(f.size && t(`size.${f.size}`))} {f.computed && <span className="dim">{t("computed", { size: t(`size.${f.computed}`) })}</span>}</> },
        { key: "backbone", label: t("backbone"), children: or(f.backbone && `${f.backbone.from} – ${f.backbone.to ?? ""}`) },
        { key: "cluster", label: t("cluster"), children: or(f.cluster) },
        { key: "systems", label: t("systems"), children: or(f.systems?.map((s) => `${s.kind.toUpperCase()} ${s.name ?? ""} ${s.since ? t("since.day", { day: s.since }) : ""}`.trim()).join("；")) },
        { key: "cloud", label: t("cloud"), children: or(f.cloud) },
        { key: "formers", label: t("formers"), children: or(f.formers?.map((o) => t("former", o)).join("；")) },
        { key: "remark", label: t("remark"), children: or(f.remark) },
      ]} />
      <Table<FirmYear> size="small" rowKey="year" pagination={false} dataSource={[...(f.years ?? [])].reverse()} locale={{ emptyText: t("none.value") }}
        columns={[
          { title: t("year"), dataIndex: "year" },
          { title: t("sales"), dataIndex: "sales", align: "right", render: (v?: number) => (v === undefined ? "—" : wan(v)) },
          { title: t("staff"), dataIndex: "staff", align: "right", render: (v?: number) => v ?? "—" },
        ]} />
    </div>
  );
}

function History({ id }: { id: string }) {
  const { t } = useTranslation("firms");
  const all = useQuery(firmHistory(id));
  const rows = (all.data?.items ?? []).map((c, i, list) => ({ ...c, changed: differs(list[i - 1]?.firm, c.firm) })).reverse();
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<FirmChange & { changed: (keyof Firm)[] }> size="small" rowKey={(c) => c.firm.rev} loading={all.isLoading} pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={rows}
        columns={[
          { title: t("history.time"), dataIndex: "recorded", width: 160, render: (at: number) => dateTime(ofMicros(at)) },
          { title: t("history.who"), dataIndex: "who", width: 130, ellipsis: true },
          { title: t("history.action"), key: "action", width: 90, render: (_, c) => <>{t(`action.${c.action}`)} {c.void && <span className="dim">{t("history.void")}</span>}</> },
          { title: t("history.since"), key: "since", width: 160, render: (_, c) => (c.firm.since ? dateTime(ofMicros(c.firm.since)) : "") },
          { title: t("history.what"), key: "what", render: (_, c) => c.changed.map((k) => t(k === "region" ? "place" : k === "industry" ? "trade" : (k as "name"))).join("、") },
        ]} />
    </section>
  );
}
