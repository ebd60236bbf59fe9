import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Beside, comparison, type Course, type Golden } from "../../api/batch";
import { Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, measured, percent, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { Said } from "../../components/Said";

const EChart = lazy(() => import("../../charts/EChart"));

/** One run beside its golden batch, signal by signal; the one that departed first is shown first. */
export function Compared({ golden, run, until }: { golden: Golden; run: string; until: string | undefined }) {
  const { t } = useTranslation("batch");
  const query = useQuery(comparison(golden.id ?? "", run, until));
  const b = query.data;
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!b) return <Waiting query={query} />;
  return <section className="panel" aria-label={t("comparison")}><h2>{t("comparison.of", { at: dateTime(b.run.from) })}</h2>{b.score === null ? <p><Said text={b.why} /></p> : <Signals b={b} golden={golden} />}</section>;
}

function Signals({ b, golden }: { b: Beside; golden: Golden }) {
  const { t } = useTranslation("batch");
  const { name, lang } = useLang();
  const all = b.signals ?? [];
  const [picked, pick] = useState<string>();
  const shown = all.find((s) => s.name === picked) ?? all.find((s) => s.name === b.first) ?? [...all].sort((x, y) => y.score - x.score)[0];
  const title = (s: Course) => name(s.title) || s.name;
  const first = all.find((s) => s.name === b.first);
  return (
    <div className="stack">
      <p role="status" style={{ margin: 0, fontWeight: 600 }}>
        {b.departed ? `▲ ${first ? t("verdict.first", { signal: title(first), at: b.first_at ? dateTime(b.first_at) : "—" }) : ""}${b.long ? t("verdict.long") : ""}${b.short ? t("verdict.short") : ""}` : `✓ ${t("verdict.like")}`}
        {b.run.running ? ` ${t("verdict.running", { share: percent(b.reached, 0) })}` : ""}
      </p>
      <p className="dim" style={{ margin: 0 }}>{t("verdict.score", { score: fixed(b.score ?? 0, 2), good: fixed(b.highest_good, 2), n: golden.runs.length, k: golden.k || 3, align: t(`align.${golden.align}`) })}</p>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("signals")}><table className="plain">
        <thead><tr><th>{t("signal")}</th><th className="r">{t("share")}</th><th className="r">{t("score")}</th><th>{t("departed.at")}</th><th>{t("worst")}</th><th>{t("evidence")}</th></tr></thead>
        <tbody>{all.map((s) => (
          <tr key={s.name} style={s.name === shown?.name ? { fontWeight: 600 } : {}}>
            <td><button type="button" className="figbtn" aria-pressed={s.name === shown?.name} onClick={() => pick(s.name)}>{s.departed ? "▲ " : ""}{title(s)}</button></td>
            <td className="r num">{percent(s.share_outside)}</td><td className="r num">{fixed(s.score, 2)}</td>
            <td className="num">{s.departed?.at ? dateTime(s.departed.at) : "—"}</td>
            <td className="num">{s.worst && typeof s.worst.value === "number" && typeof s.worst.low === "number" && typeof s.worst.high === "number" ? t("worst.is", { value: measured(s.worst.value), low: measured(s.worst.low), high: measured(s.worst.high), unit: unitText(s.unit, lang), at: s.worst.at ? dateTime(s.worst.at) : "—" }) : "—"}</td>
            <td><Link to="/machines/$id" params={{ id: golden.equipment }} search={{ from: b.run.from, to: b.run.to, tags: s.name }}>{t("samples")}</Link></td>
          </tr>))}</tbody>
      </table></div>
      {shown && <Picture s={shown} title={title(shown)} />}
    </div>
  );
}

function Picture({ s, title }: { s: Course; title: string }) {
  const { t } = useTranslation("batch");
  const { lang } = useLang();
  const [table, setTable] = useState(false);
  const unit = unitText(s.unit, lang);
  const option = useMemo(() => chart(s, unit, { run: t("this.run"), mean: t("mean"), band: t("band") }), [s, unit, lang]);
  const save = () => download(`${s.name}.csv`, csv([["second", "at", "value", "low", "mean", "high"], ...s.places.map((p) => [p.second, p.at, p.value, p.low, p.mean, p.high])]), "text/csv");
  const every = s.places.filter((_, i) => i % 5 === 0);
  return (
    <section aria-label={title}>
      <div className="row"><h3 style={{ margin: 0 }}>{title}{unit && ` (${unit})`}</h3><span className="fill" /><Button size="small" aria-pressed={table} onClick={() => setTable(!table)}>{table ? t("common:chart") : t("common:table")}</Button><Button size="small" onClick={save}>{t("common:export.csv")}</Button><Button size="small" onClick={() => window.print()}>{t("print")}</Button></div>
      {table ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("common:table")} style={{ maxHeight: 320 }}><table className="plain">
          <thead><tr><th className="r">{t("second")}</th><th>{t("at")}</th><th className="r">{t("this.run")}</th><th className="r">{t("low")}</th><th className="r">{t("mean")}</th><th className="r">{t("high")}</th></tr></thead>
          <tbody>{every.map((p) => <tr key={p.second}><td className="r num">{fixed(p.second, 0)}</td><td className="num">{p.at ? dateTime(p.at) : "—"}</td>{[p.value, p.low, p.mean, p.high].map((v, i) => <td key={i} className="r num">{typeof v === "number" ? measured(v) : "—"}</td>)}</tr>)}</tbody>
        </table></div>
      ) : <Suspense fallback={null}><EChart option={option} height={320} label={t("picture.label", { signal: title, share: percent(s.share_outside) })} /></Suspense>}
    </section>
  );
}

function chart(s: Course, unit: string, words: { run: string; mean: string; band: string }) {
  const at = (of: (p: Course["places"][number]) => number | null | undefined) => s.places.map((p) => [Number((p.second / 60).toFixed(2)), of(p) ?? null]);
  return {
    grid: { left: 64, right: 24, top: 36, bottom: 40 }, legend: { top: 0, data: [words.run, words.mean, words.band] }, tooltip: { trigger: "axis", valueFormatter: (v: number | null) => (typeof v === "number" ? measured(v) : "—") },
    xAxis: { type: "value", name: "min", nameLocation: "middle", nameGap: 24, max: "dataMax" }, yAxis: { type: "value", name: unit, scale: true },
    series: [
      { name: "low", type: "line", stack: "band", showSymbol: false, lineStyle: { opacity: 0 }, data: at((p) => p.low), tooltip: { show: false }, silent: true },
      { name: words.band, type: "line", stack: "band", stackStrategy: "all", showSymbol: false, lineStyle: { opacity: 0 }, itemStyle: { color: "#9db8d6" }, areaStyle: { color: "#9db8d6", opacity: 0.5 }, data: at((p) => (typeof p.high === "number" && typeof p.low === "number" ? p.high - p.low : null)), silent: true },
      { name: words.mean, type: "line", showSymbol: false, lineStyle: { type: "dashed", width: 1 }, itemStyle: { color: "#5a6b7d" }, data: at((p) => p.mean) },
      { name: words.run, type: "line", showSymbol: false, lineStyle: { width: 2 }, itemStyle: { color: "#c25b00" }, data: at((p) => p.value) },
    ],
  };
}
