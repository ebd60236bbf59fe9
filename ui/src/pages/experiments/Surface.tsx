import { Button, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { Analysis, Experiment } from "../../api/trial";
import { useLang } from "../../i18n/useLang";
import { measured } from "../../lib/format";
import { useHeads, useSearchOf, value } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** The expected response over two factors, the others held where they are best. */
export function Surface({ e, a, s }: { e: Experiment; a: Analysis; s: NonNullable<Analysis["surface"]> }) {
  const { t } = useTranslation("trial");
  const { lang } = useLang();
  const [, set] = useSearchOf();
  const heads = useHeads(e);
  const [table, setTable] = useState(false);
  const all = s.z.flatMap((row) => row ?? []);
  const low = Math.min(...all);
  const high = Math.max(...all);
  const edge = (high - low || 1) * 1e-4; // what lies on the border of the scale is in it
  const option = useMemo(() => ({
    grid: { left: 80, right: 170, top: 16, bottom: 48 }, tooltip: { formatter: (p: { data: [number, number, number] }) => `${measured(s.xs[p.data[0]] ?? 0)} × ${measured(s.ys[p.data[1]] ?? 0)}：${measured(p.data[2])}` },
    xAxis: { type: "category", data: s.xs.map(measured), name: heads.factors[s.x], nameLocation: "middle", nameGap: 30 }, yAxis: { type: "category", data: s.ys.map(measured), name: heads.factors[s.y], nameLocation: "middle", nameGap: 60 },
    visualMap: { min: low - edge, max: high + edge, type: "piecewise", splitNumber: 8, right: 4, top: 16, precision: 6, formatter: (a: number, b: number) => `${measured(a)} – ${measured(b)}`, inRange: { color: ["#f1eef6", "#bdc9e1", "#74a9cf", "#2b8cbe", "#045a8d"] } },
    series: [{ type: "heatmap", data: s.z.flatMap((row, j) => (row ?? []).map((v, i) => [i, j, Number(v.toPrecision(6))])) }],
  }), [s, lang]);
  const every = [0, 6, 12, 18, 24];
  const st = a.stationary;
  return (
    <section className="panel" aria-label={t("surface")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("surface")}</h2>
        {e.factors.length > 2 && (["x", "y"] as const).map((axis) => <Select key={axis} style={{ width: 180 }} aria-label={t(`axis.${axis}`)} value={s[axis]} onChange={(v: number) => set({ x: s.x, y: s.y, [axis]: v })} options={heads.factors.map((f, k) => ({ value: k, label: f, disabled: k === (axis === "x" ? s.y : s.x) }))} />)}
        <span className="fill" /><Button size="small" aria-pressed={table} onClick={() => setTable(!table)}>{table ? t("common:chart") : t("common:table")}</Button></div>
      {e.factors.length > 2 && <p className="dim" style={{ margin: 0 }}>{t("held", { values: e.factors.map((_, k) => k).filter((k) => k !== s.x && k !== s.y).map((k) => `${heads.factors[k]} ${value(s.held[k])}`).join("，") })}</p>}
      {table ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("surface")}><table className="plain">
          <thead><tr><th>{heads.factors[s.y]} \ {heads.factors[s.x]}</th>{every.map((i) => <th key={i} className="r">{value(s.xs[i])}</th>)}</tr></thead>
          <tbody>{[...every].reverse().map((j) => <tr key={j}><th className="num">{value(s.ys[j])}</th>{every.map((i) => <td key={i} className="r num">{value(s.z[j]?.[i])}</td>)}</tr>)}</tbody>
        </table></div>
      ) : <Suspense fallback={null}><EChart option={option} height={380} label={t("surface.label", { x: heads.factors[s.x], y: heads.factors[s.y], low: measured(low), high: measured(high) })} /></Suspense>}
      {st && <p style={{ margin: 0 }}>{t(`stationary.${st.kind}`, { at: st.settings.map((v, k) => `${heads.factors[k]} ${value(v)}`).join("，"), value: measured(st.value) })}{st.inside ? "" : ` ${t("outside")}`}</p>}
    </section>
  );
}
