import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Demand, demand, type Network } from "../../api/energy";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { dateTime, ms, shortTime } from "../../lib/time";
import { ChargePanel } from "./ChargePanel";
import { MeterSelect, useEnergySearch } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** Mean power of quarters of an hour, its peak, and what the present one comes to. */
export function DemandTab({ net, window }: { net: Network; window: { from: string; to: string } }) {
  const { t } = useTranslation("energy");
  const [search, set] = useEnergySearch();
  const query = useQuery(demand(net.place, { ...window, meter: search.meter }));
  const d = query.data;
  return (
    <div className="stack">
      <div className="row"><MeterSelect net={net} value={search.meter} set={(meter) => set({ meter })} />{d && <Button onClick={() => exportOf(d)}>{t("common:export.csv")}</Button>}</div>
      {query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : !d ? <Waiting query={query} /> : <><Headline d={d} /><ChargePanel net={net} /><Course d={d} /></>}
    </div>
  );
}

function Headline({ d }: { d: Demand }) {
  const { t } = useTranslation("energy");
  const f = d.forecast;
  return (
    <section className="panel" aria-label={t("tab.demand")}>
      {f && (
        <div role="status" style={{ fontSize: 16, fontWeight: 600, color: f.exceeds ? "var(--alarm)" : undefined, marginBottom: 8 }}>
          {t(f.exceeds ? "forecast.exceeds" : "forecast", { to: shortTime(f.to), kw: fixed(f.demand_kw, 1) })}{f.allowed_kw !== null && d.meter.limit_kw ? t("forecast.allowed", { kw: fixed(Math.max(0, f.allowed_kw), 0) }) : ""}
        </div>)}
      <dl className="kv">
        <dt>{t("demand.max")}</dt><dd className="num">{d.max_kw === null ? t("reason.no_readings") : `${fixed(d.max_kw, 1)} kW`}{d.at.length > 0 && <span className="dim"> {t("ends", { at: d.at.slice(0, 3).map((a) => dateTime(a)).join("，") })}</span>}</dd>
        <dt>{t("demand.mean")}</dt><dd className="num">{d.mean_kw === null ? "—" : `${fixed(d.mean_kw, 1)} kW`}</dd>
        <dt>{t("load.factor")}</dt><dd className="num">{d.load_factor === null ? "—" : percent(d.load_factor)}</dd>
        <dt>{t("limit")}</dt><dd className="num">{d.meter.limit_kw ? t("limit.of", { kw: fixed(d.meter.limit_kw, 0), n: d.above_limit }) : t("limit.none")}</dd>
        <dt>{t("coverage")}</dt><dd className="num">{percent(d.coverage)}</dd>
      </dl>
    </section>
  );
}

function Course({ d }: { d: Demand }) {
  const { t } = useTranslation("energy");
  const { lang } = useLang();
  const option = useMemo(() => chart(d, t("limit")), [d, lang]);
  const highest = useMemo(() => d.quarters.filter((q) => q.kw !== null).sort((a, b) => (b.kw ?? 0) - (a.kw ?? 0)).slice(0, 20), [d]);
  return (
    <section className="panel" aria-label={t("course")}>
      <h2>{t("course")}</h2>
      {highest.length === 0 ? <Nothing text={t("reason.no_readings")} /> : (
        <>
          <Suspense fallback={null}><EChart option={option} height={280} label={t("course.label", { max: fixed(d.max_kw ?? 0, 1), n: d.quarters.length })} /></Suspense>
          <table className="plain"><caption className="dim" style={{ textAlign: "left" }}>{t("highest")}</caption>
            <thead><tr><th>{t("quarter")}</th><th className="r">kW</th></tr></thead>
            <tbody>{highest.map((q) => <tr key={q.from}><td className="num">{dateTime(q.from)}</td><td className="r num">{fixed(q.kw ?? 0, 1)}</td></tr>)}</tbody></table>
        </>)}
    </section>
  );
}

function chart(d: Demand, limit: string) {
  const all = d.quarters.map((q) => [ms(q.from), q.kw]);
  return {
    grid: { left: 56, right: 16, top: 28, bottom: 48 }, tooltip: { trigger: "axis", valueFormatter: (v: number | null) => (v === null ? "—" : `${fixed(v, 1)} kW`) },
    xAxis: { type: "time" }, yAxis: { type: "value", name: "kW", scale: false },
    series: [
      { type: "line", step: "end", showSymbol: false, data: all, itemStyle: { color: "#1f5fa8" }, areaStyle: { opacity: 0.12 } },
      ...(d.meter.limit_kw ? [{ name: limit, type: "line", showSymbol: false, lineStyle: { type: "dashed" }, itemStyle: { color: "#c8102e" }, data: [[ms(d.from), d.meter.limit_kw], [ms(d.to), d.meter.limit_kw]] }] : []),
    ],
  };
}

function exportOf(d: Demand): void {
  download("demand.csv", csv([["from", "kw"], ...d.quarters.map((q) => [q.from, q.kw])]), "text/csv");
}
