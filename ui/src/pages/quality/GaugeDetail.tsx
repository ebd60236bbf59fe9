import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Popconfirm } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Check, checks, type GaugeView, stability } from "../../api/gauges";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { csv, percent } from "../../lib/format";
import { download } from "../../lib/download";
import { dateTime, ms, shortTime } from "../../lib/time";
import { AdjustForm, CheckForm } from "./GaugeForms";
import { GaugeDoubts } from "./GaugeDoubts";
import { useMay, useQualitySearch, useStep } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** A number of a gauge with as many digits as its resolution has, and one more. */
export function reading(v: number | null | undefined, resolution: number | undefined): string {
  if (typeof v !== "number") return "—";
  return resolution ? v.toFixed(Math.max(0, Math.ceil(-Math.log10(resolution))) + 1) : String(Number(v.toPrecision(5)));
}

/** How a gauge holds by its master: since when it is off, what speaks for it, what is in doubt, what was done. */
export function GaugeDetail({ id }: { id: string }) {
  const { t } = useTranslation("gauges");
  const { name } = useLang();
  const [, set] = useQualitySearch();
  const { plans, reports } = useMay();
  const [doing, setDoing] = useState<"check" | "adjust">();
  const query = useQuery(stability(id));
  const open = useStep(() => api.post<{ id: string }>("/nonconformances", { gauge: id, severity: "major", text: query.data ? said(query.data, t) : "" }), (c) => set({ tab: "cases", case: c.id, gauge: undefined }));
  const v = query.data;
  if (!v) return <Waiting query={query} />;
  const g = v.gauge;
  const bad = v.verdict === "drifts" || v.verdict === "jumped" || v.verdict === "off";
  const standing = v.cases.find((c) => c.state !== "closed" && c.state !== "cancelled");
  return (
    <div className="stack">
      <div className="row">
        <Button onClick={() => set({ gauge: undefined })}>{t("back")}</Button><h2 style={{ margin: 0 }}>{g.number} · {name(g.name)}</h2><span className="dim">{g.place_name && name(g.place_name)}</span><span className="fill" />
        {reports && !!g.reference && <Button type="primary" onClick={() => setDoing("check")}>{t("check")}</Button>}
        {plans && <Button onClick={() => setDoing("adjust")}>{t("adjust")}</Button>}
        {standing ? <Button onClick={() => set({ tab: "cases", case: standing.id, gauge: undefined })}>{t("case.go")}</Button> : reports && bad && <Button danger loading={open.isPending} onClick={() => open.mutate(undefined)}>{t("case.open")}</Button>}
      </div>
      <Alert type={bad ? "error" : v.verdict === "stable" ? "success" : "info"} showIcon title={said(v, t)} description={bad && <span>{t(v.process ? "named.both" : "named.gauge")} {v.verdict === "drifts" && v.reaches && ms(v.reaches) > Date.now() && t("reaches", { at: dateTime(v.reaches) })}</span>} />
      {v.overdue && <Alert type="warning" showIcon title={t("overdue", { at: dateTime(v.next_check ?? 0) })} />}
      <Chart v={v} />
      {v.evidence.length > 0 && <EvidenceTable v={v} />}
      {(bad || v.adjustments.length > 0) && <GaugeDoubts v={v} bad={bad} />}
      <Done v={v} />
      <Checks id={id} v={v} may={reports} />
      {doing === "check" && <CheckForm gauge={g} close={() => setDoing(undefined)} />}
      {doing === "adjust" && <AdjustForm gauge={g} close={() => setDoing(undefined)} />}
    </div>
  );
}

type T = ReturnType<typeof useTranslation<"gauges">>["t"];

function said(v: GaugeView, t: T): string {
  const n = (x: number | null) => reading(x, v.gauge.resolution);
  const unit = v.gauge.unit ?? "";
  if (v.verdict === "unknown") return v.why === "no_checks" ? t(v.gauge.reference ? "said.none" : "said.nomaster") : t("said.few", { n: v.points.length });
  if (v.verdict === "stable") return t("said.stable", { n: v.points.length, sd: n(v.std_dev), unit });
  const share = v.share === null ? "" : t("said.share", { share: percent(v.share) });
  const bias = t("said.bias", { bias: n(v.bias), se: n(v.bias_std_error), unit });
  return `${t(`verdict.${v.verdict}`, { at: dateTime(v.since ?? 0), rate: n(v.per_day), unit })}${bias}${share}`;
}

