import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { LineAnalysis } from "../../api/line";
import { Nothing } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, fixed } from "../../lib/format";
import { bars, type FallBar } from "./look";

const EChart = lazy(() => import("../../charts/EChart"));

/** From what the bottleneck could have made to what came out of the line. */
export function Fall({ a }: { a: LineAnalysis }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  const w = a.waterfall;
  const all = useMemo(() => (w ? bars(w.possible, w.steps, w.good) : []), [w]);
  const option = useMemo(() => chart(all, (b) => t(`loss.${b.key}`), t("parts")), [all, lang]);
  return (
    <section className="panel" aria-label={t("fall")}>
      <h2>{t("fall")}</h2>
      {!w ? <Nothing text={t("fall.none")} /> : (
        <>
          <p className="dim" style={{ margin: 0 }}>{t("fall.lead", { name: name(a.stations.find((s) => s.code === w.station)?.name), cycle: fixed(w.cycle_ms / 1000, 1) })}</p>
          <Suspense fallback={null}><EChart option={option} height={240} label={t("fall.label", { values: all.map((b) => `${t(`loss.${b.key}`)} ${fixed(b.parts, 0)}`).join("，") })} /></Suspense>
          <table className="plain">
            <thead><tr><th>{t("loss")}</th><th className="r">{t("parts")}</th><th className="r">{t("time")}</th></tr></thead>
            <tbody>{all.map((b) => (
              <tr key={b.key} style={b.key === "possible" || b.key === "good" ? { fontWeight: 600 } : {}}>
                <td>{t(`loss.${b.key}`)}</td><td className="r num">{b.key === "possible" || b.key === "good" ? "" : b.parts > 0 ? "−" : "+"}{fixed(Math.abs(b.parts), 1)}</td><td className="r num">{b.ms === 0 ? "" : duration(b.ms, lang)}</td>
              </tr>))}</tbody>
          </table>
        </>)}
    </section>
  );
}

function chart(all: FallBar[], label: (b: FallBar) => string, unit: string) {
  const ends = (b: FallBar) => b.key === "possible" || b.key === "good";
  return {
    grid: { left: 56, right: 12, top: 24, bottom: 64 },
    tooltip: { trigger: "axis", formatter: (p: { dataIndex: number }[]) => { const b = all[p[0]?.dataIndex ?? 0]; return b ? `${label(b)} ${fixed(b.parts, 1)} ${unit}` : ""; } },
    xAxis: { type: "category", data: all.map(label), axisLabel: { interval: 0, rotate: 30, fontSize: 11 } },
    yAxis: { type: "value", name: unit },
    series: [
      { type: "bar", stack: "fall", silent: true, itemStyle: { color: "transparent" }, data: all.map((b) => Math.min(b.from, b.to)) },
      { type: "bar", stack: "fall", data: all.map((b) => ({ value: Math.abs(b.to - b.from), itemStyle: { color: ends(b) ? "#1f4e79" : b.parts < 0 ? "#2e6b34" : "#c25b00" } })), label: { show: true, position: "top", fontSize: 11, formatter: (p: { dataIndex: number }) => fixed(all[p.dataIndex]?.parts ?? 0, 0) } },
    ],
  };
}
