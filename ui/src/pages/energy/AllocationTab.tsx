import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Input } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { doings, type Network } from "../../api/energy";
import { type Allocation, allocation, type DoingShare, type OrderShare, type Share } from "../../api/energyshare";
import { nodes } from "../../api/queries";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { useNames } from "../production/parts";
import { Value, yuan } from "./parts";
import { doingColours } from "./StandbyTab";

const EChart = lazy(() => import("../../charts/EChart"));

/** Where electricity went by orders, products and machines, and what is not allocated. */
export function AllocationTab({ net, window }: { net: Network; window: { from: string; to: string } }) {
  const query = useQuery(allocation(net.place, window));
  const a = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!a) return <Waiting query={query} />;
  return <div className="stack"><Sums a={a} /><Orders a={a} /><Items a={a} /><Machines a={a} /></div>;
}

const co2 = (s: { co2_kg: number | null }, digits = 1) => (s.co2_kg === null ? "—" : fixed(s.co2_kg, digits));

function Sums({ a }: { a: Allocation }) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  const places = useQuery(nodes).data ?? [];
  return (
    <section className="panel" aria-label={t("sums")}>
      <div style={{ fontSize: 20, fontWeight: 600 }}>{t("total")} <Value of={a.total} unit="kWh" />{a.total.value !== null && a.whole.fen !== null && ` · ${yuan(a.whole.fen)} ${t("energy:yuan")}`}{a.total.value !== null && a.whole.co2_kg !== null && ` · ${co2(a.whole)} ${t("co2")}`}</div>
      <p className="dim" style={{ margin: 0 }}>{t("lead")}</p>
      {a.unmetered.length > 0 && <Alert type="warning" showIcon title={t("unmetered", { n: a.unmetered.length, names: a.unmetered.slice(0, 8).map((id) => name(places.find((p) => p.id === id)?.name) || id).join("，") })} />}
      <table className="plain" style={{ marginTop: 8 }}>
        <thead><tr><th>{t("what")}</th><th className="r">kWh</th><th className="r">{t("share")}</th><th className="r">{t("energy:yuan")}</th><th className="r">{t("co2")}</th></tr></thead>
        <tbody>
          <SumRow label={t("ordered")} s={a.ordered} of={a.total.value} />
          <SumRow label={t("free")} s={a.free} of={a.total.value} />
          {a.free_by.map((d) => <SumRow key={d.what} label={t(`energy:doing.${d.what}`)} s={d} of={a.total.value} deep />)}
          <SumRow label={t("rest")} s={a.rest} of={a.total.value} />
        </tbody>
      </table>
      {a.factor && <p className="dim" style={{ margin: "4px 0 0" }}>{t("factor", { value: a.factor.value, source: a.factor.source, verified: a.factor.verified === "unverified" ? t("unverified") : a.factor.verified })}</p>}
    </section>
  );
}

function SumRow({ label, s, of, deep }: { label: string; s: Share | null; of: number | null; deep?: boolean }) {
  return (
    <tr><td style={deep ? { paddingLeft: 26 } : {}} className={deep ? "dim" : ""}>{deep ? `└ ${label}` : label}</td><td className="r num">{s ? fixed(s.kwh, 2) : "—"}</td><td className="r num">{s && of ? percent(s.kwh / of) : "—"}</td><td className="r num">{yuan(s?.fen)}</td><td className="r num">{s ? co2(s) : "—"}</td></tr>
  );
}

/** Why an order has no value for a part. */
export function useWhy(): (o: OrderShare) => string {
  const { t } = useTranslation("energyshare");
  return (o) => (o.reason ? t(`why.${o.reason}` as "why.not_all_known", { share: percent(o.coverage) }) : "");
}

function Orders({ a }: { a: Allocation }) {
  const { t } = useTranslation("energyshare");
  const { lang } = useLang();
  const { product } = useNames();
  const why = useWhy();
  const [q, setQ] = useState("");
  const shown = a.orders.filter((o) => `${o.number} ${o.product} ${product(o.product)}`.toLowerCase().includes(q.toLowerCase()));
  const option = useMemo(() => chart(a.orders.slice(0, 20), (w) => t(`energy:doing.${w as "off"}`)), [a, lang]);
  return (
    <section className="panel" aria-label={t("orders")}>
      <h2>{t("orders")}</h2>
      {a.orders.length === 0 ? <Nothing text={t("orders.none")} /> : (
        <>
          <Suspense fallback={null}><EChart option={option} height={70 + 22 * Math.min(20, a.orders.length)} label={t("orders.label", { values: a.orders.slice(0, 20).map((o) => `${o.number} ${fixed(o.kwh, 1)}`).join("，") })} /></Suspense>
          <div className="row"><Input.Search allowClear style={{ width: 240 }} aria-label={t("search")} placeholder={t("search")} value={q} onChange={(e) => setQ(e.target.value)} /><Button onClick={() => exportOf(a)}>{t("common:export.csv")}</Button></div>
          <div className="scroll" tabIndex={0} role="group" aria-label={t("orders")}><table className="plain">
            <thead><tr><th>{t("order")}</th><th>{t("product")}</th><th className="r">kWh</th><th className="r">{t("energy:yuan")}</th><th className="r">{t("co2")}</th><th className="r">{t("idle.of")}</th><th className="r">{t("good")}</th><th className="r">{t("per.good")}</th><th className="r">{t("per.fen")}</th><th className="r">{t("per.co2")}</th></tr></thead>
            <tbody>{shown.map((o) => (
              <tr key={o.id}>
                <td><Link to="/production/orders" search={{ order: o.id }}>{o.number}</Link></td><td>{product(o.product)}</td>
                <td className="r num">{fixed(o.kwh, 2)}</td><td className="r num">{yuan(o.fen)}</td><td className="r num">{co2(o)}</td><td className="r num">{fixed(idle(o.parts), 2)}</td><td className="r num">{fixed(o.good, 0)}</td>
                <td className="r num">{o.per_good ? fixed(o.per_good.kwh, 4) : <span className="dim">{why(o)}</span>}</td><td className="r num">{o.per_good?.fen != null ? fixed(o.per_good.fen / 100, 4) : "—"}</td><td className="r num">{o.per_good ? co2(o.per_good, 4) : "—"}</td>
              </tr>))}</tbody>
          </table></div>
        </>)}
    </section>
  );
}

