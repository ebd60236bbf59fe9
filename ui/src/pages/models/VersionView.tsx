import { Link } from "@tanstack/react-router";
import { Alert, Button, Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Study, Told, Version } from "../../api/models";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, measured, percent } from "../../lib/format";
import { dateTime, iso, minute, ms } from "../../lib/time";
import { useNames } from "../production/parts";
import { Backtest } from "./Backtest";
import { DroppedList } from "./DroppedList";
import { fine, useAnswerUnit, useVerdict } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** A version: how good it is on data that it has not seen, first in words, then in figures, then window by window. */
export function VersionView({ v, s }: { v: Version; s: Study }) {
  const { t } = useTranslation("models");
  const verdict = useVerdict();
  return (
    <>
      <section className="panel" aria-label={t("figures")}>
        <h2>{t("version.no", { no: v.no })} · {t("figures")}</h2>
        <Alert showIcon type={v.good ? "success" : "warning"} title={verdict(v)} />
        <Figures v={v} s={s} />
        <h3 style={{ margin: "8px 0 0" }}>{t("dropped")}</h3>
        <DroppedList all={v.dropped} />
      </section>
      <HeldOut v={v} s={s} />
      {(s.target.goal === "failure" || s.target.goal === "normal") && <Backtest v={v} />}
    </>
  );
}

function Figures({ v, s }: { v: Version; s: Study }) {
  const { t } = useTranslation("models");
  const unit = useAnswerUnit()(s);
  const rows: [string, string][] = [];
  const d = v.verdict;
  if (d) {
    rows.push([t("rows"), t(`rows.${d.by}`, { learnt: fixed(d.learnt, 0), held: fixed(d.held_out, 0), gap: fixed(d.gap, 0), groups: d.groups })]);
    rows.push([t("rmse"), t("rmse.is", { rmse: measured(d.rmse), naive: measured(d.naive_rmse), mean: measured(d.mean_rmse), unit })]);
    rows.push([t("skill"), d.p === null ? t("skill.few", { skill: percent(d.skill, 1) }) : t("skill.is", { skill: percent(d.skill, 1), p: measured(d.p), blocks: d.blocks })]);
    if (d.covered !== null && d.width !== null) rows.push([t("covered"), t("covered.is", { covered: percent(d.covered, 1), share: percent(v.asked.share ?? 0.9, 0), width: measured(d.width), unit })]);
    if (d.auc !== null) rows.push([t("auc"), fixed(d.auc, 3)]);
    if (d.warned !== null && d.false_warned !== null) rows.push([t("warned"), t("warned.is", { warned: percent(d.warned, 1), wrong: percent(d.false_warned, 2) })]);
  }
  if (v.watched && v.fit) {
    rows.push([t("rows"), t("rows.normal", { learnt: fixed(v.watched.learnt, 0), limits: fixed(v.watched.limits, 0), held: fixed(v.watched.held_out, 0) })]);
    rows.push([t("components"), t("components.is", { n: v.fit.components, share: percent(v.fit.explained, 1) })]);
    rows.push([t("limit.t2"), t("limit.is", { limit: measured(v.fit.t2_limit), theory: measured(v.fit.t2_theory) })]);
    rows.push([t("limit.spe"), t("limit.is", { limit: measured(v.fit.spe_limit), theory: measured(v.fit.spe_theory) })]);
  }
  rows.push([t("learnt"), `${dateTime(v.from)} – ${dateTime(v.to)}`]);
  if (s.target.goal === "failure" || s.target.goal === "life") rows.push([t("failures"), fixed(v.failures.length, 0)]);
  return <dl className="kv">{rows.map(([k, x]) => [<dt key={k}>{k}</dt>, <dd key={`${k}.`} className="num">{x}</dd>])}</dl>;
}

