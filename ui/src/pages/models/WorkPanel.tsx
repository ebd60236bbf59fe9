import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Segmented, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Drift, drift, type Reading, readings, repeat, type Study, type Version, version } from "../../api/models";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, useProblem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, measured } from "../../lib/format";
import { dateTime, iso, ms } from "../../lib/time";
import type { ModelsSearch } from "../../routes";
import { useNames } from "../production/parts";
import { Contributions } from "./Contributions";
import { fine, useAnswerUnit } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

interface Props { s: Study; id: string; search: ModelsSearch; set: (more: ModelsSearch) => void; may: boolean }

/** What the version at work says, window by window, and whether it is still asked about what it learnt of. */
export function WorkPanel({ s, id, search, set, may }: Props) {
  const v = useQuery(version(id)).data;
  const range = useRange(search, "7d");
  const q = { from: iso(range.from), to: iso(range.to) };
  return v ? <><Readings v={v} s={s} q={q} search={search} set={set} range={range} may={may} /><Drifts v={v} q={q} /></> : null;
}

type ReadingsProps = Omit<Props, "id"> & { v: Version; q: { from: string; to: string }; range: ReturnType<typeof useRange> };

function Readings({ v, s, q, search, set, range, may }: ReadingsProps) {
  const { t } = useTranslation("models");
  const { lang } = useLang();
  const { place } = useNames();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const unit = useAnswerUnit()(s);
  const machine = search.machine ?? v.asked.machines[0] ?? "";
  const query = useQuery({ ...readings(v.id, { ...q, equipment: machine }), refetchInterval: range.live ? 20_000 : false });
  const [view, setView] = useState<"chart" | "table">("chart");
  const [taken, setTaken] = useState<string>();
  const again = useMutation({ mutationFn: () => repeat(s.id ?? "", q), onSuccess: async (r) => { void message.success(t("again.done", { n: r.windows, fresh: r.new, differ: r.differ }), 8); await client.invalidateQueries({ queryKey: ["/model-versions", v.id] }); }, onError: (err) => { void message.error(problem(err), 15); } });
  const all = query.data ?? [];
  const option = useMemo(() => chart(all, v, unit, { limit: t("limit"), said: t("said"), low: t("low"), high: t("high"), outside: t("outside") }), [all, v, lang]);
  const why = (r: Reading) => (r.why ? t(`why.${r.why}`, { input: r.input ?? "" }) : r.outside ? t("outside") : "");
  const number = (x: number | undefined) => (x === undefined ? "—" : fine(x));
  const save = () => download("model-readings.csv", csv([["at", "equipment", "value", "low", "high", "t2", "spe", "outside", "why"], ...all.map((r) => [r.at, r.equipment, r.value, r.low, r.high, r.t2, r.spe, r.outside ? 1 : 0, r.why])]), "text/csv");
  const last = newest(all, (r) => !r.why);
  return (
    <section className="panel" aria-label={t("readings")}>
      <div className="row"><h2>{t("readings")} · {t("version.no", { no: v.no })}</h2><span className="fill" />
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /><Button size="small" disabled={all.length === 0} onClick={save}>{t("common:export.csv")}</Button></div>
      <div className="row">
        <Select style={{ width: 200 }} aria-label={t("machine")} value={machine} onChange={(m: string) => set({ machine: m })} options={v.asked.machines.map((m) => ({ value: m, label: place(m) }))} />
        <RangePicker few search={search} fallback="7d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        {may && <Button size="small" loading={again.isPending} title={t("again.hint")} onClick={() => again.mutate()}>{t("again")}</Button>}
      </div>
      {s.target.goal === "life" && last?.value !== undefined && <p role="status" style={{ margin: "4px 0", fontSize: 16, fontWeight: 600 }}>{t("life.left", { value: fine(last.value), low: number(last.low), high: number(last.high), most: s.target.most_h ?? "" })}</p>}
      {!query.data ? <Waiting query={query} /> : all.length === 0 ? <Nothing text={t("readings.none")} /> : view === "chart" ? (
        <Suspense fallback={null}><EChart option={option} height={260} label={t("readings.label", { n: all.length, outside: all.filter((r) => r.outside).length })} /></Suspense>
      ) : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("readings")} style={{ maxHeight: 320 }}><table className="plain">
          <thead><tr><th>{t("at")}</th>{v.fit ? <><th className="r">T²</th><th className="r">SPE</th></> : <><th className="r">{t("said")}{unit && ` (${unit})`}</th><th className="r">{t("low")}</th><th className="r">{t("high")}</th></>}<th>{t("state")}</th><th>{t("evidence")}</th></tr></thead>
          <tbody>{[...all].reverse().map((r) => (
            <tr key={r.at} aria-selected={r.at === taken}><td className="num">{dateTime(r.at)}</td>{v.fit ? <><td className="r num">{number(r.t2)}</td><td className="r num">{number(r.spe)}</td></> : <><td className="r num">{number(r.value)}</td><td className="r num">{number(r.low)}</td><td className="r num">{number(r.high)}</td></>}
              <td>{r.outside ? <b>{why(r)}</b> : <span className="dim">{why(r)}</span>}</td>
              <td>{v.fit && !r.why && <Button size="small" onClick={() => setTaken(r.at)} aria-label={`${t("contributions")} ${dateTime(r.at)}`}>{t("contributions")}</Button>}</td></tr>))}</tbody></table></div>)}
      {v.fit && <Contributions v={v} machine={machine} at={taken ?? newest(all, (r) => r.outside === true)?.at ?? last?.at} s={s} />}
    </section>
  );
}