/** The chart of deviations from the master, with its table. */
function Chart({ v }: { v: GaugeView }) {
  const { t } = useTranslation("gauges");
  const res = v.gauge.resolution;
  const option = useMemo(() => chartOf(v, t), [v, t]);
  if (v.points.length === 0) return <Nothing text={t("said.none")} />;
  const save = () => download(`${v.gauge.number}.csv`, csv([["at", "deviation", "ewma", "lcl", "ucl", "signal", "by"], ...v.points.map((p) => [p.at, p.deviation, p.ewma, p.lcl, p.ucl, p.signal ? "1" : "", p.by])]), "text/csv");
  return (
    <section className="panel" aria-label={t("chart")}>
      <h2 className="row">{t("chart")} <span className="dim">{t("chart.how")}</span><span className="fill" /><Button size="small" className="noprint" onClick={save}>{t("common:export.csv")}</Button></h2>
      <Suspense fallback={null}><EChart option={option} height={280} label={t("chart.label", { n: v.points.length, bad: v.points.filter((p) => p.signal).length })} /></Suspense>
      <details><summary>{t("common:table")}</summary>
        <div className="scroll" style={{ maxHeight: 320 }} tabIndex={0} role="region" aria-label={t("common:table")}>
          <table className="plain"><thead><tr><th>{t("at")}</th><th className="r">{t("deviation")}</th><th className="r">EWMA</th><th className="r">{t("lcl")}</th><th className="r">{t("ucl")}</th><th>{t("signal")}</th></tr></thead>
            <tbody>{[...v.points].reverse().map((p) => <tr key={p.id}><td className="num">{dateTime(p.at)}</td><td className="r num">{reading(p.deviation, res)}</td><td className="r num">{reading(p.ewma, res)}</td><td className="r num">{reading(p.lcl, res)}</td><td className="r num">{reading(p.ucl, res)}</td><td>{p.signal ? t("signal") : ""}</td></tr>)}</tbody></table>
        </div></details>
    </section>
  );
}

function chartOf(v: GaugeView, t: T) {
  const at = v.points.map((p) => shortTime(p.at));
  const line = (name: string, of: (p: GaugeView["points"][number]) => number | null, color: string, dash = false) => ({ name, type: "line", showSymbol: false, connectNulls: false, data: v.points.map((p) => of(p)), lineStyle: { color, width: dash ? 1 : 2, type: dash ? "dashed" : "solid" }, itemStyle: { color } });
  const tenth = v.tolerance === null ? [] : [0.1, -0.1].map((s) => ({ name: t("tenth"), type: "line", showSymbol: false, data: v.points.map(() => s * (v.tolerance ?? 0)), lineStyle: { color: "#c25b00", width: 1 }, itemStyle: { color: "#c25b00" } }));
  return {
    grid: { left: 72, right: 24, top: 36, bottom: 40 }, legend: { top: 0, data: [t("deviation"), "EWMA", t("limits"), ...(tenth.length > 0 ? [t("tenth")] : [])] }, tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: at, axisLabel: { fontSize: 11 } }, yAxis: { type: "value", name: v.gauge.unit ?? "" },
    series: [
      { name: t("deviation"), type: "line", symbolSize: 6, lineStyle: { width: 0 }, data: v.points.map((p) => ({ value: p.deviation, itemStyle: { color: p.signal ? "#c8102e" : "#7a8a99" } })), itemStyle: { color: "#7a8a99" } },
      line("EWMA", (p) => p.ewma, "#1f5fa8"), line(t("limits"), (p) => p.lcl, "#c8102e", true), line(t("limits"), (p) => p.ucl, "#c8102e", true), ...tenth,
    ],
  };
}

