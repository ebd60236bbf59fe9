import { useQuery } from "@tanstack/react-query";
import { Button, Select } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Analysis, analysis, type Experiment, models } from "../../api/trial";
import { Nothing, useProblem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, measured } from "../../lib/format";
import { Surface } from "./Surface";
import { useHeads, useSearchOf, value } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** What came of an experiment: analysis of variance, effects, what is left over, the surface. */
export function AnalysisTab({ e }: { e: Experiment }) {
  const { t } = useTranslation("trial");
  const problem = useProblem();
  const [search, set] = useSearchOf();
  const heads = useHeads(e);
  const look = { response: Math.min(search.response ?? 0, e.responses.length - 1), model: models.find((m) => m === search.model), x: search.x ?? 0, y: search.y ?? (search.x === 1 ? 0 : 1) };
  const query = useQuery(analysis(e.id, e.rev, look));
  const a = query.data;
  return (
    <div className="stack">
      <div className="row noprint">
        <Select style={{ width: 240 }} aria-label={t("response")} value={look.response} onChange={(response: number) => set({ response })} options={heads.responses.map((r, i) => ({ value: i, label: r }))} />
        <Select style={{ width: 240 }} aria-label={t("model")} value={look.model ?? a?.model ?? null} onChange={(model: string | null) => set({ model: model ?? undefined })} options={models.map((m) => ({ value: m, label: t(`model.${m}`) }))} />
        <span className="fill" />{a && <Button onClick={() => exportOf(a)}>{t("common:export.csv")}</Button>}<Button onClick={() => window.print()}>{t("print")}</Button>
      </div>
      {query.error ? <Nothing text={problem(query.error)} /> : !a ? <Waiting query={query} /> : <><Variance a={a} /><Effects a={a} unit={e.responses[a.response]?.unit ?? ""} /><Left a={a} unit={e.responses[a.response]?.unit ?? ""} />{a.surface && <Surface e={e} a={a} s={a.surface} />}</>}
    </div>
  );
}

function Variance({ a }: { a: Analysis }) {
  const { t } = useTranslation("trial");
  const star = (p: number | null | undefined) => (typeof p !== "number" ? "" : p < 0.01 ? " **" : p < 0.05 ? " *" : "");
  return (
    <section className="panel" aria-label={t("anova")}>
      <h2>{t("anova")}</h2>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("anova")}><table className="plain">
        <thead><tr><th>{t("term")}</th><th>{t("meaning")}</th><th className="r">{t("coef")}</th><th className="r">{t("effect")}</th><th className="r">{t("std.err")}</th><th className="r">{t("ss")}</th><th className="r">F</th><th className="r">p</th></tr></thead>
        <tbody>
          {a.terms.map((l) => <tr key={l.term} style={typeof l.p === "number" && l.p < 0.05 ? { fontWeight: 600 } : {}}><td>{l.term}</td><td>{l.title}</td><td className="r num">{measured(l.coef)}</td><td className="r num">{measured(l.effect)}</td><td className="r num">{measured(l.std_err)}</td><td className="r num">{measured(l.sum_of_squares)}</td><td className="r num">{value(l.f)}</td><td className="r num">{value(l.p)}{star(l.p)}</td></tr>)}
          {([["blocks", a.blocks], ["lack", a.lack_of_fit], ["pure", a.pure_error]] as const).map(([k, p]) => p && <tr key={k}><td>{t(`part.${k}`)}</td><td className="num">{t("df.is", { n: p.df })}</td><td /><td /><td /><td className="r num">{measured(p.sum_of_squares)}</td><td className="r num">{k === "lack" ? value(a.lack_of_fit_f) : ""}</td><td className="r num">{k === "lack" ? `${value(a.lack_of_fit_p)}${star(a.lack_of_fit_p)}` : ""}</td></tr>)}
        </tbody>
      </table></div>
      <p className="num" style={{ margin: "8px 0 0" }}>{t("fit.is", { n: a.runs, df: a.df_residual, sd: measured(a.rmse_n_minus_p), r2: value(a.r2), adj: value(a.adj_r2), pred: value(a.pred_r2), p: value(a.p) })}</p>
      {a.hidden.length > 0 && <p style={{ margin: 0 }}>{t("hidden", { terms: a.hidden.join("，") })}</p>}
      {a.doubts.length > 0 && <ul style={{ margin: "4px 0 0" }}>{a.doubts.map((d) => <li key={d}>{t(`doubt.${d}` as "doubt.few_runs")}</li>)}</ul>}
    </section>
  );
}

