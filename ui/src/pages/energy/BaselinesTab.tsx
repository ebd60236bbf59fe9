import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Baseline, baselines, type Network, type Report, report } from "../../api/energy";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, measured, percent } from "../../lib/format";
import { dateTime, ms, shortTime } from "../../lib/time";
import { BaselineEditor } from "./BaselineEditor";
import { unitOf, useEnergySearch } from "./parts";
import { Said } from "../../components/Said";

const EChart = lazy(() => import("../../charts/EChart"));

/** Baselines and what was saved against each. */
export function BaselinesTab({ net, engineer }: { net: Network; engineer: boolean }) {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const [search, set] = useEnergySearch();
  const [edited, setEdited] = useState<Baseline | "new">();
  const query = useQuery(baselines(net.place));
  const all = query.data;
  const open = all?.find((b) => b.code === search.code) ?? all?.[0];
  const meter = (code: string) => name(net.meters.find((m) => m.code === code)?.name) || code;
  return (
    <div className="stack">
      <div className="row">{engineer && <Button onClick={() => setEdited("new")}>{t("baseline.new")}</Button>}{engineer && open && <Button onClick={() => setEdited(open)}>{t("baseline.again")}</Button>}</div>
      {!all ? <Waiting query={query} /> : all.length === 0 ? <Nothing text={t("baseline.none")} /> : (
        <section className="panel" aria-label={t("tab.baselines")}>
          <div className="scroll" tabIndex={0} role="group" aria-label={t("tab.baselines")}><table className="plain">
            <thead><tr><th>{t("baseline")}</th><th>{t("meter")}</th><th>{t("model")}</th><th className="r">R²</th><th className="r">CV(RMSE)</th><th>{t("accepted")}</th><th>{t("made.of")}</th><th>{t("reason")}</th></tr></thead>
            <tbody>{all.map((b) => (
              <tr key={b.code} style={b.code === open?.code ? { fontWeight: 600 } : {}}>
                <td><button type="button" className="figbtn" onClick={() => set({ code: b.code })}>{name(b.name)}</button> <span className="dim">{t("revision.n", { n: b.rev })}</span></td>
                <td>{meter(b.meter)}</td><td>{formula(b)}</td><td className="r num">{b.statistics.r2 === null ? "—" : fixed(b.statistics.r2, 3)}</td><td className="r num">{b.statistics.cv_rmse === null ? "—" : percent(b.statistics.cv_rmse)}</td>
                <td>{b.accepted ? t("yes") : t("no")}</td><td className="num">{shortTime(b.from)} – {shortTime(b.to)}</td><td>{b.note}</td>
              </tr>))}</tbody>
          </table></div>
        </section>)}
      {open && <Saved key={`${open.code} ${open.rev}`} net={net} b={open} />}
      {edited && <BaselineEditor net={net} was={edited === "new" ? undefined : edited} close={(code) => { setEdited(undefined); if (code) set({ code }); }} />}
    </div>
  );
}

const formula = (b: Baseline): string =>
  b.model.terms.map((term, i) => (i === 0 ? measured(b.model.coef[0] ?? 0) : `${(b.model.coef[i] ?? 0) < 0 ? "−" : "+"} ${measured(Math.abs(b.model.coef[i] ?? 0))}·${term}`)).join(" ");

function Saved({ net, b }: { net: Network; b: Baseline }) {
  const query = useQuery(report(net.place, b.code, {}));
  const r = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!r) return <Waiting query={query} />;
  return <><Headline r={r} /><Sum r={r} /><Fit b={b} /></>;
}

function Headline({ r }: { r: Report }) {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const s = r.saving;
  const unit = unitOf[r.baseline.unit === "kW.h" ? "electricity" : ""] ?? r.baseline.unit;
  return (
    <section className="panel" aria-label={t("saving")}>
      <h2>{name(r.baseline.name)}：{t("saving")}</h2>
      {!r.baseline.accepted && <Alert type="warning" showIcon title={t("not.accepted")} />}
      {r.changes.map((c) => (
        <Alert key={c.found} type={c.over ? "info" : c.mean > 0 ? "error" : "success"} showIcon
          title={t(c.mean > 0 ? "change.more" : "change.less", { since: dateTime(c.since), found: dateTime(c.found), mean: fixed(Math.abs(c.mean), 1), unit }) + (c.until && c.over ? t("change.over", { until: dateTime(c.until), over: dateTime(c.over) }) : "")} />))}
      {!s ? <Nothing text={t("saving.none")} /> : (
        <dl className="kv" style={{ marginTop: 8 }}>
          <dt>{t("period")}</dt><dd className="num">{dateTime(r.from)} – {dateTime(r.to)}，{t("periods", { n: s.m })}{r.left_out > 0 ? t("left.out", { n: r.left_out }) : ""}</dd>
          <dt>{t("expected")}</dt><dd className="num">{fixed(s.expected, 1)} {unit}</dd>
          <dt>{t("actual")}</dt><dd className="num">{fixed(s.actual, 1)} {unit}</dd>
          <dt>{t("saved")}</dt><dd className="num" style={{ fontWeight: 600 }}>{fixed(s.saving, 1)} ± {s.uncertainty === null ? "—" : fixed(s.uncertainty, 1)} {unit}{s.saving_share === null ? "" : `（${percent(s.saving_share)}）`} <span className="dim">{t("confidence", { share: percent(s.confidence, 0) })}</span></dd>
          <dt>{t("proven")}</dt><dd>{s.significant ? t("proven.yes") : t("proven.no")}{s.fractional_savings_uncertainty === null ? "" : ` ${t("fsu", { share: percent(s.fractional_savings_uncertainty), ashrae: s.fractional_savings_uncertainty_ashrae === null ? "—" : percent(s.fractional_savings_uncertainty_ashrae) })}`}</dd>
          {r.enpi && <><dt>EnPI</dt><dd className="num">{r.enpi.per ? t("enpi", { per: r.enpi.per, before: r.enpi.reference === null ? "—" : measured(r.enpi.reference), after: r.enpi.reporting === null ? "—" : measured(r.enpi.reporting), unit }) : ""} {t("enpi.normalised", { share: r.enpi.normalised === null ? "—" : percent(r.enpi.normalised) })}</dd></>}
          {Object.keys(s.beyond_baseline).length > 0 && <><dt>{t("beyond")}</dt><dd>{Object.entries(s.beyond_baseline).map(([k, n]) => `${k} ${n}`).join("，")}</dd></>}
        </dl>)}
    </section>
  );
}

