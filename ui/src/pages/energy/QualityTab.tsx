import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Network, tables } from "../../api/energy";
import { type Keeping, powerQuality, type Quality } from "../../api/energyshare";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, measured } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { MeterSelect, useEnergySearch } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** How well voltage, its shape and the power factor kept within limits at a meter. */
export function QualityTab({ net, window }: { net: Network; window: { from: string; to: string } }) {
  const { t } = useTranslation("powerquality");
  const { name } = useLang();
  const [search, set] = useEnergySearch();
  const [system, setSystem] = useState("lv");
  const read = { ...net, meters: net.meters.filter((m) => m.formula === undefined) };
  const meter = read.meters.some((m) => m.code === search.meter) ? search.meter : read.meters.find((m) => m.medium === "electricity")?.code;
  const systems = useQuery(tables).data?.systems ?? [];
  const query = useQuery({ ...powerQuality(net.place, { ...window, meter, system }), enabled: meter !== undefined });
  const q = query.data;
  return (
    <div className="stack">
      <div className="row"><MeterSelect net={read} value={meter} set={(code) => set({ meter: code })} /><Select aria-label={t("system")} style={{ width: 180 }} value={system} onChange={setSystem} options={systems.map((s) => ({ value: s.id, label: name(s.name) }))} />{q && q.kept.length > 0 && <Button onClick={() => exportOf(q)}>{t("common:export.csv")}</Button>}</div>
      {query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : !q ? <Waiting query={query} /> : q.kept.length === 0 ? <Nothing text={t("none")} /> : <Kept q={q} />}
    </div>
  );
}

function Kept({ q }: { q: Quality }) {
  const { t } = useTranslation("powerquality");
  const { lang } = useLang();
  const option = useMemo(() => chart(q, t("outside")), [q, lang]);
  const limits = (k: Keeping) => [k.low === null ? "" : `≥ ${measured(k.low)}`, k.high === null ? "" : `≤ ${measured(k.high)}`].filter(Boolean).join(" ");
  const number = (v: number | null, at?: string) => (v === null ? "—" : <>{measured(v)}{at && <span className="dim"> {shortTime(at)}</span>}</>);
  return (
    <section className="panel" aria-label={t("table")}>
      <p className="dim" style={{ margin: 0 }}>{t("lead", { every: t("minutes", { n: q.every_s / 60 }) })}</p>
      {q.missing.length > 0 && <p style={{ margin: 0 }}>{t("missing", { what: q.missing.map((w) => t(`what.${w}` as "what.thd")).join("，") })}</p>}
      <Suspense fallback={null}><EChart option={option} height={70 + 22 * q.kept.length} label={t("label", { values: q.kept.map((k) => `${k.signal} ${duration(k.outside_s * 1000, lang)}`).join("，") })} /></Suspense>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("table")}><table className="plain">
        <thead><tr><th>{t("table")}</th><th>{t("signal")}</th><th>{t("limits")}</th><th>{t("judged")}</th><th>{t("outside")}</th><th className="r">{t("least")}</th><th className="r">{t("most")}</th><th className="r">{t("p5")}</th><th className="r">{t("p95")}</th><th className="r">{t("known")}</th><th>{t("source")}</th></tr></thead>
        <tbody>{q.kept.map((k) => (
          <tr key={k.signal}>
            <td>{t(`what.${k.what}`)}</td><td>{q.meter.equipment ? <Link to="/machines/$id" params={{ id: q.meter.equipment }} search={{ from: q.from, to: q.to }}><span className="mono">{k.signal}</span></Link> : <span className="mono">{k.signal}</span>}</td><td className="num">{limits(k)} {k.unit === "1" ? "" : k.unit}</td>
            <td>{k.complies === null ? <span className="dim">{t("unknown")}</span> : k.complies ? `○ ${t("pass")}` : <b style={{ color: "var(--bad, #b42318)" }}>■ {t("fail")}</b>}</td>
            <td className="num">{t("outside.n", { n: k.outside, time: duration(k.outside_s * 1000, lang) })}</td><td className="r num">{number(k.least, k.least_at)}</td><td className="r num">{number(k.most, k.most_at)}</td><td className="r num">{number(k.p5)}</td><td className="r num">{number(k.p95)}</td><td className="r num">{k.known}/{k.intervals}</td><td>{k.source} {k.verified === "unverified" ? t("unverified") : k.verified}</td>
          </tr>))}</tbody>
      </table></div>
    </section>
  );
}

function chart(q: Quality, outside: string) {
  return {
    grid: { left: 130, right: 30, top: 12, bottom: 28 }, tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: { type: "value", name: "%", max: 100 }, yAxis: { type: "category", inverse: true, data: q.kept.map((k) => k.signal) },
    series: [{ name: `${outside} %`, type: "bar", barMaxWidth: 14, data: q.kept.map((k) => ({ value: k.known ? Number(((100 * k.outside) / k.known).toFixed(2)) : 0, itemStyle: { color: k.complies === false ? "#a3322c" : "#1f5fa8" } })) }],
  };
}

function exportOf(q: Quality): void {
  download("power-quality.csv", csv([["what", "signal", "low", "high", "unit", "intervals", "known", "outside", "outside_s", "least", "most", "p5", "p95", "complies", "source", "verified"],
    ...q.kept.map((k) => [k.what, k.signal, k.low, k.high, k.unit, k.intervals, k.known, k.outside, k.outside_s, k.least, k.most, k.p5, k.p95, k.complies === null ? "" : k.complies ? 1 : 0, k.source, k.verified])]), "text/csv");
}