const newest = (all: Reading[], is: (r: Reading) => boolean) => [...all].reverse().find(is);

interface Words { limit: string; said: string; low: string; high: string; outside: string }

function chart(all: Reading[], v: Version, unit: string, w: Words) {
  const line = (name: string, color: string, of: (r: Reading) => number | undefined, more: object = {}) => ({ name, type: "line", showSymbol: false, lineStyle: { width: 1 }, itemStyle: { color }, data: all.map((r) => [ms(r.at), of(r) ?? null]), ...more });
  const marks = (of: (r: Reading) => number | undefined) => ({ name: w.outside, type: "scatter", symbolSize: 6, itemStyle: { color: "#8a1f1f" }, data: all.filter((r) => r.outside).map((r) => [ms(r.at), of(r) ?? null]) });
  const base = { grid: { left: 70, right: 24, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (x: number | null) => (x === null ? "—" : fine(x)) }, xAxis: { type: "time" } };
  const { fit } = v;
  if (fit) {
    const t2 = (r: Reading) => (r.t2 === undefined ? undefined : r.t2 / fit.t2_limit);
    const spe = (r: Reading) => (r.spe === undefined ? undefined : r.spe / fit.spe_limit);
    const ends = [all[0], all.at(-1)].map((r) => [ms(r?.at ?? 0), 1]);
    // A broken sensor is thousands of limits away: the logarithm keeps the rest in sight.
    return { ...base, yAxis: { type: "log", min: 0.01 }, series: [line(`T² ÷ ${w.limit}`, "#1f5fa8", t2), line(`SPE ÷ ${w.limit}`, "#c25b00", spe), { name: w.limit, type: "line", symbol: "none", silent: true, itemStyle: { color: "#8a1f1f" }, lineStyle: { width: 1, type: "dashed" }, data: ends }, marks((r) => Math.max(t2(r) ?? 0, spe(r) ?? 0))] };
  }
  const dashed = { lineStyle: { width: 1, type: "dashed" } };
  return { ...base, yAxis: { type: "value", scale: true, name: unit }, series: [line(w.said, "#c25b00", (r) => r.value), line(w.low, "#7a8795", (r) => r.low, dashed), line(w.high, "#7a8795", (r) => r.high, dashed), marks((r) => r.value)] };
}

function Drifts({ v, q }: { v: Version; q: { from: string; to: string } }) {
  const { t } = useTranslation("models");
  const { name, lang } = useLang();
  const query = useQuery(drift(v.id, q));
  const all = query.data ?? [];
  const title = (d: Drift) => name(v.asked.inputs.find((i) => i.signal === d.signal)?.title) || d.signal;
  const option = useMemo(() => ({
    grid: { left: 60, right: 24, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis" }, xAxis: { type: "time" }, yAxis: { type: "value", min: 0 },
    series: [
      { name: t("drift.most"), type: "line", symbolSize: 4, itemStyle: { color: "#1f5fa8" }, data: all.map((d) => [ms(d.at), Number(d.most.toFixed(4))]) },
      { name: t("drift.limit"), type: "line", symbol: "none", silent: true, itemStyle: { color: "#8a1f1f" }, lineStyle: { width: 1, type: "dashed" }, data: [all[0], all.at(-1)].map((d) => [ms(d?.at ?? 0), 0.25]) },
    ],
  }), [all, lang]);
  return (
    <section className="panel" aria-label={t("drift")}>
      <h2>{t("drift")}</h2><p className="dim" style={{ margin: "4px 0" }}>{t("drift.lead")}</p>
      {!query.data ? <Waiting query={query} /> : all.length === 0 ? <Nothing text={t("drift.none")} /> : <>
        <Suspense fallback={null}><EChart option={option} height={200} label={t("drift.label", { most: all.at(-1)?.most.toFixed(2) ?? "" })} /></Suspense>
        <details><summary>{t("common:table")}</summary><table className="plain">
          <thead><tr><th>{t("at")}</th><th className="r">{t("rows")}</th><th className="r">{t("drift.most")}</th><th>{t("signal")}</th></tr></thead>
          <tbody>{[...all].reverse().map((d) => <tr key={d.at}><td className="num">{dateTime(d.at)}</td><td className="r num">{d.rows}</td><td className="r num">{measured(d.most)}</td><td>{title(d)}</td></tr>)}</tbody></table></details></>}
    </section>
  );
}
