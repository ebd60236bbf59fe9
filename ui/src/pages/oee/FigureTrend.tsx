import { useQuery } from "@tanstack/react-query";
import { Segmented } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { figures } from "../../api/queries";
import type { Figure } from "../../api/types";
import { penColors } from "../../charts/pens";
import { FigureValue } from "../../components/Figures";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { isShare } from "../../lib/format";
import { clock, iso, shortTime } from "../../lib/time";

const EChart = lazy(() => import("../../charts/EChart"));

interface Props { id: string; scope: string; window: string; by: string; from: number; to: number }

/** One figure per window; a window without a value is a gap, and the table says why. */
export function FigureTrend({ id, scope, window, by, from, to }: Props) {
  const { t } = useTranslation("oee");
  const { name, lang } = useLang();
  const [view, setView] = useState<"chart" | "table">("chart");
  const query = useQuery(figures(id, { scope, window, from: iso(from), to: iso(to), by }));
  const lines = useMemo(() => linesOf(query.data ?? [], (f) => [name(f.scope.name) || t("whole"), f.scope.product ?? "", f.scope.shift ?? ""].filter(Boolean).join(" ")), [query.data, lang]);
  const title = name(query.data?.[0]?.definition.name);
  const option = useMemo(() => chart(lines), [lines]);
  return (
    <section className="panel" aria-label={t("trend")}>
      <h2 className="row">{t("trend")}：{title}
        <Segmented size="small" style={{ marginLeft: "auto" }} value={view} onChange={setView} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></h2>
      {!query.data ? <Waiting query={query} /> : query.data.length === 0 ? <Nothing /> : view === "chart" ? (
        <Suspense fallback={null}><EChart option={option} height={280} label={t("trend.label", { name: title, count: lines.windows.length })} /></Suspense>
      ) : (
        <div className="scroll" style={{ maxHeight: 420 }}>
          <table className="plain">
            <thead><tr><th>{t("window")}</th>{lines.rows.map(([label]) => <th key={label} className="r">{label}</th>)}</tr></thead>
            <tbody>{lines.windows.map((w) => <tr key={w}><td className="num">{shortTime(w)}</td>{lines.rows.map(([label, figs]) => { const f = figs.get(w); return <td key={label} className="r">{f ? <FigureValue figure={f} /> : "—"}</td>; })}</tr>)}</tbody>
          </table>
        </div>)}
    </section>
  );
}

interface Lines { windows: string[]; rows: [string, Map<string, Figure>][] }

function linesOf(all: Figure[], label: (f: Figure) => string): Lines {
  const rows = new Map<string, Map<string, Figure>>();
  for (const f of all) {
    const key = label(f);
    rows.set(key, (rows.get(key) ?? new Map<string, Figure>()).set(f.window.from, f));
  }
  return { windows: [...new Set(all.map((f) => f.window.from))].sort(), rows: [...rows].slice(0, 24) };
}

function chart({ windows, rows }: Lines) {
  const any = rows[0]?.[1].values().next().value;
  const share = any ? isShare(any.unit, any.definition.digits) : false;
  const number = (f: Figure | undefined) => (f?.value === null || f?.value === undefined ? null : Number((share ? f.value * 100 : f.value).toFixed(3)));
  return {
    color: penColors, grid: { left: 52, right: 16, top: 40, bottom: 32 }, legend: { type: "scroll", top: 0 }, tooltip: { trigger: "axis" },
    xAxis: { type: "category", data: windows.map((w) => (clock(w) === "00:00" ? shortTime(w, 0).slice(5) : clock(w))) },
    yAxis: { type: "value", min: 0, axisLabel: { formatter: share ? "{value} %" : "{value}" } },
    series: rows.map(([name, figs]) => ({ name, type: "line", connectNulls: false, symbolSize: 5, data: windows.map((w) => number(figs.get(w))) })),
  };
}
