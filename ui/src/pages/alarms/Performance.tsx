import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { InputNumber } from "antd";
import { useTranslation } from "react-i18next";
import { type AlarmPerformance, alarmPerformance, type Often } from "../../api/alarms";
import { Priority } from "../../components/alarms/AlarmTable";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, fixed, percent } from "../../lib/format";
import { dateTime, iso, ms, shortTime } from "../../lib/time";
import type { AlarmsSearch } from "../../routes";

/** What alarms ask of people, beside what the field takes for bearable. */
export function Performance() {
  const { t } = useTranslation("alarms");
  const search: AlarmsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (change: Partial<AlarmsSearch>) => void navigate({ to: "/alarms", search: { ...search, ...change }, replace: true });
  const range = useRange(search, "24h");
  const operators = search.operators ?? 1;
  const query = useQuery(alarmPerformance({ scope: search.scope, from: iso(range.from), to: iso(range.to), operators }));
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        <label className="row">{t("operators")}<InputNumber min={1} max={1000} value={operators} onChange={(v) => set({ operators: v ?? undefined })} style={{ width: 80 }} /></label>
      </div>
      {!query.data ? <Waiting query={query} /> : <Figures p={query.data} />}
    </div>
  );
}

function Figures({ p }: { p: AlarmPerformance }) {
  const { t } = useTranslation("alarms");
  const { lang, name } = useLang();
  const marked = (bad: boolean, over: boolean) => t(bad ? "mark.bad" : over ? "mark.over" : "mark.good");
  const total = p.split.reduce((a, b) => a + b, 0);
  const share = (n: number) => (total === 0 ? "—" : percent(n / total, 0));
  const [one, two, three, four] = p.split;
  const rows: [string, string, string, string][] = [
    [t("perf.day"), p.per_day === null ? "—" : fixed(p.per_day, 1), t("mark.most", { target: p.marks.per_day.target, most: p.marks.per_day.most }), p.per_day === null ? "—" : marked(p.per_day > p.marks.per_day.most, p.per_day > p.marks.per_day.target)],
    [t("perf.flood"), p.flood_share === null ? "—" : percent(p.flood_share, 2), t("mark.below", { target: percent(p.marks.flood_share.target, 0) }), p.flood_share === null ? "—" : marked(p.flood_share > p.marks.flood_share.most, p.flood_share > p.marks.flood_share.target)],
    [t("perf.most"), fixed(p.most_in_10, 0), t("mark.below", { target: 10 * p.operators }), marked(false, p.most_in_10 > 10 * p.operators)],
    [t("perf.chatter"), fixed(p.chattering.length, 0), "0", marked(false, p.chattering.length > 0)],
    [t("perf.stale"), fixed(p.stale.length, 0), t("mark.below", { target: p.marks.stale.target }), marked(false, p.stale.length >= p.marks.stale.target)],
    [t("perf.split"), `${share(one)} / ${share(two)} / ${share(three + four)}`, p.marks.split.map((s) => percent(s, 0)).join(" / "), "—"],
  ];
  return (
    <>
      <section className="panel" aria-label={t("tab.performance")}>
        <h2>{t("perf.title", { count: p.count })}</h2>
        {p.reason && <p className="dim">{p.reason}</p>}
        <table className="plain">
          <thead><tr><th>{t("perf.figure")}</th><th className="r">{t("perf.value")}</th><th className="r">{t("perf.target")}</th><th>{t("perf.state")}</th></tr></thead>
          <tbody>{rows.map(([what, value, target, state]) => <tr key={what}><td>{what}</td><td className="r num">{value}</td><td className="r num">{target}</td><td>{state}</td></tr>)}</tbody>
        </table>
        <p className="dim" style={{ margin: "8px 0 0", fontSize: 12 }}>{t("perf.source", { source: p.marks.per_day.source, definition: p.definition, version: p.version })}</p>
      </section>
      <section className="panel" aria-label={t("perf.top")}><h2>{t("perf.top")}</h2><Ranking rows={p.top} p={p} /></section>
      {p.chattering.length > 0 && <section className="panel" aria-label={t("perf.chatter")}><h2>{t("perf.chatter")}</h2><Ranking rows={p.chattering} p={p} /></section>}
      {p.floods.length > 0 && (
        <section className="panel" aria-label={t("perf.floods")}>
          <h2>{t("perf.floods")}</h2>
          <table className="plain">
            <thead><tr><th>{t("from")}</th><th className="r">{t("lasted")}</th><th className="r">{t("perf.came")}</th><th className="r">{t("perf.most")}</th><th /></tr></thead>
            <tbody>{p.floods.map((f) => <tr key={f.from}><td className="num">{dateTime(f.from)}</td><td className="r num">{duration(ms(f.to) - ms(f.from), lang)}</td><td className="r num">{f.count}</td><td className="r num">{f.peak}</td><td><Link to="/alarms" search={{ show: "past", from: f.from, to: f.to }}>{t("perf.behind")}</Link></td></tr>)}</tbody>
          </table>
        </section>)}
      {p.stale.length > 0 && (
        <section className="panel" aria-label={t("perf.stale")}>
          <h2>{t("perf.stale")}</h2>
          <table className="plain">
            <thead><tr><th>{t("priority")}</th><th>{t("machine")}</th><th>{t("text")}</th><th>{t("from")}</th><th className="r">{t("lasted")}</th></tr></thead>
            <tbody>{p.stale.map((a) => <tr key={`${a.equipment}/${a.id}/${a.from}`}><td><Priority level={a.priority} /></td><td>{name(a.name)}</td><td>{name(a.text)}</td><td className="num">{shortTime(a.from)}</td><td className="r num">{duration(ms(a.to) - ms(a.from), lang)}</td></tr>)}</tbody>
          </table>
        </section>)}
    </>
  );
}

function Ranking({ rows, p }: { rows: Often[]; p: AlarmPerformance }) {
  const { t } = useTranslation("alarms");
  const { name } = useLang();
  if (rows.length === 0) return <Nothing text={t("none.past")} />;
  return (
    <table className="plain">
      <thead><tr><th>{t("priority")}</th><th>{t("machine")}</th><th>{t("text")}</th><th className="r">{t("perf.came")}</th><th className="r">{t("perf.share")}</th><th>{t("perf.first")}</th><th /></tr></thead>
      <tbody>{rows.map((o) => (
        <tr key={`${o.equipment}/${o.alarm}`}>
          <td><Priority level={o.priority} /></td><td>{name(o.name)}</td><td title={o.alarm}>{name(o.text)}</td><td className="r num">{o.count}</td><td className="r num">{percent(o.share)}</td><td className="num">{shortTime(o.first)}</td>
          <td><Link to="/alarms" search={{ show: "past", from: p.from, to: p.to, alarm: o.alarm, equipment: o.equipment }}>{t("perf.behind")}</Link></td>
        </tr>))}</tbody>
    </table>
  );
}