function Effects({ a, unit }: { a: Analysis; unit: string }) {
  const { t } = useTranslation("trial");
  const { lang } = useLang();
  const limit = a.lenth_margin ?? undefined;
  const sorted = useMemo(() => [...a.terms].sort((x, y) => Math.abs(y.effect) - Math.abs(x.effect)), [a]);
  const pareto = useMemo(() => {
    const rows = [...sorted].reverse();
    return { grid: { left: 90, right: 24, top: 8, bottom: 36 }, tooltip: { trigger: "axis" }, xAxis: { type: "value", name: unit, nameLocation: "middle", nameGap: 22 }, yAxis: { type: "category", data: rows.map((r) => r.term) }, series: [{ type: "bar", data: rows.map((r) => ({ value: Number(Math.abs(r.effect).toPrecision(5)), itemStyle: { color: typeof r.p === "number" && r.p < 0.05 ? "#c25b00" : "#9aa7b4" } })) }] };
  }, [sorted, unit]);
  const half = useMemo(() => ({
    grid: { left: 64, right: 24, top: 16, bottom: 40 }, tooltip: { trigger: "item" }, xAxis: { type: "value", name: unit, nameLocation: "middle", nameGap: 24 }, yAxis: { type: "value", name: "z" },
    series: [{ type: "scatter", symbolSize: 9, itemStyle: { color: "#1f5fa8" }, label: { show: true, position: "right", formatter: (p: { data: [number, number, string] }) => p.data[2] }, data: sorted.map((l) => [Number(Math.abs(l.effect).toPrecision(5)), Number(l.half_normal_quantile.toFixed(3)), l.term]) }],
  }), [sorted, unit, lang]);
  return (
    <section className="panel" aria-label={t("effects")}>
      <h2>{t("effects")}</h2>
      {limit !== undefined && <p className="dim" style={{ margin: 0 }}>{t("lenth", { margin: `${measured(limit)} ${unit}` })}</p>}
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(340px, 1fr))", gap: 12 }}>
        <figure style={{ margin: 0 }}><figcaption className="dim">{t("pareto")}</figcaption><Suspense fallback={null}><EChart option={pareto} height={Math.max(180, 60 + 24 * sorted.length)} label={t("effects.label", { values: sorted.slice(0, 6).map((l) => `${l.title} ${measured(l.effect)}`).join("，") })} /></Suspense></figure>
        <figure style={{ margin: 0 }}><figcaption className="dim">{t("half.normal")}</figcaption><Suspense fallback={null}><EChart option={half} height={Math.max(220, 60 + 24 * sorted.length)} label={t("half.label", { values: sorted.slice(0, 6).map((l) => `${l.term} ${measured(Math.abs(l.effect))}`).join("，") })} /></Suspense></figure>
      </div>
    </section>
  );
}

function Left({ a, unit }: { a: Analysis; unit: string }) {
  const { t } = useTranslation("trial");
  const { lang } = useLang();
  const plot = (x: (r: Analysis["residuals"][number]) => number, xName: string) => ({
    grid: { left: 64, right: 24, top: 16, bottom: 40 }, tooltip: { trigger: "item" }, xAxis: { type: "value", scale: true, name: xName, nameLocation: "middle", nameGap: 24 }, yAxis: { type: "value", name: unit },
    series: [{ type: "scatter", symbolSize: 8, itemStyle: { color: "#1f5fa8" }, data: a.residuals.map((r) => [Number(x(r).toPrecision(5)), Number(r.residual.toPrecision(5))]) }],
  });
  const [order, normal] = useMemo(() => [plot((r) => r.run, t("no")), plot((r) => r.normal_quantile, "z")], [a, unit, lang]);
  return (
    <section className="panel" aria-label={t("residuals")}>
      <h2>{t("residuals")}</h2>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(340px, 1fr))", gap: 12 }}>
        <figure style={{ margin: 0 }}><figcaption className="dim">{t("by.order")}</figcaption><Suspense fallback={null}><EChart option={order} height={220} label={t("residuals.label", { n: a.residuals.length, sd: measured(a.rmse_n_minus_p) })} /></Suspense></figure>
        <figure style={{ margin: 0 }}><figcaption className="dim">{t("by.normal")}</figcaption><Suspense fallback={null}><EChart option={normal} height={220} label={t("residuals.label", { n: a.residuals.length, sd: measured(a.rmse_n_minus_p) })} /></Suspense></figure>
      </div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("residuals")} style={{ maxHeight: 220 }}><table className="plain">
        <thead><tr><th className="r">{t("no")}</th><th className="r">{t("fitted")}</th><th className="r">{t("residual")}</th><th className="r">{t("scaled")}</th></tr></thead>
        <tbody>{a.residuals.map((r) => <tr key={r.run}><td className="r num">{r.run}</td><td className="r num">{measured(r.fitted)}</td><td className="r num">{measured(r.residual)}</td><td className="r num">{fixed(r.scaled, 2)}</td></tr>)}</tbody>
      </table></div>
    </section>
  );
}

function exportOf(a: Analysis): void {
  download("analysis.csv", csv([["term", "title", "coef", "effect", "std_err", "sum_of_squares", "f", "p"], ...a.terms.map((l) => [l.term, l.title, l.coef, l.effect, l.std_err, l.sum_of_squares, l.f, l.p]), [], ["run", "fitted", "residual", "scaled"], ...a.residuals.map((r) => [r.run, r.fitted, r.residual, r.scaled])]), "text/csv");
}
