import { useNavigate } from "@tanstack/react-router";
import { Table } from "antd";
import { useTranslation } from "react-i18next";
import type { ReportPart, ReportRow, ReportView } from "../../api/reporting";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { valueOf } from "./Values";
import { Change, StateTag, ValueText } from "./words";

/** The reports of the level below, and what they say together beside the own fold. */
export function Parts({ v }: { v: ReportView }) {
  const { t } = useTranslation("reports");
  const { name } = useLang();
  const navigate = useNavigate();
  const approved = v.parts.filter((p) => p.accepted > 0).length;
  return (
    <section className="stack">
      <h2 style={{ fontSize: 16, margin: 0 }}>{t("parts")} <span className="dim" style={{ fontWeight: 400, fontSize: 14 }}>{t("parts.hint", { n: v.parts.length, ok: approved })}</span></h2>
      <Table<ReportPart> size="small" rowKey="id" dataSource={v.parts} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 600 }}
        columns={[
          { title: t("region"), key: "region", render: (_, p) => <><button type="button" className="figbtn" onClick={() => void navigate({ to: "/reports", search: { id: p.id } })}>{p.name}</button> <span className="dim mono">{p.region}</span></> },
          { title: t("state"), key: "state", render: (_, p) => <StateTag state={p.state} /> },
          { title: t("accepted"), key: "accepted", align: "right", render: (_, p) => p.accepted || "—" },
          { title: t("held"), key: "held", align: "right", render: (_, p) => p.held || <span className="dim">{t("missing")}</span> },
        ]} />
      <Table<ReportRow> size="small" rowKey={(r) => valueOf(r).definition.id} dataSource={v.rows.filter((r) => r.said && r.said.reports > 0)} pagination={false} scroll={{ x: 800 }} locale={{ emptyText: <span style={{ color: "var(--dim)" }}>{t("said.none")}</span> }}
        columns={[
          { title: t("indicator"), key: "name", render: (_, r) => name(valueOf(r).definition.name) },
          { title: t("said"), key: "said", align: "right", render: (_, r) => <ValueText of={valueOf(r)} value={r.said?.value} reason={r.said?.reason} /> },
          { title: t("reported"), key: "own", align: "right", render: (_, r) => <ValueText of={valueOf(r)} value={valueOf(r).value} reason={valueOf(r).reason} /> },
          { title: t("said.diff"), key: "difference", align: "right", render: (_, r) => <Change of={valueOf(r)} by={r.said?.difference} /> },
          { title: t("moved"), key: "moved", render: (_, r) => r.said?.moved.map((m) => <div key={m.term}><span className="mono">{m.term}</span> <span className="num">{fixed(m.was, 0)} → {fixed(m.is, 0)}</span></div>) },
        ]} />
    </section>
  );
}
