import { Alert, Checkbox, Empty, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReportRow, ReportValue, ReportView } from "../../api/reporting";
import { useLang } from "../../i18n/useLang";
import { fixed, percent } from "../../lib/format";
import { Change, ValueText } from "./words";

/** What a row is about: the reported value, or while nothing is frozen the computed one. */
export const valueOf = (r: ReportRow): ReportValue => (r.reported ?? r.recomputed) as ReportValue;

/** Every indicator as reported and as computed now, side by side. */
export function Values({ v }: { v: ReportView }) {
  const { t } = useTranslation("reports");
  const { name } = useLang();
  const [only, setOnly] = useState(false);
  const differ = v.rows.filter((r) => r.reported && !r.same);
  return (
    <section className="stack">
      <h2 style={{ fontSize: 16, margin: 0 }}>{t("values")}</h2>
      {v.root && (v.differs
        ? <Alert type={v.declined ? "info" : "warning"} showIcon title={v.declined ? t("declined") : t("differs", { n: differ.length })} />
        : <span className="dim">{t("same")}</span>)}
      {differ.length > 0 && <Checkbox checked={only} onChange={(e) => setOnly(e.target.checked)}>{t("onlyDiff")}</Checkbox>}
      <Table<ReportRow> size="small" rowKey={(r) => valueOf(r).definition.id} dataSource={only ? differ : v.rows} pagination={false} scroll={{ x: 1000 }} expandable={{ expandedRowRender: (r) => <Ground of={r} /> }} locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} /> }}
        columns={[
          { title: t("indicator"), key: "name", render: (_, r) => <>{name(valueOf(r).definition.name)} {valueOf(r).verified === "unverified" && <span className="chip">{t("unverified")}</span>}</> },
          { title: t("reported"), key: "reported", align: "right", width: 120, render: (_, r) => (r.reported ? <ValueText of={r.reported} value={r.reported.value} reason={r.reported.reason} /> : <span className="dim">{t("notReported")}</span>) },
          { title: t("recomputed"), key: "recomputed", align: "right", width: 120, render: (_, r) => (r.recomputed ? <ValueText of={r.recomputed} value={r.recomputed.value} reason={r.recomputed.reason} /> : "—") },
          { title: t("difference"), key: "difference", align: "right", width: 130, render: (_, r) => <Change of={valueOf(r)} by={r.difference} /> },
          { title: t("moved"), key: "moved", width: 230, render: (_, r) => r.moved.map((m) => <div key={m.term}><span className="mono">{m.term}</span> <span className="num">{fixed(m.was, 0)} → {fixed(m.is, 0)}</span></div>) },
          { title: t("coverage"), key: "coverage", align: "right", width: 90, render: (_, r) => { const c = valueOf(r).coverage; return c === null ? "—" : percent(c); } },
          { title: t("confidence"), key: "confidence", width: 80, render: (_, r) => (valueOf(r).due > 0 ? valueOf(r).confidence : "—") },
          { title: t("definition"), key: "definition", width: 80, render: (_, r) => <span title={valueOf(r).definition.id}>v{valueOf(r).definition.version}</span> },
        ]} />
      <div className="dim mono" style={{ overflowWrap: "anywhere" }}>{v.root && <>{t("root")} {v.root}<br /></>}{t("nowRoot")} {v.now_root}</div>
    </section>
  );
}

/** What one row stands on: terms as reported and as they are now, firms known, definition, roots. */
function Ground({ of: r }: { of: ReportRow }) {
  const { t } = useTranslation("reports");
  const both = [[t("reported"), r.reported], [t("recomputed"), r.recomputed]] as const;
  return (
    <dl className="kv">
      {both.map(([label, v]) => v && [
        <dt key={label}>{label}</dt>,
        <dd key={`${label}.of`}>
          {Object.entries(v.terms).map(([term, n]) => <span key={term} style={{ marginInlineEnd: 16 }}><span className="mono">{term}</span> <span className="num">{fixed(n, 0)}</span></span>)}
          <span className="dim">{t("ground", { known: fixed(v.known, 0), due: fixed(v.due, 0), machine: fixed(v.machine, 0) })} · {v.definition.id} v{v.definition.version}</span>
          <div className="mono dim">{v.root}</div>
        </dd>,
      ])}
    </dl>
  );
}
