import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Ballot, backtest, type Backtest, type Combined, combined } from "../../api/condition";
import { Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { measured, span } from "../../lib/format";
import { dateTime } from "../../lib/time";

/** What vibration, temperature and current say together, by votes that are shown, and what the rules would have said of the past. */
export function CombinedPanel({ id, at, from, to }: { id: string; at: string | undefined; from: string; to: string }) {
  const { t } = useTranslation("healthmore");
  const query = useQuery(combined(id, at));
  const c = query.data;
  return (
    <section className="panel" aria-label={t("combined")}>
      <h2>{t("combined")}</h2>
      {!c ? <Waiting query={query} /> : <><Verdict c={c} /><Signs c={c} /><Ballots c={c} /></>}
      <Past id={id} from={from} to={to} />
    </section>
  );
}

function Verdict({ c }: { c: Combined }) {
  const { t } = useTranslation("healthmore");
  const { name } = useLang();
  const first = c.ballots.find((b) => b.fault === c.verdict);
  const words = c.verdict === "none" ? t("none") : c.verdict === "uncertain" ? t("uncertain") : name(first?.name);
  return (
    <>
      <p role="status" aria-label={t("combined")} style={{ fontSize: 16, fontWeight: 600, margin: 0 }}>{t("combined.verdict", { verdict: words })}{first && <span className="dim"> {t("advice")}：{name(first.advice)}</span>}</p>
      {c.rules && <p className="dim" style={{ margin: "4px 0" }}>{t("combined.lead", { need: c.rules.need, lead: c.rules.lead, version: c.rules.version, verified: c.rules.verified === "unverified" ? t("unverified") : c.rules.verified })}</p>}
    </>
  );
}

function Signs({ c }: { c: Combined }) {
  const { t } = useTranslation("healthmore");
  const number = (v: number | null) => (v === null ? "—" : measured(v));
  return (
    <table className="plain"><caption className="vh">{t("sign")}</caption>
      <thead><tr><th>{t("sign")}</th><th>{t("combined.state")}</th><th className="r">{t("value")}</th><th className="r">{t("baseline")}</th><th className="r">{t("spread")}</th></tr></thead>
      <tbody>{c.evidence.map((e) => (
        <tr key={e.sign}><td>{t(`sign.${e.sign}`)}</td><td>{e.state === "up" || e.state === "named" ? <b>{t(`is.${e.state}`)}</b> : <span className={e.state === "unknown" ? "dim" : ""}>{t(`is.${e.state}`)}</span>}{e.windows ? <span className="dim"> {t("windows.n", { n: e.windows })}</span> : null}</td>
          <td className="r num">{number(e.value)}</td><td className="r num">{number(e.baseline)}</td><td className="r num">{number(e.spread)}</td></tr>))}</tbody>
    </table>
  );
}

function Ballots({ c }: { c: Combined }) {
  const { t } = useTranslation("healthmore");
  const { name } = useLang();
  const votes = (b: Ballot) => b.votes.filter((v) => v.counted).map((v) => `${t(`sign.${v.sign}`)} ${t(`is.${v.is}`)} ${v.weight > 0 ? "+" : "−"}${Math.abs(v.weight)}`).join("，");
  const unknown = (b: Ballot) => [...new Set(b.votes.filter((v) => v.unknown).map((v) => t(`sign.${v.sign}`)))].join("，");
  return (
    <table className="plain" style={{ marginTop: 8 }}><caption className="vh">{t("votes")}</caption>
      <thead><tr><th>{t("fault")}</th><th className="r">{t("for")}</th><th className="r">{t("against")}</th><th className="r">{t("sum")}</th><th>{t("votes")}</th></tr></thead>
      <tbody>{c.ballots.map((b) => <tr key={b.fault} style={b.fault === c.verdict ? { fontWeight: 600 } : {}}><td>{name(b.name)}</td><td className="r num">{b.for}</td><td className="r num">{b.against}</td><td className="r num">{b.sum}</td><td>{votes(b)}{unknown(b) && <span className="dim"> {t("not.known", { signs: unknown(b) })}</span>}</td></tr>)}</tbody>
    </table>
  );
}

function Past({ id, from, to }: { id: string; from: string; to: string }) {
  const { t } = useTranslation("healthmore");
  const [asked, setAsked] = useState(false);
  const query = useQuery({ ...backtest(id, { from, to }), enabled: asked });
  if (!asked) return <Button size="small" style={{ marginTop: 8 }} onClick={() => setAsked(true)}>{t("backtest.run")}</Button>;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  return <section aria-label={t("backtest")}><h3 style={{ margin: "8px 0 0" }}>{t("backtest")}</h3>{query.data ? <Told b={query.data} /> : <Waiting query={query} />}</section>;
}

function Told({ b }: { b: Backtest }) {
  const { t } = useTranslation("healthmore");
  const { lang } = useLang();
  return (
    <>
      <p style={{ margin: 0 }}>{t("backtest.sum", { windows: b.windows, named: b.named, uncertain: b.uncertain, known: b.known.length, missed: b.missed })}</p>
      {b.told.length === 0 ? <p className="dim">{t("backtest.none")}</p> : (
        <table className="plain">
          <thead><tr><th>{t("fault")}</th><th>{t("from")}</th><th>{t("to")}</th><th className="r">{t("windows")}</th><th>{t("before")}</th><th>{t("lead")}</th></tr></thead>
          <tbody>{b.told.map((x) => <tr key={`${x.fault} ${x.from}`}><td>{t(`fault.${x.fault}` as "fault.gear")}</td><td className="num">{dateTime(x.from)}</td><td className="num">{dateTime(x.to)}</td><td className="r num">{x.windows}</td><td>{x.before ? <Link to="/maintenance" search={{ order: x.before.order }}>{x.before.text}</Link> : <span className="dim">{t("no.work")}</span>}</td><td className="num">{x.lead_s === null ? "—" : span(x.lead_s * 1000, lang)}</td></tr>)}</tbody>
        </table>)}
    </>
  );
}
