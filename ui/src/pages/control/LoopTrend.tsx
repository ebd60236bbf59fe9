import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type LoopEvent, type LoopMode, loopEvents, type LoopView } from "../../api/loop";
import { series } from "../../api/queries";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { clock, dateTime, iso, ms, zoneLabel } from "../../lib/time";
import { number } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));
const points = 400;
const tableRows = 60;

/** What held at an instant by what happened: the last event before that says it. */
function held<T>(events: LoopEvent[], at: number, read: (e: LoopEvent) => T | undefined, otherwise: T): T {
  for (const e of events) {
    const v = ms(e.at) <= at ? read(e) : undefined;
    if (v !== undefined) return v;
  }
  return otherwise;
}

const colors: Record<LoopMode, string> = { off: "#595959", manual: "#8c5a00", auto: "#237804", tuning: "#0958d9", suspended: "#a8071a" };

/** Process value with set point, output, and the mode of each time; with the same as a table. */
export function LoopTrend({ v, from, to }: { v: LoopView; from: number; to: number }) {
  const { t } = useTranslation("loop");
  const { lang, name } = useLang();
  const [view, setView] = useState<"chart" | "table">("chart");
  const tags = [v.tags?.pv, v.tags?.output].filter((n): n is number => n !== undefined);
  const query = useQuery({ ...series(tags, iso(from), iso(to), points), enabled: tags.length > 0 });
  const told = useInfiniteQuery(loopEvents(v.loop.series ?? "", iso(from), iso(to)));
  const events = useMemo(() => told.data?.pages.flatMap((p) => p.items) ?? [], [told.data]); // the newest first
  const pv = query.data?.series.find((s) => s.tag === v.tags?.pv);
  const out = query.data?.series.find((s) => s.tag === v.tags?.output);
  const first = events.at(-1);
  const modeAt = (at: number): LoopMode => held(events, at, (e) => e.mode as LoopMode, first ? (first.what === "mode" ? "off" : (first.mode as LoopMode)) : v.run.mode);
  // Nobody holds anything while it is off.
  const spAt = (at: number): number | null => (modeAt(at) === "off" ? null : held(events, at, (e) => e.sp, first?.sp ?? v.run.sp));
  const option = useMemo(() => {
    const line = (label: string, axis: number, data: [number, number | null][], color: string, dashed = false) => ({ type: "line", name: label, xAxisIndex: axis, yAxisIndex: axis, data, showSymbol: false, step: dashed ? "end" : false, lineStyle: { width: 1.5, color, type: dashed ? "dashed" : "solid" }, itemStyle: { color } });
    const grid = (top: number, height: number) => ({ left: 64, right: 24, top, height });
    const x = (i: number, show: boolean) => ({ type: "time", gridIndex: i, min: from, max: to, axisLabel: { show, formatter: (at: number) => clock(at) } });
    return {
      legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (n: unknown) => number(n as number) },
      grid: [grid(32, 170), grid(226, 80)], xAxis: [x(0, false), x(1, true)],
      yAxis: [{ type: "value", scale: true, gridIndex: 0, name: unitText(v.loop.pv.unit, lang) }, { type: "value", scale: true, gridIndex: 1, name: unitText(v.loop.output_unit, lang) }],
      series: [
        line(t("pv"), 0, pv?.t.map((at, i) => [at, pv.avg[i] ?? null]) ?? [], "#1677ff"),
        line(t("sp"), 0, pv?.t.map((at) => [at, spAt(at)]) ?? [], "#d4380d", true),
        line(t("out"), 1, out?.t.map((at, i) => [at, out.last[i] ?? out.avg[i] ?? null]) ?? [], "#389e0d"),
      ],
    };
  }, [pv, out, events, from, to, lang, v.loop.pv.unit, v.loop.output_unit, t]);
  const cells = modesOf(from, to, modeAt);
  const every = Math.max(1, Math.ceil((pv?.t.length ?? 1) / tableRows));
  return (
    <div className="stack" style={{ gap: 6 }}>
      <div className="row"><span className="dim">{zoneLabel}</span><span className="fill" /><Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></div>
      {!query.data && tags.length > 0 && <Waiting query={query} />}
      {query.data && view === "chart" && <Suspense fallback={null}><EChart option={option} height={340} label={t("trend.label", { name: name(v.loop.name), from: dateTime(from), to: dateTime(to) })} /></Suspense>}
      {query.data && view === "chart" && (
        <div role="img" aria-label={`${t("modes")}: ${cells.map((c) => `${clock(c.from)} ${t(`mode.${c.mode}`)}`).join("，")}`} style={{ display: "flex", height: 22, marginLeft: 64, marginRight: 24, fontSize: 12, color: "#fff", overflow: "hidden", borderRadius: 3 }}>
          {cells.map((c) => <span key={c.from} style={{ flex: c.share, background: colors[c.mode], paddingLeft: 4, overflow: "hidden", whiteSpace: "nowrap" }}>{c.share > 0.08 ? t(`mode.${c.mode}`) : ""}</span>)}
        </div>)}
      {query.data && view === "table" && (
        <div className="scroll" style={{ maxHeight: 360 }} tabIndex={0} aria-label={t("trend")}>
          <table className="plain"><caption className="vh">{t("trend")}</caption>
            <thead><tr><th>{t("when")}</th><th className="r">{t("pv")}</th><th className="r">{t("sp")}</th><th className="r">{t("out")}</th><th>{t("mode")}</th></tr></thead>
            <tbody>{(pv?.t ?? []).map((at, i) => ({ at, i })).filter(({ i }) => i % every === 0).map(({ at, i }) => (
              <tr key={at}><td className="num">{dateTime(at)}</td><td className="r num">{number(pv?.avg[i])}</td><td className="r num">{number(spAt(at))}</td><td className="r num">{number(out?.last[i])}</td><td>{t(`mode.${modeAt(at)}`)}</td></tr>))}</tbody>
          </table>
        </div>)}
    </div>
  );
}

/** Stretches of one mode, with their share of the whole. */
function modesOf(from: number, to: number, at: (t: number) => LoopMode): { from: number; mode: LoopMode; share: number }[] {
  const steps = 240;
  const out: { from: number; mode: LoopMode; share: number }[] = [];
  for (let i = 0; i < steps; i++) {
    const when = from + ((to - from) * (i + 0.5)) / steps;
    const mode = at(when);
    const last = out.at(-1);
    if (last?.mode === mode) last.share += 1 / steps;
    else out.push({ from: when, mode, share: 1 / steps });
  }
  return out;
}
