import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { type Compared, comparison, planInUse } from "../../api/planning";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { span } from "../../lib/format";
import { ms, shortTime } from "../../lib/time";
import { useNames } from "../production/parts";
import { amount } from "./amount";
import { PlanTag } from "./PlanHead";
import { usePlanningSearch } from "./search";

/** Plans side by side, the one in use first; the best of a row stands out. */
export function Compare({ place }: { place: string }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const [search, set] = usePlanningSearch();
  const names = useNames();
  const inUse = useQuery(planInUse(place)).data?.id;
  const chosen = search.compare?.split(",") ?? [];
  const ids = chosen.length === 0 ? [] : [...new Set([...(inUse ? [inUse] : []), ...chosen])];
  const query = useQuery(comparison(ids));
  if (ids.length === 0) return <Nothing text={t("compare.none")} />;
  if (!query.data) return <Waiting query={query} />;
  const { plans, late } = query.data;
  const figure = (title: string, of: (p: Compared) => number, text: (p: Compared) => ReactNode) => {
    const best = Math.min(...plans.map(of));
    const differs = plans.some((p) => of(p) !== best);
    return <tr><th scope="row">{title}</th>{plans.map((p) => <td key={p.id} className="num">{differs && of(p) === best ? <b>{text(p)} ✓</b> : text(p)}</td>)}</tr>;
  };
  const assumed = (p: Compared): string[] => [
    ...(p.assume?.down ?? []).map((d) => t("assumed.down", { machine: names.place(d.equipment), to: shortTime(d.to) })), ...(p.assume?.extra ?? []).map((e) => t("assumed.extra", { number: e.number, n: e.quantity })),
    ...(p.assume?.calendars ?? []).map((c) => t("assumed.calendar", { machine: names.place(c.equipment), calendar: c.calendar })),
  ];
  return (
    <div className="stack">
      <section className="panel scroll" tabIndex={0} aria-label={t("tab.compare")}>
        <table className="plain">
          <thead><tr><th scope="col">{t("plan")}</th>{plans.map((p) => <th scope="col" key={p.id}><button type="button" className="figbtn" onClick={() => set({ tab: "plan", plan: p.state === "in_use" ? undefined : p.id })}>{t("plan.n", { n: p.number })} {p.name}</button><div><PlanTag of={p} /></div></th>)}</tr></thead>
          <tbody>
            {figure(t("fig.late"), (p) => p.figures.late, (p) => `${p.figures.late} / ${p.figures.planned}`)}
            {figure(t("fig.weighted"), (p) => p.figures.weighted_tardiness_ms, (p) => amount(p.figures.weighted_tardiness_ms, lang))}
            {figure(t("fig.tardiness"), (p) => p.figures.tardiness_ms, (p) => amount(p.figures.tardiness_ms, lang))}
            {figure(t("fig.setup"), (p) => p.figures.setup_ms, (p) => amount(p.figures.setup_ms, lang))}
            {figure(t("fig.makespan"), (p) => ms(p.figures.makespan ?? 0), (p) => (p.figures.makespan ? shortTime(p.figures.makespan) : "—"))}
            {figure(t("compare.moved"), (p) => p.against.machine + p.against.later + p.against.earlier, (p) => t("compare.moved.n", { machine: p.against.machine, later: p.against.later, earlier: p.against.earlier }))}
            {figure(t("fig.unplanned"), (p) => p.figures.unplanned, (p) => p.figures.unplanned)}
            {figure(t("fig.violations"), (p) => p.figures.violations, (p) => p.figures.violations)}
            <tr><th scope="row">{t("assume")}</th>{plans.map((p) => <td key={p.id}>{assumed(p).map((a) => <div key={a}>{a}</div>)}{assumed(p).length === 0 && "—"}</td>)}</tr>
          </tbody>
        </table>
      </section>
      {late.length > 0 && (
        <section className="panel scroll" tabIndex={0} aria-label={t("compare.late")}>
          <h2>{t("compare.late")}</h2>
          <table className="plain">
            <thead><tr><th scope="col">{t("order")}</th><th scope="col">{t("due")}</th>{plans.map((p) => <th scope="col" key={p.id}>{t("plan.n", { n: p.number })}</th>)}</tr></thead>
            <tbody>{late.map((r) => <tr key={r.order}><th scope="row">{r.number}</th><td className="num">{shortTime(r.due)}</td>{r.ends.map((e, i) => <td key={plans[i]?.id ?? i} className="num">{ms(e) <= 0 ? "—" : <>{shortTime(e)}{ms(e) > ms(r.due) && <b style={{ color: "var(--alarm)" }}> {t("late.by", { by: span(ms(e) - ms(r.due), lang) })}</b>}</>}</td>)}</tr>)}</tbody>
          </table>
        </section>)}
      <div className="row"><Button onClick={() => set({ tab: "plans" })}>{t("compare.choose")}</Button></div>
    </div>
  );
}