function Sum({ r }: { r: Report }) {
  const { t } = useTranslation("energy");
  const { lang } = useLang();
  const option = useMemo(() => chart(r, t("cusum"), t("actual"), t("expected")), [r, lang]);
  if (r.points.length === 0) return null;
  const last = r.points.slice(-60).reverse();
  return (
    <section className="panel" aria-label={t("cusum")}>
      <h2>{t("cusum")}</h2><p className="dim" style={{ margin: 0 }}>{t("cusum.lead")}</p>
      <Suspense fallback={null}><EChart option={option} height={300} label={t("cusum.label", { n: r.points.length, end: fixed(r.points.at(-1)?.cusum ?? 0, 1) })} /></Suspense>
      <div className="row"><Button onClick={() => exportOf(r)}>{t("common:export.csv")}</Button><Button onClick={() => window.print()}>{t("print")}</Button></div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("cusum")}><table className="plain">
        <caption className="dim" style={{ textAlign: "left" }}>{t("newest", { n: last.length })}</caption>
        <thead><tr><th>{t("period")}</th><th className="r">{t("actual")}</th><th className="r">{t("expected")}</th><th className="r">{t("difference")}</th><th className="r">{t("cusum")}</th></tr></thead>
        <tbody>{last.map((p) => <tr key={p.from}><td className="num">{dateTime(p.from)}</td><td className="r num">{fixed(p.actual, 2)}</td><td className="r num">{fixed(p.expected, 2)}</td><td className="r num">{fixed(p.difference, 2)}</td><td className="r num">{fixed(p.cusum, 2)}</td></tr>)}</tbody>
      </table></div>
    </section>
  );
}

/** How well a baseline fits, question by question. */
export function Fit({ b }: { b: Baseline }) {
  const { t } = useTranslation("energy");
  const s = b.statistics;
  return (
    <section className="panel" aria-label={t("fit")}>
      <h2>{t("fit")}</h2>
      <p style={{ margin: 0 }}>{t("fit.lead", { n: b.model.n, out: b.left_out, dw: s.durbin_watson === null ? "—" : fixed(s.durbin_watson, 2) })}</p>
      <table className="plain">
        <thead><tr><th>{t("term")}</th><th className="r">{t("coefficient")}</th><th className="r">{t("std.err")}</th><th className="r">t</th><th className="r">p</th></tr></thead>
        <tbody>{b.model.terms.map((term, i) => <tr key={term}><td>{term === "const" ? t("const") : term}</td><td className="r num">{measured(b.model.coef[i] ?? 0)}</td><td className="r num">{measured(b.model.std_err[i] ?? 0)}</td><td className="r num">{s.t[i] === null || s.t[i] === undefined ? "—" : fixed(s.t[i], 2)}</td><td className="r num">{s.p[i] === null || s.p[i] === undefined ? "—" : measured(s.p[i])}</td></tr>)}</tbody>
      </table>
      <table className="plain">
        <thead><tr><th>{t("check")}</th><th className="r">{t("value")}</th><th className="r">{t("limit")}</th><th>{t("passed")}</th><th>{t("source")}</th></tr></thead>
        <tbody>{b.acceptance.map((c) => <tr key={c.what}><td>{c.what}</td><td className="r num">{c.value === null ? "—" : measured(c.value)}</td><td className="r num">{c.limit}</td><td>{c.pass ? t("yes") : t("no")}</td><td>{c.source}</td></tr>)}</tbody>
      </table>
      {b.doubts.length > 0 && <ul>{b.doubts.map((d) => <li key={d}><Said text={d} /></li>)}</ul>}
    </section>
  );
}

function chart(r: Report, cusum: string, actual: string, expected: string) {
  const at = (f: (p: Report["points"][number]) => number) => r.points.map((p) => [ms(p.from), Number(f(p).toFixed(3))]);
  return {
    grid: { left: 64, right: 64, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (v: number) => fixed(v, 1) },
    xAxis: { type: "time" }, yAxis: [{ type: "value", name: r.baseline.unit.replace(".", "") }, { type: "value", name: cusum, splitLine: { show: false } }],
    series: [
      { name: actual, type: "line", showSymbol: false, data: at((p) => p.actual), itemStyle: { color: "#1f5fa8" } },
      { name: expected, type: "line", showSymbol: false, lineStyle: { type: "dashed" }, data: at((p) => p.expected), itemStyle: { color: "#7a8795" } },
      { name: cusum, type: "line", yAxisIndex: 1, showSymbol: false, data: at((p) => p.cusum), itemStyle: { color: "#c25b00" }, areaStyle: { opacity: 0.1 } },
    ],
  };
}

function exportOf(r: Report): void {
  download("energy-saving.csv", csv([["from", "to", "actual", "expected", "difference", "cusum", ...r.baseline.variables.map((v) => v.name)], ...r.points.map((p) => [p.from, p.to, p.actual, p.expected, p.difference, p.cusum, ...p.x])]), "text/csv");
}
