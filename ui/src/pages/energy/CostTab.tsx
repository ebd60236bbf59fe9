import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { type Cost, cost, hourKinds, type Network } from "../../api/energy";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { MeterSelect, useEnergySearch, yuan } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));
const colours: Record<string, string> = { sharp: "#a3322c", peak: "#c25b00", flat: "#7a8795", valley: "#1f5fa8", deep_valley: "#1b7f5c" };

/** What electricity cost by tariff. */
export function CostTab({ net, window }: { net: Network; window: { from: string; to: string } }) {
  const { t } = useTranslation("energy");
  const [search, set] = useEnergySearch();
  const query = useQuery(cost(net.place, { ...window, meter: search.meter }));
  const c = query.data;
  return (
    <div className="stack">
      <div className="row"><MeterSelect net={net} value={search.meter} set={(meter) => set({ meter })} />{c && <Button onClick={() => exportOf(c)}>{t("common:export.csv")}</Button>}</div>
      {query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : !c ? <Waiting query={query} /> : c.fen === null ? <Nothing text={t(`reason.${c.reason ?? "no_readings"}` as "reason.no_tariff")} /> : <Bill c={c} />}
    </div>
  );
}

function Bill({ c }: { c: Cost }) {
  const { t } = useTranslation("energy");
  const { name, lang } = useLang();
  const option = useMemo(() => chart(c, (k) => t(`hours.${k as "peak"}`)), [c, lang]);
  const sum = c.kinds.reduce((a, k) => a + k.kwh, 0);
  return (
    <>
      {c.tariffs.some((x) => x.verified === "unverified") && <Alert type="warning" showIcon title={t("tariff.unverified", { names: c.tariffs.map((x) => name(x.name)).join("，") })} />}
      <section className="panel" aria-label={t("tab.cost")}>
        <div style={{ fontSize: 20, fontWeight: 600 }}>{t("cost.sum", { yuan: yuan(c.fen), kwh: fixed(sum, 1), mean: c.fen_per_kwh === null ? "—" : fixed(c.fen_per_kwh / 100, 4) })}</div>
        <div className="dim">{t("cost.without")}{c.coverage < 0.9995 ? ` ${t("known", { share: percent(c.coverage) })}` : ""}</div>
        <table className="plain" style={{ marginTop: 8 }}>
          <thead><tr><th>{t("hours")}</th><th className="r">kWh</th><th className="r">{t("share")}</th><th className="r">{t("yuan")}</th></tr></thead>
          <tbody>{c.kinds.map((k) => <tr key={k.kind}><td>{t(`hours.${k.kind}`)}</td><td className="r num">{fixed(k.kwh, 1)}</td><td className="r num">{sum > 0 ? percent(k.kwh / sum) : "—"}</td><td className="r num">{yuan(k.fen)}</td></tr>)}</tbody>
        </table>
      </section>
      <section className="panel" aria-label={t("days")}><h2>{t("days")}</h2>
        <Suspense fallback={null}><EChart option={option} height={260} label={t("days.label", { values: c.days.slice(0, 40).map((d) => `${d.day} ${yuan(d.fen)}`).join("，") })} /></Suspense>
        <div className="scroll" tabIndex={0} role="group" aria-label={t("days")}><table className="plain">
          <thead><tr><th>{t("day")}</th>{hourKinds.map((k) => <th key={k} className="r">{t(`hours.${k}`)} kWh</th>)}<th className="r">{t("yuan")}</th><th className="r">{t("coverage")}</th></tr></thead>
          <tbody>{c.days.map((d) => <tr key={d.day}><td className="num">{d.day}</td>{hourKinds.map((k) => <td key={k} className="r num">{fixed(d.kwh[k] ?? 0, 1)}</td>)}<td className="r num">{yuan(d.fen)}</td><td className="r num">{percent(d.coverage)}</td></tr>)}</tbody>
        </table></div>
      </section>
      <section className="panel" aria-label={t("tariffs")}><h2>{t("tariffs")}</h2>
        <ul style={{ margin: 0 }}>{c.tariffs.map((x) => <li key={x.day}>{t("tariff.used", { name: name(x.name), day: x.day, base: fixed(x.base_micro_cny / 1e6, 4), source: x.source })} {x.verified === "unverified" ? t("unverified") : x.verified}</li>)}</ul>
      </section>
    </>
  );
}

function chart(c: Cost, label: (kind: string) => string) {
  return {
    grid: { left: 64, right: 16, top: 36, bottom: 40 }, legend: { top: 0 }, tooltip: { trigger: "axis", valueFormatter: (v: number) => `${fixed(v, 1)} kWh` },
    xAxis: { type: "category", data: c.days.map((d) => d.day.slice(5)) }, yAxis: { type: "value", name: "kWh" },
    series: hourKinds.filter((k) => c.kinds.some((x) => x.kind === k)).map((k) => ({ name: label(k), type: "bar", stack: "kwh", itemStyle: { color: colours[k] }, data: c.days.map((d) => Number((d.kwh[k] ?? 0).toFixed(3))) })),
  };
}

function exportOf(c: Cost): void {
  download("energy-cost.csv", csv([["day", ...hourKinds.map((k) => `${k}_kwh`), "fen", "coverage"], ...c.days.map((d) => [d.day, ...hourKinds.map((k) => d.kwh[k] ?? 0), d.fen, d.coverage])]), "text/csv");
}
