import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { doings, type MachineStandby, type Network, type Standby, standby } from "../../api/energy";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, fixed, percent } from "../../lib/format";
import { Value, yuan } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));
/** Colours of what machines did. */
export const doingColours: Record<string, string> = { producing: "#7a8795", setup: "#9db2c7", startup: "#b58900", standby: "#c25b00", down: "#a3322c", off: "#d0d4d8", unknown: "#8c8c8c" };
type Sort = "lost" | "share" | "idle";

/** What machines burned while they stood, the greatest loss first. */
export function StandbyTab({ net, window }: { net: Network; window: { from: string; to: string } }) {
  const { t } = useTranslation("energy");
  const query = useQuery(standby(net.place, window));
  const s = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!s) return <Waiting query={query} />;
  if (s.machines.length === 0) return <Nothing text={t("standby.none")} />;
  return <List s={s} />;
}

const keys: Record<Sort, (m: MachineStandby) => number> = { lost: (m) => m.lost_kwh ?? -1, share: (m) => m.lost_share ?? -1, idle: (m) => m.idle_kw ?? -1 };

function List({ s }: { s: Standby }) {
  const { t } = useTranslation("energy");
  const { name, lang } = useLang();
  const [sort, setSort] = useState<Sort>("lost");
  const rows = useMemo(() => [...s.machines].sort((a, b) => keys[sort](b) - keys[sort](a)), [s, sort]);
  const option = useMemo(() => chart(rows.slice(0, 25), name, (w) => t(`doing.${w as "off"}`)), [rows, lang]);
  const part = (m: MachineStandby, what: string) => m.parts.find((p) => p.what === what);
  return (
    <div className="stack">
      <section className="panel" aria-label={t("tab.standby")}>
        <div style={{ fontSize: 20, fontWeight: 600 }}>{t("standby.sum")} <Value of={s.lost} unit="kWh" /> {s.lost_fen !== null && t("standby.yuan", { yuan: yuan(s.lost_fen) })}</div>
        <div className="row"><Select aria-label={t("sort")} value={sort} style={{ width: 180 }} onChange={(v: Sort) => setSort(v)} options={(["lost", "share", "idle"] as const).map((k) => ({ value: k, label: t(`sort.${k}`) }))} /><Button onClick={() => exportOf(s)}>{t("common:export.csv")}</Button></div>
        <Suspense fallback={null}><EChart option={option} height={60 + 22 * Math.min(25, rows.length)} label={t("standby.label", { values: rows.slice(0, 25).map((m) => `${name(m.name)} ${m.lost_kwh === null ? "—" : fixed(m.lost_kwh, 1)}`).join("，") })} /></Suspense>
      </section>
      <section className="panel" aria-label={t("machines")}>
        <div className="scroll" tabIndex={0} role="group" aria-label={t("machines")}><table className="plain">
          <thead><tr><th>{t("machine")}</th><th className="r">kWh</th><th className="r">{t("lost.kwh")}</th><th className="r">{t("share")}</th><th className="r">{t("yuan")}</th><th className="r">{t("idle")}</th><th className="r">{t("doing.standby")}</th><th className="r">{t("starts")}</th></tr></thead>
          <tbody>{rows.map((m) => (
            <tr key={m.meter}>
              <td><Link to="/machines/$id" params={{ id: m.equipment }} search={{ from: s.from, to: s.to }}>{name(m.name) || m.path}</Link></td>
              <td className="r"><Value of={m} /></td><td className="r num">{m.lost_kwh === null ? "—" : fixed(m.lost_kwh, 2)}</td><td className="r num">{m.lost_share === null ? "—" : percent(m.lost_share)}</td><td className="r num">{yuan(m.lost_fen)}</td>
              <td className="r num">{m.idle_kw === null ? "—" : fixed(m.idle_kw, 2)}</td><td className="r num">{duration(part(m, "standby")?.ms ?? 0, lang)}</td><td className="r num">{m.starts}</td>
            </tr>))}</tbody>
        </table></div>
      </section>
    </div>
  );
}

function chart(rows: MachineStandby[], name: (n: MachineStandby["name"]) => string, label: (what: string) => string) {
  return {
    grid: { left: 120, right: 24, top: 36, bottom: 24 }, legend: { top: 0 }, tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v: number) => `${fixed(v, 2)} kWh` },
    xAxis: { type: "value", name: "kWh" }, yAxis: { type: "category", inverse: true, data: rows.map((m) => name(m.name)) },
    series: doings.map((w) => ({ name: label(w), type: "bar", stack: "kwh", itemStyle: { color: doingColours[w] }, data: rows.map((m) => Number((m.parts.find((p) => p.what === w)?.kwh ?? 0).toFixed(3))) })),
  };
}

function exportOf(s: Standby): void {
  download("energy-standby.csv", csv([["path", "meter", "kwh", "coverage", "lost_kwh", "lost_fen", "idle_kw", "starts", ...doings.flatMap((d) => [`${d}_ms`, `${d}_kwh`])],
    ...s.machines.map((m) => [m.path, m.meter, m.value, m.coverage, m.lost_kwh, m.lost_fen, m.idle_kw, m.starts, ...doings.flatMap((d) => { const p = m.parts.find((x) => x.what === d); return [p?.ms ?? 0, p?.kwh ?? 0]; })])]), "text/csv");
}
