import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Drawer } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { losses, lossParts } from "../api/queries";
import type { Loss } from "../api/types";
import { useLang } from "../i18n/useLang";
import { duration, fixed, percent } from "../lib/format";
import { dateTime, iso, shortTime } from "../lib/time";
import { Nothing, Waiting } from "./Status";

const EChart = lazy(() => import("../charts/EChart"));

/** Why machines stood, the longest first, with its table. */
export function Pareto({ scope, from, to }: { scope: string; from: number; to: number }) {
  const { t } = useTranslation("stops");
  const { name, lang } = useLang();
  const query = useQuery(losses(scope, iso(from), iso(to)));
  const [opened, setOpened] = useState<Loss>();
  const rows = useMemo(() => (query.data ?? []).filter((l) => l.ms > 0), [query.data]);
  const option = useMemo(() => chart(rows, (l) => name(l.reason.name), t("pareto.hours"), t("pareto.cumulated")), [rows, lang]);
  return (
    <section className="panel" aria-label={t("pareto")}>
      <h2>{t("pareto")}</h2>
      {!query.data ? <Waiting query={query} /> : rows.length === 0 ? <Nothing text={t("none")} /> : (
        <>
          <Suspense fallback={null}><EChart option={option} height={260} label={t("pareto.label", { values: rows.map((l) => `${name(l.reason.name)} ${duration(l.ms, lang)}`).join("，") })} /></Suspense>
          <table className="plain">
            <thead><tr><th>{t("reason")}</th><th className="r">{t("duration")}</th><th className="r">{t("pareto.share")}</th><th className="r">{t("pareto.stops")}</th></tr></thead>
            <tbody>{rows.map((l) => <tr key={l.reason.id}><td>{name(l.reason.name)}</td><td className="r num"><button type="button" className="figbtn" aria-label={t("pareto.open", { value: duration(l.ms, lang), name: name(l.reason.name) })} onClick={() => setOpened(l)}>{duration(l.ms, lang)}</button></td><td className="r num">{percent(l.share)}</td><td className="r num">{l.stops}</td></tr>)}</tbody>
          </table>
        </>)}
      {opened && <Parts loss={opened} close={() => setOpened(undefined)} />}
    </section>
  );
}

/** What a loss was added up from: every piece of time, with its sum. */
function Parts({ loss, close }: { loss: Loss; close: () => void }) {
  const { t } = useTranslation("stops");
  const { name, lang } = useLang();
  const query = useQuery(lossParts(loss.evidence));
  const sum = (query.data ?? []).reduce((a, p) => a + p.ms, 0);
  return (
    <Drawer open size={720} title={`${name(loss.reason.name)} · ${duration(loss.ms, lang)}`} onClose={close}>
      {!query.data ? <Waiting query={query} /> : (
        <div className="scroll" tabIndex={0} aria-label={t("pareto.parts")}>
          <table className="plain">
            <caption className="dim" style={{ textAlign: "left" }}>{t("pareto.sum", { count: query.data.length, sum: duration(sum, lang) })}</caption>
            <thead><tr><th>{t("machine")}</th><th>{t("from")}</th><th className="r">{t("duration")}</th><th>{t("by")}</th></tr></thead>
            <tbody>{query.data.map((p) => (
              <tr key={p.equipment + p.from}>
                <td><Link to="/machines/$id" params={{ id: p.equipment }} search={{ from: p.from, to: p.to }}>{name(p.name)}</Link></td>
                <td className="num" title={dateTime(p.from)}>{shortTime(p.from)}</td><td className="r num">{duration(p.ms, lang)}</td><td className="dim">{p.by}</td>
              </tr>))}</tbody>
          </table>
        </div>)}
    </Drawer>
  );
}

function chart(rows: Loss[], label: (l: Loss) => string, hours: string, share: string) {
  let sum = 0;
  const cumulated = rows.map((l) => (sum += l.share));
  return {
    grid: { left: 48, right: 48, top: 32, bottom: 60 },
    legend: { top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: rows.map(label), axisLabel: { interval: 0, rotate: 28, fontSize: 11 } },
    yAxis: [{ type: "value", name: "h" }, { type: "value", min: 0, max: 100, axisLabel: { formatter: "{value} %" }, splitLine: { show: false } }],
    series: [
      { name: hours, type: "bar", data: rows.map((l) => Number((l.ms / 3600_000).toFixed(3))), itemStyle: { color: "#c25b00" }, label: { show: true, position: "top", formatter: (p: { value: number }) => fixed(p.value, 2), fontSize: 11 } },
      { name: share, type: "line", yAxisIndex: 1, data: cumulated.map((s) => Number((s * 100).toFixed(1))), itemStyle: { color: "#1f5fa8" } },
    ],
  };
}
