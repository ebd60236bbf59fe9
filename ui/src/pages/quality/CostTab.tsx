import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Segmented, Table } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { categories, cost, type CostLine, type CostReport, type CostSum } from "../../api/cost";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { iso } from "../../lib/time";
import { useReason } from "../production/reasons";
import { CostEntries } from "./CostEntries";
import { CostRates } from "./CostRates";
import { useQualitySearch } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));
const colors = ["#2e7d4f", "#1f5fa8", "#c25b00", "#a31f3d"];
const yuan = (fen: number): string => fixed(fen / 100, 2);

/** What quality costs, by prevention, appraisal and failure. */
export function CostTab() {
  const { t } = useTranslation("qualitycost");
  const [look, setLook] = useState<"report" | "rates" | "entries">("report");
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("lead")}</p>
      <Segmented<"report" | "rates" | "entries"> aria-label={t("tab")} style={{ alignSelf: "flex-start" }} value={look} onChange={setLook} options={(["report", "rates", "entries"] as const).map((v) => ({ value: v, label: t(v) }))} />
      {look === "report" ? <Report /> : look === "rates" ? <CostRates /> : <CostEntries />}
    </div>
  );
}

function Report() {
  const { t } = useTranslation("qualitycost");
  const [search, set] = useQualitySearch();
  const range = useRange(search, "30d");
  const query = useQuery(cost(iso(range.from), iso(range.to), search.scope));
  const r = query.data;
  return (
    <>
      <div className="row"><RangePicker few search={search} fallback="30d" range={range} set={(v) => set({ range: undefined, from: undefined, to: undefined, ...v })} /><ScopePicker value={search.scope} set={(scope) => set({ scope })} /></div>
      {!r ? <Waiting query={query} /> : r.coverage === null ? <Nothing text={t("none")} /> : <Told r={r} />}
    </>
  );
}

function Told({ r }: { r: CostReport }) {
  const { t } = useTranslation("qualitycost");
  const reason = useReason();
  const what = (key: string) => t(`what.${key}` as "what.scrap");
  const cause = (key: string) => reason(key) || t(`quality:cause.${key}` as "quality:cause.tool");
  const option = useMemo(() => ({
    grid: { left: 64, right: 24, top: 32, bottom: 32 }, legend: { top: 0 }, tooltip: { trigger: "axis" }, xAxis: { type: "category", data: r.months.map((m) => m.month) }, yAxis: { type: "value" },
    series: categories.map((c, i) => ({ name: t(`category.${c}`), type: "bar", stack: "cost", barMaxWidth: 48, itemStyle: { color: colors[i] }, data: r.months.map((m) => (m.categories[i] ?? 0) / 100) })),
  }), [r.months, t]);
  return (
    <>
      <section className="panel" aria-label={t("months")}>
        <h2>{t("total")} {yuan(r.fen)} 元 <span className="dim">{typeof r.coverage === "number" && t("coverage", { share: percent(r.coverage) })}</span></h2>
        <Suspense fallback={null}><EChart option={option} height={240} label={t("chart.label", { text: r.months.map((m) => `${m.month} ${yuan(m.fen)}`).join("，") })} /></Suspense>
        <table className="plain"><thead><tr><th>{t("month")}</th>{categories.map((c) => <th key={c} className="r">{t(`category.${c}`)}</th>)}<th className="r">{t("total")}</th></tr></thead>
          <tbody>{r.months.map((m) => <tr key={m.month}><td className="num">{m.month}{(m.uncounted ?? 0) > 0 && <> <span className="dim">{t("uncounted.n", { n: m.uncounted })}</span></>}</td>{m.categories.map((f, i) => <td key={categories[i]} className="r num">{yuan(f)}</td>)}<td className="r num">{yuan(m.fen)}</td></tr>)}</tbody></table>
      </section>
      {r.uncounted.length > 0 && (
        <Alert type="warning" showIcon title={t("uncounted")} description={<ul style={{ margin: 0, paddingLeft: 18 }}>{r.uncounted.map((u) => <li key={`${u.what} ${u.product ?? ""} ${u.operation ?? 0}`}>{what(u.what)} {u.product} {u.operation ? `${t("operation")} ${u.operation}` : ""}：{fixed(u.quantity, u.unit === "h" ? 1 : 0)} {t(`unit.${u.unit}` as "unit.h")}</li>)}</ul>} />)}
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(300px, 1fr))", gap: 16 }}>
        <Ranked title={t("category")} rows={r.categories} name={(k) => t(`category.${k}` as "category.internal")} /><Ranked title={t("kinds")} rows={r.kinds} name={what} /><Ranked title={t("products")} rows={r.products} name={(k) => k} />
        <Ranked title={t("operations")} rows={r.operations} name={(k) => k} /><Ranked title={t("causes")} rows={r.causes} name={(k) => (k ? cause(k) : "")} />
      </div>
      <Lines r={r} what={what} cause={cause} />
    </>
  );
}

