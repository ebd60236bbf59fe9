import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { LineAnalysis } from "../../api/line";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { inOrder } from "./look";

const EChart = lazy(() => import("../../charts/EChart"));

/** The stations' planned cycles beside one another, against the takt that is wanted. */
export function Balance({ a }: { a: LineAnalysis }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  const stations = useMemo(() => inOrder(a.stations, a.layout.links), [a]);
  const takt = a.figures.find((f) => f.definition.id === "line-takt")?.value ?? null;
  const option = useMemo(() => ({
    grid: { left: 48, right: 12, top: 28, bottom: 56 },
    legend: { top: 0 },
    tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: stations.map((s) => name(s.name)), axisLabel: { interval: 0, rotate: 20, fontSize: 11 } },
    yAxis: { type: "value", name: "s" },
    series: [
      { name: t("cycle"), type: "bar", data: stations.map((s) => ({ value: Number((s.cycle_ms / 1000).toFixed(2)), itemStyle: { color: takt !== null && s.cycle_ms / 1000 > takt ? "#c25b00" : "#7d8894" } })), itemStyle: { color: "#7d8894" }, label: { show: true, position: "top", fontSize: 11 } },
      ...(takt === null ? [] : [{ name: t("takt"), type: "line", symbol: "none", data: stations.map(() => Number(takt.toFixed(2))), itemStyle: { color: "#1f4e79" } }]),
    ],
  }), [stations, takt, lang]);
  return (
    <section className="panel" aria-label={t("balance")}>
      <h2>{t("balance")}</h2>
      <Suspense fallback={null}><EChart option={option} height={240} label={t("balance.label", { values: stations.map((s) => `${name(s.name)} ${fixed(s.cycle_ms / 1000, 1)}`).join("，") })} /></Suspense>
      <table className="plain">
        <thead><tr><th>{t("station")}</th><th className="r">{t("cycle")}</th><th /></tr></thead>
        <tbody>{stations.map((s) => <tr key={s.code}><td>{name(s.name)}</td><td className="r num">{s.cycle_ms > 0 ? fixed(s.cycle_ms / 1000, 1) : "—"}</td><td>{takt !== null && s.cycle_ms / 1000 > takt ? `⚠ ${t("over")}` : ""}</td></tr>)}</tbody>
      </table>
      <p className="dim" style={{ margin: "6px 0 0" }}>{takt === null ? t("takt.none") : `${t("takt")} ${t("seconds", { n: fixed(takt, 1) })} · ${t(`demand.${a.demand.of}`, { n: fixed(a.demand.parts, 0) })}`}</p>
    </section>
  );
}
