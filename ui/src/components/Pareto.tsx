import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { losses } from "../api/queries";
import type { Loss } from "../api/types";
import { useLang } from "../i18n/useLang";
import { duration, fixed, percent } from "../lib/format";
import { iso } from "../lib/time";
import { Nothing, Waiting } from "./Status";

const EChart = lazy(() => import("../charts/EChart"));

/** Why machines stood, the longest first, with its table. */
export function Pareto({ scope, from, to }: { scope: string; from: number; to: number }) {
  const { t } = useTranslation("stops");
  const { name, lang } = useLang();
  const query = useQuery(losses(scope, iso(from), iso(to)));
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
            <tbody>{rows.map((l) => <tr key={l.reason.id}><td>{name(l.reason.name)}</td><td className="r num">{duration(l.ms, lang)}</td><td className="r num">{percent(l.share)}</td><td className="r num">{l.stops}</td></tr>)}</tbody>
          </table>
        </>)}
    </section>
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
