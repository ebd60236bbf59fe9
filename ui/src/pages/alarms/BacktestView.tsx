import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Backtest } from "../../api/alarms";
import { series } from "../../api/queries";
import { Nothing } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, fixed, measured, percent, unitText } from "../../lib/format";
import { dateTime, day, iso, minute, ms } from "../../lib/time";

const EChart = lazy(() => import("../../charts/EChart"));

/** What a limit would have done: in a sentence, as a picture and as a table. */
export function BacktestView({ result: b, tag, within, limit }: { result: Backtest; tag: number; within: number; limit: number | undefined }) {
  const { t } = useTranslation("alarms");
  const { lang } = useLang();
  const trend = useQuery(series([tag], b.from, b.to, 600));
  const unit = unitText(b.unit, lang);
  const days = Math.max(1, Math.round((ms(b.to) - ms(b.from)) / day));
  const option = useMemo(() => {
    const s = trend.data?.series[0];
    if (!s) return null;
    const line = (name: string, of: (number | null)[], color: string) => ({ name, type: "line", showSymbol: false, connectNulls: false, lineStyle: { width: 1, color }, itemStyle: { color }, data: of.map((v, i) => [s.t[i], v]) });
    return {
      grid: { left: 56, right: 12, top: 32, bottom: 28 }, tooltip: { trigger: "axis" }, legend: { top: 0, right: 0 },
      xAxis: { type: "time", min: ms(b.from), max: ms(b.to) }, yAxis: { type: "value", name: unit, scale: true },
      series: [
        line(t("try.max"), s.max, "#1f4e79"), line(t("try.min"), s.min, "#7a9cbf"),
        ...(limit === undefined ? [] : [{ name: t("try.limit"), type: "line", showSymbol: false, lineStyle: { type: "dashed", color: "#c25b00" }, itemStyle: { color: "#c25b00" }, data: [[ms(b.from), limit], [ms(b.to), limit]] }]),
        { name: t("try.fired"), type: "line", lineStyle: { width: 0 }, symbol: "triangle", symbolSize: 10, itemStyle: { color: "#b3261e" }, data: b.fired.map((f) => [ms(f.from), f.peak]) },
      ],
    };
  }, [trend.data, b, limit, unit, t]);
  const exportCsv = () => download("backtest.csv", csv([["from", "to", "seconds", "peak", "before_stop_s"], ...b.fired.map((f) => [f.from, f.to, (ms(f.to) - ms(f.from)) / 1000, f.peak, f.before_s < 0 ? "" : f.before_s])]), "text/csv");
  return (
    <div className="stack" style={{ marginTop: 8 }}>
      <p role="status" style={{ margin: 0, fontWeight: 600 }}>{t("try.would", { days, count: b.count, before: b.before_stops, within })}</p>
      <p className="dim" style={{ margin: 0 }}>{t("try.more", { perDay: b.per_day === null ? "—" : fixed(b.per_day, 1), stops: b.stops, foreseen: b.foreseen, inStops: b.in_stops, longest: duration(b.longest_s * 1000, lang), floods: b.floods.length, coverage: b.coverage === null ? "—" : percent(b.coverage) })}</p>
      {b.reason && <Alert type="warning" showIcon title={t("try.few", { coverage: b.coverage === null ? "0 %" : percent(b.coverage) })} />}
      {option && <Suspense fallback={null}><EChart option={option} height={220} label={t("try.label", { signal: b.signal, count: b.count })} /></Suspense>}
      {b.fired.length === 0 ? <Nothing text={t("try.none")} /> : (
        <div className="scroll" style={{ maxHeight: 260 }} tabIndex={0} aria-label={t("try.fired")}>
          <table className="plain">
            <thead><tr><th>{t("from")}</th><th className="r">{t("lasted")}</th><th className="r">{t("peak")}</th><th>{t("try.stop")}</th><th><Button size="small" onClick={exportCsv}>{t("common:export.csv")}</Button></th></tr></thead>
            <tbody>{b.fired.map((f) => (
              <tr key={f.from}>
                <td className="num">{dateTime(f.from)}</td><td className="r num">{duration(ms(f.to) - ms(f.from), lang)}</td><td className="r num">{measured(f.peak)} {unit}</td>
                <td>{f.before_s < 0 ? "—" : t("try.before", { after: duration(f.before_s * 1000, lang) })}{f.lost ? ` · ${t("end.lost")}` : ""}</td>
                <td><Link to="/trend" search={{ tags: String(tag), from: iso(ms(f.from) - 15 * minute), to: iso(ms(f.to) + 15 * minute) }}>{t("trend")}</Link></td>
              </tr>))}</tbody>
          </table>
        </div>)}
    </div>
  );
}
