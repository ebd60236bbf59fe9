import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Segmented, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Definition, type Output, type Run, type Trial, tryComponent } from "../../api/components";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { useSay } from "../../i18n/useSay";
import { bytes, unitText } from "../../lib/format";
import { dateTime, hour, iso, ms } from "../../lib/time";
import { millis, useSaid } from "./parts";

const pens = ["#1f4e79", "#2e7d32", "#7b4fa3", "#8a6d1a"];
const EChart = lazy(() => import("../../charts/EChart"));

/** What a component would have said over a stretch of history, and how long it took. */
export function TrialPanel({ c }: { c: Definition }) {
  const { t } = useTranslation("components");
  const [hours, setHours] = useState(6);
  const run = useMutation({ mutationFn: () => { const at = Date.now(); return tryComponent(definitionOf(c), { from: iso(at - hours * hour), to: iso(at) }); } });
  if (c.form === "service") return <p className="dim">{t("try.service")}</p>;
  return (
    <section className="panel" aria-label={t("try")}>
      <div className="row">
        <h2 style={{ margin: 0 }}>{t("try")}</h2>
        <Select aria-label={t("try")} value={hours} onChange={setHours} style={{ width: 140 }} options={[1, 6, 24, 168, 720].map((n) => ({ value: n, label: n < 48 ? t("try.hours", { n }) : t("try.days", { n: n / 24 }) }))} />
        <Button loading={run.isPending} onClick={() => run.mutate()}>{t("try.run")}</Button>
      </div>
      {run.error && <Problem error={run.error} />}
      {run.data && <TrialView of={run.data} outputs={c.outputs} />}
    </section>
  );
}

/** A definition without what the node says of it. */
export function definitionOf(c: Definition): Definition {
  const { name, code, place, owner, form, sha256, publisher, signature, key, inputs, outputs, window_s, places, every_s, budget, note } = c;
  const given = Object.fromEntries(Object.entries({ owner, sha256, publisher, signature, key, places, budget, note }).filter(([, v]) => v !== undefined && v !== ""));
  return {
    ...given, name, code, place, form, window_s, every_s,
    inputs: inputs.map((i) => ({ name: i.name, equipment: i.equipment, signal: i.signal, ...(i.unit ? { unit: i.unit } : {}) })),
    outputs: outputs.map((o) => ({ name: o.name, ...(o.title ? { title: o.title } : {}), ...(o.unit ? { unit: o.unit } : {}), ...(o.min === undefined ? {} : { min: o.min }), ...(o.max === undefined ? {} : { max: o.max }) })),
  } as Definition;
}

function TrialView({ of, outputs }: { of: Trial; outputs: Output[] }) {
  const { t } = useTranslation("components");
  const say = useSay();
  return (
    <div className="stack">
      <p role="status" style={{ margin: 0 }}><b>{t("try.sum", { calls: of.runs.length, step: of.step_s, answered: of.answered, missing: of.missing, failed: of.failed })}</b><br />
        {of.p50_ms !== null && <span className="dim">{t("try.times", { p50: millis(of.p50_ms), p99: millis(of.p99_ms), max: millis(of.max_ms), memory: bytes(of.memory) })}</span>}</p>
      {of.ended && <Alert type="error" showIcon title={t("try.ended", { why: say(of.ended) })} />}
      <Values runs={of.runs} outputs={outputs} />
      {of.times.length > 0 && <Times of={of} />}
    </div>
  );
}

/** Outputs over time, each on a chart of its own, with the same as a table. */
export function Values({ runs, outputs }: { runs: Run[]; outputs: Output[] }) {
  const { t } = useTranslation("components");
  const { name, lang } = useLang();
  const said = useSaid();
  const [view, setView] = useState<"chart" | "table">("chart");
  const drawn = useMemo(() => outputs.map((o, i) => ({
    name: o.name, n: runs.filter((r) => r.outputs.some((x) => x.name === o.name && x.value !== null)).length,
    option: {
      grid: { left: 56, right: 12, top: 28, bottom: 24 }, tooltip: { trigger: "axis" }, xAxis: { type: "time" },
      yAxis: { type: "value", scale: true, name: `${(o.title && name(o.title)) || o.name} ${unitText(o.unit, lang)}`, nameTextStyle: { align: "left" } },
      series: [{ name: o.name, type: "line", showSymbol: runs.length < 40, symbolSize: 4, lineStyle: { width: 1.5, color: pens[i % pens.length] }, itemStyle: { color: pens[i % pens.length] }, data: runs.map((r) => [ms(r.at), r.outputs.find((x) => x.name === o.name)?.value ?? null]) }],
    },
  })), [runs, outputs, lang]);
  return (
    <div className="stack" style={{ gap: 6 }}>
      <div className="row"><span className="fill" /><Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></div>
      {view === "chart" ? <Suspense fallback={null}>{drawn.map((d) => <EChart key={d.name} option={d.option} height={160} label={t("try.chart", { name: d.name, n: d.n })} />)}</Suspense> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("outputs.values")} style={{ maxHeight: 320 }}>
          <table className="plain"><caption className="vh">{t("outputs.values")}</caption>
            <thead><tr><th>{t("at")}</th><th>{t("outputs.values")}</th><th>{t("inputs.seen")}</th><th className="r">{t("took")}</th><th>{t("window.sha")}</th></tr></thead>
            <tbody>{[...runs].reverse().map((r) => <tr key={r.at}><td className="num">{dateTime(r.at)}</td><td>{said(r, outputs)}</td><td>{r.inputs.map((i) => `${i.name} ${i.known}`).join("，")}</td><td className="r num">{millis(r.took_ms)}</td><td><code title={r.window}>{r.window?.slice(0, 12)}</code></td></tr>)}</tbody>
          </table>
        </div>)}
    </div>
  );
}

/** How long calls took, as a histogram. */
function Times({ of }: { of: Trial }) {
  const { t } = useTranslation("components");
  const { lang } = useLang();
  const option = useMemo(() => ({
    grid: { left: 56, right: 12, top: 28, bottom: 40 }, tooltip: { trigger: "axis" },
    xAxis: { type: "category", name: t("took"), nameLocation: "middle", nameGap: 26, data: of.times.map((b) => b.low_ms.toFixed(2)) }, yAxis: { type: "value", name: t("count"), minInterval: 1 },
    series: [{ name: t("count"), type: "bar", barCategoryGap: "5%", itemStyle: { color: "#1f5fa8" }, data: of.times.map((b) => b.count) }],
  }), [of, lang]);
  return (
    <>
      <Suspense fallback={null}><EChart option={option} height={160} label={t("try.times.label", { n: of.times.reduce((n, b) => n + b.count, 0) })} /></Suspense>
      <details><summary>{t("common:table")}</summary><table className="plain"><caption className="vh">{t("took")}</caption><thead><tr><th className="r">{t("took")}</th><th className="r">{t("count")}</th></tr></thead>
        <tbody>{of.times.filter((b) => b.count > 0).map((b) => <tr key={b.low_ms}><td className="r num">{b.low_ms.toFixed(2)} … {b.high_ms.toFixed(2)}</td><td className="r num">{b.count}</td></tr>)}</tbody></table></details>
    </>
  );
}