/** Sums in the order of what they cost, with bars (Pareto) and their shares added up. */
function Ranked({ title, rows, name }: { title: string; rows: CostSum[]; name: (key: string) => string }) {
  const { t } = useTranslation("qualitycost");
  return (
    <section className="panel" aria-label={title}>
      <h3>{title}</h3>
      <table className="plain"><thead><tr><th>{t("key")}</th><th className="r">{t("yuan")}</th><th className="r">{t("share")}</th></tr></thead>
        <tbody>{rows.slice(0, 12).map((s) => (
          <tr key={s.key}><td>{name(s.key) || t("nothing")}{(s.uncounted ?? 0) > 0 && <div className="dim">{t("uncounted.n", { n: s.uncounted })}</div>}<div aria-hidden style={{ height: 4, width: `${s.share * 100}%`, background: "#c25b00" }} /></td><td className="r num">{yuan(s.fen)}</td><td className="r num">{percent(s.share)}</td></tr>))}</tbody></table>
    </section>
  );
}

function Lines({ r, what, cause }: { r: CostReport; what: (key: string) => string; cause: (key: string) => string }) {
  const { t } = useTranslation("qualitycost");
  const { name } = useLang();
  const place = (l: CostLine) => (l.place_name ? name(l.place_name) : "");
  const save = () => download("quality-cost.csv", csv([
    [t("month"), t("category"), t("what"), t("product"), t("operation"), t("place"), t("cause"), t("quantity"), "unit", t("yuan"), t("of"), t("source")],
    ...r.lines.map((l) => [l.month, t(`category.${l.category}`), what(l.what), l.product ?? "", l.operation ?? "", place(l), l.cause ? cause(l.cause) : "", l.quantity, t(`unit.${l.unit}`), l.fen === null ? "" : (l.fen / 100).toFixed(2), l.of.name ?? l.of.id, l.source ?? ""]),
  ]), "text/csv");
  return (
    <section className="panel" aria-label={t("lines")}>
      <h2 className="row">{t("lines")}<span className="fill" /><Button size="small" onClick={save}>{t("common:export.csv")}</Button></h2>
      {r.more && <p className="dim">{t("lines.more")}</p>}
      <Table<CostLine> size="small" rowKey={(l) => `${l.month} ${l.what} ${l.of.kind} ${l.of.id} ${l.product ?? ""} ${l.operation ?? 0} ${l.place ?? ""} ${l.cause ?? ""} ${l.rate ?? ""}`} dataSource={r.lines} pagination={{ pageSize: 25, hideOnSinglePage: true }} scroll={{ x: 1000 }}
        columns={[
          { title: t("month"), dataIndex: "month", width: 90, sorter: (a, b) => a.month.localeCompare(b.month) },
          { title: t("category"), key: "c", width: 100, filters: categories.map((c) => ({ text: t(`category.${c}`), value: c })), onFilter: (v, l) => l.category === v, render: (_, l) => t(`category.${l.category}`) },
          { title: t("what"), key: "w", width: 90, render: (_, l) => what(l.what) }, { title: t("product"), key: "p", width: 120, render: (_, l) => l.product ?? "—" }, { title: t("operation"), key: "o", width: 70, align: "right", render: (_, l) => l.operation ?? "—" },
          { title: t("place"), key: "pl", render: (_, l) => place(l) || "—" }, { title: t("cause"), key: "ca", width: 110, render: (_, l) => (l.cause ? cause(l.cause) : "—") },
          { title: t("quantity"), key: "q", width: 110, align: "right", render: (_, l) => <span className="num">{fixed(l.quantity, l.unit === "h" ? 2 : 0)} {t(`unit.${l.unit}`)}</span> },
          { title: t("yuan"), key: "f", width: 110, align: "right", sorter: (a, b) => (a.fen ?? -1) - (b.fen ?? -1), render: (_, l) => <span className="num">{l.fen === null ? "—" : yuan(l.fen)}</span> },
          { title: t("of"), key: "of", width: 170, render: (_, l) => <Fact l={l} /> }, { title: t("source"), key: "s", width: 170, ellipsis: true, render: (_, l) => l.source ?? "—" },
        ]} />
    </section>
  );
}

/** The way from a line to the fact that it rests on. */
function Fact({ l }: { l: CostLine }) {
  const { t } = useTranslation("qualitycost");
  const text = t(`of.${l.of.kind}`, { name: l.of.name ?? l.of.id });
  switch (l.of.kind) {
    case "order": return <Link to="/production/orders" search={{ q: l.of.id }}>{text}</Link>;
    case "characteristic": return <Link to="/quality" search={{ tab: "chart", characteristic: l.of.id }}>{text}</Link>;
    case "gauge": return <Link to="/quality" search={{ tab: "gauges", gauge: l.of.id }}>{text}</Link>;
    case "case": return <Link to="/quality" search={{ tab: "cases", case: l.of.id, ended: true }}>{text}</Link>;
    default: return <>{text}</>;
  }
}
