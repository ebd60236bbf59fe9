import { Link } from "@tanstack/react-router";
import { Alert, Button, Table } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Cause, Screening } from "../../api/batch";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, measured, percent, unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";

const EChart = lazy(() => import("../../charts/EChart"));

const stats = ["mean", "sd", "min", "max", "rise", "person", "lot"] as const;

/** How a column is called: what of which signal. */
function useColumn(): (c: Cause) => string {
  const { t } = useTranslation("batch");
  const { name } = useLang();
  return (c) => {
    const [what = "", ...rest] = c.column.split(":");
    const stat = stats.find((s) => s === what);
    return `${name(c.title) || rest.join(":")} · ${stat ? t(`stat.${stat}`) : what}`;
  };
}

/** What a screening found: first whether, then what. */
export function Answer({ s }: { s: Screening }) {
  const { t } = useTranslation("batch");
  const { name, lang } = useLang();
  const unit = unitText(s.unit, lang);
  return (
    <div className="stack">
      <Alert showIcon type={s.found ? "success" : "info"} title={`${name(s.equipment_name)} · ${name(s.answer_name)}：${t(s.found ? "found.yes" : "found.no")}`} />
      <section className="panel" aria-label={t("figures")}>
        <h2>{t("figures")}</h2>
        <dl className="kv">
          <dt>{t("rows")}</dt><dd className="num">{t("rows.is", { n: s.runs, learnt: s.learnt, held: s.held_out, left: s.left_out })}</dd>
          <dt>{t("p")}</dt><dd className="num">{t("p.is", { p: measured(s.p) })}</dd>
          <dt>{t("q2.held")}</dt><dd className="num">{t("q2.is", { q2: fixed(s.q2_held_out, 3), rmse: `${measured(s.rmse_held_out)} ${unit}`, mean: `${measured(s.rmse_held_out_of_mean)} ${unit}` })}</dd>
          <dt>{t("components")}</dt><dd className="num">{t("components.is", { n: s.components, q2: fixed(s.q2[s.components - 1] ?? 0, 3) })}</dd>
        </dl>
        {s.doubts.length > 0 && <ul style={{ margin: "8px 0 0" }}>{s.doubts.map((d) => <li key={d}>{t(`doubt.${d}` as "doubt.alike", { n: s.block })}</li>)}</ul>}
      </section>
      <Causes s={s} unit={unit} />
      <Points s={s} unit={unit} />
    </div>
  );
}

function Causes({ s, unit }: { s: Screening; unit: string }) {
  const { t } = useTranslation("batch");
  const { lang } = useLang();
  const column = useColumn();
  const top = s.causes.slice(0, 12);
  const option = useMemo(() => bars(top.map((c) => [column(c), c.vip]), t("vip")), [s, lang]);
  const save = () => download("causes.csv", csv([["column", "vip", "stable", "effect", "r", "p", "q"], ...s.causes.map((c) => [c.column, c.vip, c.stable, c.effect, c.r, c.p, c.q])]), "text/csv");
  return (
    <section className="panel" aria-label={t("causes")}>
      <div className="row"><h2>{t("causes")}</h2><span className="dim">{t("association")}</span><Link to="/process/experiments">{t("trial")}</Link><span className="fill" /><Button onClick={save}>{t("common:export.csv")}</Button><Button onClick={() => window.print()}>{t("print")}</Button></div>
      <Suspense fallback={null}><EChart option={option} height={60 + 24 * top.length} label={t("causes.label", { values: top.slice(0, 5).map((c) => `${column(c)} ${fixed(c.vip, 2)}`).join("，") })} /></Suspense>
      <Table<Cause> size="small" rowKey="column" dataSource={s.causes} pagination={{ pageSize: 15, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 760 }}
        columns={[
          { title: t("cause"), key: "column", sorter: (a, b) => a.column.localeCompare(b.column), render: (_, c) => column(c) },
          { title: <span title={t("vip.hint")}>{t("vip")}</span>, key: "vip", width: 100, align: "right", sorter: (a, b) => a.vip - b.vip, render: (_, c) => <span className="num">{fixed(c.vip, 2)}</span> },
          { title: <span title={t("stable.hint")}>{t("stable")}</span>, key: "stable", width: 100, align: "right", sorter: (a, b) => a.stable - b.stable, render: (_, c) => <span className="num">{percent(c.stable, 0)}</span> },
          { title: `${t("effect")}${unit && ` (${unit})`}`, key: "effect", width: 170, align: "right", sorter: (a, b) => Math.abs(a.effect) - Math.abs(b.effect), render: (_, c) => <span className="num">{measured(c.effect)}</span> },
          { title: t("r"), key: "r", width: 90, align: "right", sorter: (a, b) => Math.abs(a.r) - Math.abs(b.r), render: (_, c) => <span className="num">{fixed(c.r, 2)}</span> },
          { title: t("q"), key: "q", width: 120, align: "right", sorter: (a, b) => a.q - b.q, render: (_, c) => <span className="num">{measured(c.q)}</span> },
        ]} />
    </section>
  );
}

function Points({ s, unit }: { s: Screening; unit: string }) {
  const { t } = useTranslation("batch");
  const { lang } = useLang();
  const held = s.points.filter((p) => typeof p.predicted === "number");
  const option = useMemo(() => ({
    grid: { left: 72, right: 24, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis" }, xAxis: { type: "category", data: held.map((p) => dateTime(p.from)), axisLabel: { hideOverlap: true } }, yAxis: { type: "value", scale: true, name: unit },
    series: [{ name: t("actual"), type: "line", data: held.map((p) => Number(p.answer.toPrecision(6))), itemStyle: { color: "#1f5fa8" } }, { name: t("predicted"), type: "line", lineStyle: { type: "dashed" }, data: held.map((p) => Number((p.predicted ?? 0).toPrecision(6))), itemStyle: { color: "#c25b00" } }],
  }), [s, lang]);
  return (
    <section className="panel" aria-label={t("points")}>
      <h2>{t("points")}</h2>
      <Suspense fallback={null}><EChart option={option} height={260} label={t("points.label", { n: held.length })} /></Suspense>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("points")} style={{ maxHeight: 260 }}><table className="plain">
        <thead><tr><th>{t("began")}</th><th>{t("order")}</th><th className="r">{t("actual")}</th><th className="r">{t("predicted")}</th><th>{t("evidence")}</th></tr></thead>
        <tbody>{held.map((p) => <tr key={p.from}><td className="num">{dateTime(p.from)}</td><td>{p.order || "—"}</td><td className="r num">{measured(p.answer)}</td><td className="r num">{measured(p.predicted ?? 0)}</td><td><Link to="/machines/$id" params={{ id: s.equipment }} search={{ from: p.from, to: p.to }}>{t("samples")}</Link></td></tr>)}</tbody>
      </table></div>
    </section>
  );
}

function bars(all: [string, number][], vip: string) {
  const rows = [...all].reverse();
  return {
    grid: { left: 220, right: 40, top: 8, bottom: 32 }, tooltip: { trigger: "axis" }, xAxis: { type: "value", name: vip, nameLocation: "middle", nameGap: 22 }, yAxis: { type: "category", data: rows.map(([n]) => n), axisLabel: { width: 205, overflow: "truncate" } },
    series: [{ type: "bar", data: rows.map(([, v]) => ({ value: Number(v.toFixed(3)), itemStyle: { color: v > 1 ? "#c25b00" : "#9aa7b4" } })) }],
  };
}
