import { Alert, Button } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Trial } from "../../api/rules";
import { Nothing } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, fixed, percent, span, unitText } from "../../lib/format";
import { dateTime, ms } from "../../lib/time";
import { Readings } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));
const pens = ["#1f4e79", "#2e7d32", "#7b4fa3", "#8a6d1a"];

/** What a rule would have done: in a sentence, as a picture and as a table. */
export function TrialView({ of, against }: { of: Trial; against?: Trial["against"] }) {
  const { t } = useTranslation("rules");
  const { lang } = useLang();
  const exportCsv = () => download("rule-trial.csv", csv([["from", "to", "seconds", "before_event_s", "withheld", "readings"], ...of.fired.map((f) => [f.from, f.to, (ms(f.to) - ms(f.from)) / 1000, f.before_s < 0 ? "" : f.before_s, f.withheld ? 1 : 0, f.readings.map((r) => `${r.name}=${r.text || r.number}`).join(" ")])]), "text/csv");
  return (
    <div className="stack" style={{ gap: 8 }}>
      <p role="status" style={{ margin: 0, fontWeight: 600 }}>{t("would", { span: span(ms(of.to) - ms(of.from), lang), count: of.count, hits: of.hits, misses: of.misses, false: of.false_calls })}</p>
      <p className="dim" style={{ margin: 0 }}>{against && `${t("try.against")} ${t(`against.${against}`)}　`}{t("more", { perDay: of.per_day === null ? "—" : fixed(of.per_day, 1), events: of.events, during: of.during, withheld: of.withheld, coverage: of.coverage === null ? "—" : percent(of.coverage), speed: Math.round(of.speed).toLocaleString() })}</p>
      {of.reason && <Alert type="warning" showIcon title={t("few", { coverage: of.coverage === null ? "0 %" : percent(of.coverage) })} />}
      <Courses of={of} />
      {of.fired.length === 0 ? <Nothing text={t("fired.none")} /> : (
        <div className="scroll" style={{ maxHeight: 260 }} tabIndex={0} aria-label={t("fired")}>
          <table className="plain"><caption className="vh">{t("fired")}</caption>
            <thead><tr><th>{t("from")}</th><th className="r">{t("lasted")}</th><th>{t("values")}</th><th>{t("event")}</th><th><Button size="small" onClick={exportCsv}>{t("common:export.csv")}</Button></th></tr></thead>
            <tbody>{of.fired.map((f) => (
              <tr key={f.from}>
                <td className="num">{dateTime(f.from, true)}</td><td className="r num">{duration(ms(f.to) - ms(f.from), lang)}</td><td><Readings of={f.readings} /></td>
                <td>{f.before_s < 0 ? "—" : t("after", { after: duration(f.before_s * 1000, lang) })}</td>
                <td>{[f.open && t("stands"), f.lost && t("lost"), f.withheld && t("withheld")].filter(Boolean).join("　")}</td>
              </tr>))}</tbody>
          </table>
        </div>)}
    </div>
  );
}

/** The inputs over the stretch, each with the firings on it; the table of firings stands below. */
function Courses({ of }: { of: Trial }) {
  const { t } = useTranslation("rules");
  const { lang } = useLang();
  const drawn = useMemo(() => (of.courses ?? []).filter((c) => c.points.length > 0).map((c, i) => {
    const at = (fired: string) => (c.points.filter((p) => ms(p.at) <= ms(fired)).at(-1) ?? c.points[0])?.mean;
    return {
      name: c.name, option: {
        grid: { left: 56, right: 12, top: 28, bottom: 24 }, tooltip: { trigger: "axis" },
        xAxis: { type: "time", min: ms(of.from), max: ms(of.to) }, yAxis: { type: "value", name: `${c.name} ${unitText(c.unit, lang)}`, nameTextStyle: { align: "left" }, scale: true },
        series: [
          { name: t("mean"), type: "line", showSymbol: false, lineStyle: { width: 1, color: pens[i % pens.length] }, itemStyle: { color: pens[i % pens.length] }, data: c.points.map((p) => [ms(p.at), p.mean]) },
          { name: t("fired"), type: "line", lineStyle: { width: 0 }, symbol: "triangle", symbolSize: 10, itemStyle: { color: "#b3261e" }, data: of.fired.map((f) => [Math.max(ms(f.from), ms(of.from)), at(f.from)]) },
        ],
      },
    };
  }), [of, t, lang]);
  return <Suspense fallback={null}>{drawn.map((d) => <EChart key={d.name} option={d.option} height={160} label={t("chart", { name: d.name, count: of.count })} />)}</Suspense>;
}
