import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button } from "antd";
import { lazy, Suspense, useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Network } from "../../api/energy";
import { type Benchmark, benchmark, type ClassCompare, type MachineCompare } from "../../api/energyshare";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { Value, yuan } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** Machines beside those of their class, by what they use for a part or an hour of work. */
export function BenchmarkTab({ net, window, list }: { net: Network; window: { from: string; to: string }; list: ((m: MachineCompare) => void) | undefined }) {
  const { t } = useTranslation("energyshare");
  const query = useQuery(benchmark(net.place, window));
  const b = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!b) return <Waiting query={query} />;
  if (b.classes.length === 0) return <Nothing text={t("bench.none")} />;
  return (
    <div className="stack">
      <div className="row"><span className="dim">{t("bench.lead")}</span><span className="fill" /><Button onClick={() => exportOf(b)}>{t("common:export.csv")}</Button></div>
      {b.classes.map((c) => <OneClass key={c.class} b={b} c={c} list={list} />)}
    </div>
  );
}

function OneClass({ b, c, list }: { b: Benchmark; c: ClassCompare; list: ((m: MachineCompare) => void) | undefined }) {
  const { t } = useTranslation("energyshare");
  const { name, lang } = useLang();
  const valued = c.machines.filter((m) => m.specific !== null);
  const option = useMemo(() => chart(c, valued, name, [t("quartile"), t("median")]), [c, lang]);
  const s = c.standing;
  return (
    <section className="panel" aria-label={`${t("class")} ${c.class}`}>
      <h2>{c.class} <span className="dim">{t(`basis.${c.basis}`)}{s && ` · ${t("quartile")} ${fixed(s.lower_quartile, 3)} · ${t("median")} ${fixed(s.median, 3)}`}</span></h2>
      {c.reason && <p className="dim" style={{ margin: 0 }}>{t("few")}</p>}
      {c.mixed && s && <Alert type="info" showIcon title={t("mixed")} />}
      {s && <Suspense fallback={null}><EChart option={option} height={60 + 24 * valued.length} label={t("bench.label", { name: c.class, values: valued.map((m) => `${name(m.name)} ${fixed(m.specific ?? 0, 3)}`).join("，") })} /></Suspense>}
      <div className="scroll" tabIndex={0} role="group" aria-label={`${t("machines")} ${c.class}`}><table className="plain">
        <thead><tr><th>{t("machine")}</th><th className="r">kWh</th><th className="r">{t("parts")}</th><th className="r">{t("busy")}</th><th className="r">{t(`basis.${c.basis}`)}</th><th className="r">{t("beyond")}</th><th className="r">{t("excess")}</th><th className="r">{t("excess.yuan")}</th>{list && <th><span className="vh">{t("to.list")}</span></th>}</tr></thead>
        <tbody>{c.machines.map((m) => (
          <tr key={m.equipment}>
            <td><Link to="/machines/$id" params={{ id: m.equipment }} search={{ from: b.from, to: b.to }}>{name(m.name) || m.path}</Link>{m.key !== "own" && <span className="dim"> {t(`key.${m.key}`)}</span>}</td>
            <td className="r"><Value of={m} /></td><td className="r num">{fixed(m.parts, 0)}</td><td className="r num">{fixed(m.busy_hours, 2)}</td>
            <td className="r num">{m.specific === null ? <span className="dim">{m.why === "not_all_known" ? t("why.not_all_known", { share: percent(m.coverage) }) : t(`why.${m.why}` as "why.nothing_made")}</span> : fixed(m.specific, 3)}</td>
            <td className="r num">{m.beyond === null ? "—" : percent(m.beyond)}</td><td className="r num">{m.excess_kwh_per_year === null ? "—" : fixed(m.excess_kwh_per_year, 0)}</td><td className="r num">{yuan(m.excess_fen_per_year)}</td>
            {list && <td><Button size="small" onClick={() => list(m)} aria-label={`${t("to.list")} ${name(m.name)}`}>{t("to.list")}</Button></td>}
          </tr>))}</tbody>
      </table></div>
    </section>
  );
}

function chart(c: ClassCompare, rows: MachineCompare[], name: (n: MachineCompare["name"]) => string, [quartile, median]: [string, string]) {
  const line = (label: string, at: number, color: string) => ({ xAxis: at, name: label, lineStyle: { color }, label: { formatter: label, color } });
  return {
    grid: { left: 130, right: 40, top: 28, bottom: 24 }, tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v: number) => `${fixed(v, 3)} kWh` },
    xAxis: { type: "value", name: "kWh" }, yAxis: { type: "category", inverse: true, data: rows.map((m) => name(m.name)) },
    series: [{ type: "bar", data: rows.map((m) => ({ value: Number((m.specific ?? 0).toFixed(4)), itemStyle: { color: (m.beyond ?? 0) > 0.1 ? "#c25b00" : "#1f5fa8" } })), barMaxWidth: 16,
      ...(c.standing ? { markLine: { symbol: "none", silent: true, data: [line(quartile, c.standing.lower_quartile, "#1b7f5c"), line(median, c.standing.median, "#5d6975")] } } : {}) }],
  };
}

function exportOf(b: Benchmark): void {
  download("energy-benchmark.csv", csv([["class", "basis", "lower_quartile", "median", "path", "meter", "kwh", "coverage", "parts", "busy_hours", "specific", "why", "beyond", "excess_kwh_per_year", "excess_fen_per_year"],
    ...b.classes.flatMap((c) => c.machines.map((m) => [c.class, c.basis, c.standing?.lower_quartile, c.standing?.median, m.path, m.meter, m.value, m.coverage, m.parts, m.busy_hours, m.specific, m.why ?? "", m.beyond, m.excess_kwh_per_year, m.excess_fen_per_year]))]), "text/csv");
}
