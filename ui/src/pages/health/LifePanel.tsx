import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { left, type Left } from "../../api/condition";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime, ms, shortTime } from "../../lib/time";

const EChart = lazy(() => import("../../charts/EChart"));

/** When the limit will be reached, with its interval, and what was said before; nothing before a trend is there. */
export function LifePanel({ id }: { id: string }) {
  const { t } = useTranslation("healthmore");
  const query = useQuery(left(id));
  const l = query.data;
  return (
    <section className="panel" aria-label={t("life")}>
      <h2>{t("life")}</h2>
      {!l ? <Waiting query={query} /> : (
        <>
          {l.reason ? <p style={{ margin: 0 }}>{t(`life.${l.reason}`)}</p> : <p style={{ margin: 0, fontSize: 16, fontWeight: 600 }}>{t("life.at", { limit: l.limit_mm_s ?? "", at: l.at ? shortTime(l.at) : "", low: l.low ? shortTime(l.low) : "", high: l.high ? shortTime(l.high) : t("life.open") })}</p>}
          {l.onset && l.p !== null && <p className="dim" style={{ margin: "4px 0 0" }}>{t("life.of", { onset: dateTime(l.onset), n: l.windows, p: l.p < 0.0001 ? "< 0.0001" : l.p.toFixed(4) })}</p>}
          <p className="dim" style={{ margin: "4px 0 0" }}>{t("life.lead")}</p>
          {l.past.length > 1 && <Past l={l} />}
        </>)}
    </section>
  );
}

function Past({ l }: { l: Left }) {
  const { t } = useTranslation("healthmore");
  const { lang } = useLang();
  const option = useMemo(() => chart(l, [t("estimate"), t("low"), t("high"), t("when")]), [l, lang]);
  return (
    <>
      <h3 style={{ margin: "8px 0 0" }}>{t("life.past")}</h3>
      <Suspense fallback={null}><EChart option={option} height={220} label={t("life.label", { values: l.past.map((p) => `${shortTime(p.when)} → ${shortTime(p.at)}`).join("，") })} /></Suspense>
      <details><summary>{t("life.past")}</summary><table className="plain">
        <thead><tr><th>{t("when")}</th><th>{t("estimate")}</th><th>{t("low")}</th><th>{t("high")}</th></tr></thead>
        <tbody>{l.past.map((p) => <tr key={p.when}><td className="num">{dateTime(p.when)}</td><td className="num">{dateTime(p.at)}</td><td className="num">{dateTime(p.low)}</td><td className="num">{p.high ? dateTime(p.high) : t("life.open")}</td></tr>)}</tbody>
      </table></details>
    </>
  );
}

function chart(l: Left, [estimate, low, high, when]: [string, string, string, string]) {
  const line = (label: string, of: (p: Left["past"][number]) => string | null, style: object) => ({ name: label, type: "line", showSymbol: false, data: l.past.map((p) => { const v = of(p); return [ms(p.when), v === null ? null : ms(v)]; }), ...style });
  return {
    grid: { left: 110, right: 16, top: 30, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (v: number | null) => (v === null ? "—" : dateTime(new Date(v).toISOString())) },
    xAxis: { type: "time", name: when }, yAxis: { type: "time" },
    series: [line(estimate, (p) => p.at, { itemStyle: { color: "#1f5fa8" } }), line(low, (p) => p.low, { itemStyle: { color: "#c25b00" }, lineStyle: { type: "dashed" } }), line(high, (p) => p.high, { itemStyle: { color: "#7a8795" }, lineStyle: { type: "dashed" } })],
  };
}
