import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, App, Button, Select } from "antd";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import type { Network } from "../../api/energy";
import { type LoadShift, shifting, takeShift } from "../../api/energyshare";
import { nodes, session } from "../../api/queries";
import { Nothing, Problem, useProblem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { day, iso, shortTime } from "../../lib/time";
import { useNames } from "../production/parts";
import { yuan } from "./parts";

const EChart = lazy(() => import("../../charts/EChart"));

/** Jobs of the plan in use that could run in cheaper hours, kept as another draft when the planner wants it. */
export function ShiftingTab({ net }: { net: Network }) {
  const { t } = useTranslation("energyshare");
  const [days, setDays] = useState(3);
  const until = useMemo(() => iso(Date.now() + days * day), [days]);
  const query = useQuery({ ...shifting(net.place, until), retry: false });
  const s = query.data;
  const none = query.error instanceof ApiError && query.error.code === "not_found";
  return (
    <div className="stack">
      <div className="row"><Select aria-label={t("shift.until")} style={{ width: 150 }} value={days} onChange={setDays} options={[1, 3, 7, 14].map((n) => ({ value: n, label: t("shift.days", { n }) }))} /><span className="dim">{t("shift.lead")}</span></div>
      {none ? <Nothing text={t("shift.no.plan")} /> : query.isError ? <Problem error={query.error} retry={() => void query.refetch()} /> : !s ? <Waiting query={query} /> : <><Proposal s={s} /><Draws s={s} /></>}
    </div>
  );
}

function Proposal({ s }: { s: LoadShift }) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const { product, place } = useNames();
  const planner = useQuery(session).data?.permissions.includes("plan") ?? false;
  const take = useMutation({ mutationFn: () => takeShift(s), onError: (err) => { message.error(problem(err), 10); } });
  return (
    <section className="panel" aria-label={t("shift.jobs")}>
      <h2><Link to="/planning" search={{ plan: s.plan }}>{t("shift.plan", { n: s.plan_number })}</Link></h2>
      <div className="dim">{t("shift.counts", { priced: s.priced, still: s.still })}</div>
      {s.tariffs.some((x) => x.verified === "unverified") && <Alert type="warning" showIcon title={t("energy:tariff.unverified", { names: s.tariffs.map((x) => name(x.name)).join("，") })} />}
      {s.jobs.length === 0 ? <Nothing text={t("shift.none")} /> : (
        <>
          <div style={{ fontSize: 18, fontWeight: 600, margin: "6px 0" }}>{t("shift.saved", { yuan: yuan(s.saved_fen), was: yuan(s.fen), share: s.fen > 0 ? percent(s.saved_fen / s.fen) : "—", n: s.jobs.length })}</div>
          <div className="dim num">{t("shift.peak", { was: fixed(s.peak_kw, 1), then: fixed(s.peak_kw_then, 1) })}</div>
          <div className="row">{planner && <Button type="primary" disabled={take.isSuccess} loading={take.isPending} onClick={() => take.mutate()}>{t("shift.take")}</Button>}<Button onClick={() => exportOf(s)}>{t("common:export.csv")}</Button></div>
          {take.data && <Alert type="success" showIcon title={<Link to="/planning" search={{ plan: take.data.id }}>{t("shift.taken", { n: take.data.number })}</Link>} />}
          <div className="scroll" tabIndex={0} role="group" aria-label={t("shift.jobs")}><table className="plain">
            <thead><tr><th>{t("order")}</th><th>{t("job")}</th><th>{t("product")}</th><th>{t("machine")}</th><th className="r">kW</th><th>{t("from")}</th><th>{t("hours")}</th><th>{t("to")}</th><th>{t("hours")}</th><th className="r">{t("energy:yuan")}</th><th className="r">{t("saved.fen")}</th></tr></thead>
            <tbody>{s.jobs.map((j) => (
              <tr key={`${j.order} ${j.job}`}>
                <td><Link to="/production/orders" search={{ order: j.order }}>{j.number}</Link></td><td>{j.job} {name(j.name)}</td><td>{product(j.product)}</td><td>{place(j.equipment)}</td><td className="r num">{fixed(j.kw, 1)}</td>
                <td className="num">{shortTime(j.from)} – {shortTime(j.to)}</td><td>{t(`energy:hours.${j.hours}`)}</td><td className="num">{shortTime(j.new_from)} – {shortTime(j.new_to)}</td><td>{t(`energy:hours.${j.new_hours}`)}</td>
                <td className="r num">{yuan(j.fen)}</td><td className="r num">{yuan(j.saved_fen)}</td>
              </tr>))}</tbody>
          </table></div>
        </>)}
    </section>
  );
}

function Draws({ s }: { s: LoadShift }) {
  const { t } = useTranslation("energyshare");
  const { name, lang } = useLang();
  const places = useQuery(nodes).data ?? [];
  const known = s.draws.filter((d) => d.kw !== null).slice(0, 25);
  const option = useMemo(() => ({
    grid: { left: 130, right: 24, top: 12, bottom: 24 }, tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: (v: number) => `${fixed(v, 1)} kW` },
    xAxis: { type: "value", name: "kW" }, yAxis: { type: "category", inverse: true, data: known.map((d) => name(d.name)) }, series: [{ type: "bar", barMaxWidth: 14, itemStyle: { color: "#1f5fa8" }, data: known.map((d) => Number((d.kw ?? 0).toFixed(2))) }],
  }), [s, lang]);
  if (s.draws.length === 0) return null;
  return (
    <section className="panel" aria-label={t("draws")}>
      <h2>{t("draws")}</h2>
      {known.length > 0 && <Suspense fallback={null}><EChart option={option} height={50 + 20 * known.length} label={`${t("draws")}：${known.map((d) => `${name(d.name)} ${fixed(d.kw ?? 0, 1)}`).join("，")}`} /></Suspense>}
      <div className="scroll" tabIndex={0} role="group" aria-label={t("draws")}><table className="plain">
        <thead><tr><th>{t("machine")}</th><th className="r">{t("draw")}</th><th className="r">{t("draw.hours")}</th></tr></thead>
        <tbody>{s.draws.map((d) => <tr key={d.equipment}><td>{name(places.find((p) => p.id === d.equipment)?.name ?? d.name) || d.path}</td><td className="r num">{d.kw === null ? <span className="dim">{t("draw.none")}</span> : fixed(d.kw, 2)}</td><td className="r num">{fixed(d.hours, 2)}</td></tr>)}</tbody>
      </table></div>
    </section>
  );
}

function exportOf(s: LoadShift): void {
  download("energy-shifting.csv", csv([["order", "job", "product", "equipment", "kw", "from", "to", "hours", "new_from", "new_to", "new_hours", "fen", "saved_fen"],
    ...s.jobs.map((j) => [j.number, j.job, j.product, j.equipment, j.kw, j.from, j.to, j.hours, j.new_from, j.new_to, j.new_hours, j.fen, j.saved_fen])]), "text/csv");
}