const idle = (parts: DoingShare[]) => parts.filter((p) => p.what === "startup" || p.what === "standby").reduce((sum, p) => sum + p.kwh, 0);

function Items({ a }: { a: Allocation }) {
  const { t } = useTranslation("energyshare");
  const { product } = useNames();
  if (a.items.length === 0) return null;
  return (
    <section className="panel" aria-label={t("items")}>
      <h2>{t("items")}</h2>
      <table className="plain">
        <thead><tr><th>{t("product")}</th><th className="r">{t("orders.n")}</th><th className="r">kWh</th><th className="r">{t("energy:yuan")}</th><th className="r">{t("whole.n")}</th><th className="r">{t("good")}</th><th className="r">{t("per.good")}</th><th className="r">{t("per.fen")}</th><th className="r">{t("per.co2")}</th></tr></thead>
        <tbody>{a.items.map((i) => <tr key={i.product}><td>{product(i.product)}</td><td className="r num">{i.orders}</td><td className="r num">{fixed(i.kwh, 2)}</td><td className="r num">{yuan(i.fen)}</td><td className="r num">{i.whole_orders}</td><td className="r num">{fixed(i.good, 0)}</td><td className="r num">{i.per_good ? fixed(i.per_good.kwh, 4) : "—"}</td><td className="r num">{i.per_good?.fen != null ? fixed(i.per_good.fen / 100, 4) : "—"}</td><td className="r num">{i.per_good ? co2(i.per_good, 4) : "—"}</td></tr>)}</tbody>
      </table>
    </section>
  );
}

function Machines({ a }: { a: Allocation }) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  return (
    <section className="panel" aria-label={t("machines")}>
      <h2>{t("machines")}</h2>
      {a.machines.length === 0 ? <Nothing text={t("bench.none")} /> : (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("machines")}><table className="plain">
          <thead><tr><th>{t("machine")}</th><th>{t("key")}</th><th className="r">kWh</th><th className="r">{t("ordered")} kWh</th><th className="r">{t("free")} kWh</th><th className="r">{t("idle.of")}</th></tr></thead>
          <tbody>{a.machines.map((m) => <tr key={m.equipment}><td><Link to="/machines/$id" params={{ id: m.equipment }} search={{ from: a.from, to: a.to }}>{name(m.name) || m.path}</Link></td><td>{t(`key.${m.key}`)} <span className="dim mono">{m.meter}</span></td><td className="r"><Value of={m} digits={2} /></td><td className="r num">{fixed(m.ordered.kwh, 2)}</td><td className="r num">{fixed(m.free.kwh, 2)}</td><td className="r num">{fixed(idle(m.free_by), 2)}</td></tr>)}</tbody>
        </table></div>)}
    </section>
  );
}

function chart(orders: OrderShare[], label: (what: string) => string) {
  return {
    grid: { left: 120, right: 24, top: 36, bottom: 24 }, legend: { top: 0 }, tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v: number) => `${fixed(v, 2)} kWh` },
    xAxis: { type: "value", name: "kWh" }, yAxis: { type: "category", inverse: true, data: orders.map((o) => o.number) },
    series: doings.map((w) => ({ name: label(w), type: "bar", stack: "kwh", itemStyle: { color: doingColours[w] }, data: orders.map((o) => Number((o.parts.find((p) => p.what === w)?.kwh ?? 0).toFixed(3))) })),
  };
}

function exportOf(a: Allocation): void {
  download("energy-orders.csv", csv([["order", "product", "kwh", "fen", "co2_kg", "coverage", "good", "kwh_per_good", "fen_per_good", "co2_kg_per_good", "reason", ...doings.map((d) => `${d}_kwh`)],
    ...a.orders.map((o) => [o.number, o.product, o.kwh, o.fen, o.co2_kg, o.coverage, o.good, o.per_good?.kwh, o.per_good?.fen, o.per_good?.co2_kg, o.reason ?? "", ...doings.map((d) => o.parts.find((p) => p.what === d)?.kwh ?? 0)]),
    ["(free)", "", a.free.kwh, a.free.fen, a.free.co2_kg], ["(not allocated)", "", a.rest?.kwh, a.rest?.fen, a.rest?.co2_kg]]), "text/csv");
}