function HeldOut({ v, s }: { v: Version; s: Study }) {
  const { t } = useTranslation("models");
  const { lang } = useLang();
  const { place } = useNames();
  const unit = useAnswerUnit()(s);
  const [view, setView] = useState<"chart" | "table">("chart");
  const normal = v.fit !== undefined;
  const option = useMemo(() => (normal ? normalChart(v, t("limit")) : answerChart(v, unit, [t("is"), t("said"), t("naive"), t("low"), t("high")])), [v, lang]);
  const save = () => download("model-held-out.csv", csv([["at", "equipment", "is", "said", "low", "high", "naive", "t2", "spe"], ...v.points.map((p) => [p.at, p.equipment, p.is, p.value, p.low, p.high, p.naive, p.t2, p.spe])]), "text/csv");
  const number = (x: number | null) => (x === null ? "—" : fine(x));
  return (
    <section className="panel" aria-label={t("held")}>
      <h2 className="row">{t("held")}<span className="dim" style={{ fontWeight: 400 }}>{t("held.lead")}</span><span className="fill" />
        <Segmented size="small" value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} />
        <Button size="small" onClick={save}>{t("common:export.csv")}</Button></h2>
      {view === "chart" ? <Suspense fallback={null}><EChart option={option} height={260} label={t("held.label", { n: v.points.length })} /></Suspense> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("held")} style={{ maxHeight: 320 }}><table className="plain">
          <thead><tr><th>{t("at")}</th><th>{t("machine")}</th>{normal ? <><th className="r">T²</th><th className="r">SPE</th></> : <><th className="r">{t("is")}</th><th className="r">{t("said")}</th><th className="r">{t("low")}</th><th className="r">{t("high")}</th><th className="r">{t("naive")}</th></>}<th>{t("evidence")}</th></tr></thead>
          <tbody>{v.points.map((p) => (
            <tr key={p.at + p.equipment}><td className="num">{dateTime(p.at)}</td><td>{place(p.equipment)}</td>
              {normal ? <><td className="r num">{number(p.t2)}</td><td className="r num">{number(p.spe)}</td></> : <><td className="r num">{number(p.is)}</td><td className="r num">{number(p.value)}</td><td className="r num">{number(p.low)}</td><td className="r num">{number(p.high)}</td><td className="r num">{number(p.naive)}</td></>}
              <td><Link to="/machines/$id" params={{ id: p.equipment }} search={{ from: iso(ms(p.at) - s.window_min * minute), to: p.at }}>{t("samples")}</Link></td></tr>))}</tbody></table></div>)}
    </section>
  );
}

const line = (name: string, color: string, all: Told[], of: (p: Told) => number | null, more: object = {}) => ({ name, type: "line", showSymbol: false, lineStyle: { width: 1 }, itemStyle: { color }, data: all.map((p) => [ms(p.at), of(p)]), ...more });

function answerChart(v: Version, unit: string, [is, said, naive, low, high]: [string, string, string, string, string]) {
  const dashed = { lineStyle: { width: 1, type: "dashed" } };
  const all = v.points;
  const interval = all.some((p) => p.low !== null) ? [line(low, "#7a8795", all, (p) => p.low, dashed), line(high, "#7a8795", all, (p) => p.high, dashed)] : [];
  return {
    grid: { left: 70, right: 24, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (x: number | null) => (x === null ? "—" : fine(x)) }, xAxis: { type: "time" }, yAxis: { type: "value", scale: true, name: unit },
    series: [line(is, "#1f5fa8", all, (p) => p.is), line(said, "#c25b00", all, (p) => p.value), line(naive, "#8a6fb3", all, (p) => p.naive, { lineStyle: { width: 1, type: "dotted" } }), ...interval],
  };
}

function normalChart(v: Version, limit: string) {
  const ends = [v.points[0], v.points.at(-1)].map((p) => [ms(p?.at ?? 0), 1]);
  return {
    grid: { left: 60, right: 24, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (x: number | null) => (x === null ? "—" : measured(x)) }, xAxis: { type: "time" }, yAxis: { type: "value" },
    series: [
      line(`T² ÷ ${limit}`, "#1f5fa8", v.points, (p) => (p.t2 === null ? null : p.t2 / (v.fit?.t2_limit ?? 1))), line(`SPE ÷ ${limit}`, "#c25b00", v.points, (p) => (p.spe === null ? null : p.spe / (v.fit?.spe_limit ?? 1))),
      { name: limit, type: "line", symbol: "none", silent: true, itemStyle: { color: "#8a1f1f" }, lineStyle: { width: 1, type: "dashed" }, data: ends },
    ],
  };
}