/** What moved and what did not: the gauge or the process. */
function EvidenceTable({ v }: { v: GaugeView }) {
  const { t } = useTranslation("gauges");
  const { name } = useLang();
  const [, set] = useQualitySearch();
  const n = (x: number | null) => reading(x, v.gauge.resolution);
  return (
    <section className="panel" aria-label={t("evidence")}>
      <h2>{t("evidence")}</h2>
      <table className="plain">
        <thead><tr><th>{t("series")}</th><th>{t("gauge")}</th><th className="r">{t("before")}</th><th className="r">{t("now")}</th><th className="r">{t("shift")}</th><th>{t("result")}</th></tr></thead>
        <tbody>{v.evidence.map((e) => (
          <tr key={`${e.kind} ${e.characteristic ?? ""}`}>
            <td>{t(`kind.${e.kind}`)} {e.characteristic ? <button type="button" className="figbtn" onClick={() => set({ tab: "chart", characteristic: e.characteristic, gauge: undefined, range: "7d" })}>{e.code} {e.name && name(e.name)}</button> : v.gauge.master} <span className="dim">{e.place_name && name(e.place_name)}</span></td>
            <td>{e.gauge}</td><td className="r num">{n(e.before)}</td><td className="r num">{n(e.now)}</td><td className="r num">{n(e.shift)}{e.std_error !== null && ` ± ${n(e.std_error)}`}</td><td>{e.why ? t(`why.${e.why}`) : <b>{t(e.moved ? "moved" : "still")}</b>}</td>
          </tr>))}</tbody>
      </table>
    </section>
  );
}

/** What was done to the gauge. */
function Done({ v }: { v: GaugeView }) {
  const { t } = useTranslation("gauges");
  if (v.adjustments.length === 0) return null;
  return (
    <section className="panel" aria-label={t("done")}>
      <h2>{t("done")}</h2>
      <table className="plain"><thead><tr><th>{t("at")}</th><th>{t("what")}</th><th>{t("text")}</th><th>{t("certificate")}</th><th>{t("by")}</th></tr></thead>
        <tbody>{[...v.adjustments].reverse().map((a) => <tr key={a.id}><td className="num">{dateTime(a.at ?? 0)}</td><td>{t(`what.${a.what}`)}</td><td>{a.text}</td><td>{a.certificate ?? "—"}</td><td>{a.by}</td></tr>)}</tbody></table>
    </section>
  );
}

function Checks({ id, v, may }: { id: string; v: GaugeView; may: boolean }) {
  const { t } = useTranslation("gauges");
  const list = useInfiniteQuery(checks(id));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const drop = useStep((c: Check) => api.post(`/gauges/${id}/checks/${c.id}/withdrawal`, { reason: t("mistyped") }));
  return (
    <section className="panel" aria-label={t("checks")}>
      <h2>{t("checks")}</h2>
      {list.error && <Problem error={list.error} />}
      {rows.length === 0 ? <Nothing text={t("said.none")} /> : (
        <div className="scroll" style={{ maxHeight: 360 }} tabIndex={0} role="region" aria-label={t("checks")}>
          <table className="plain"><thead><tr><th>{t("at")}</th><th>{t("master")}</th><th className="r">{t("reference")}</th><th className="r">{t("readings")}</th><th>{t("by")}</th><th>{t("note")}</th><th><span className="vh">{t("withdraw")}</span></th></tr></thead>
            <tbody>{rows.map((c) => (
              <tr key={c.id} style={c.withdrawn ? { textDecoration: "line-through" } : {}}><td className="num">{dateTime(c.at ?? 0)}</td><td>{c.master ?? "—"}</td><td className="r num">{reading(c.reference, v.gauge.resolution)}</td><td className="r num">{c.readings.map((x) => reading(x, v.gauge.resolution)).join("  ")}</td><td>{c.by}</td><td>{c.withdrawn ? `${c.withdrawn.reason}（${c.withdrawn.by}）` : c.note}</td>
                <td className="r">{may && !c.withdrawn && <Popconfirm title={t("withdraw.sure")} onConfirm={() => drop.mutate(c)}><Button size="small" aria-label={`${t("withdraw")} ${dateTime(c.at ?? 0)}`}>{t("withdraw")}</Button></Popconfirm>}</td></tr>))}</tbody></table>
        </div>)}
      {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button>}
    </section>
  );
}
