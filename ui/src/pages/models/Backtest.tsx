import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Segmented } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { backtest, type ModelBacktest, type Version } from "../../api/models";
import { Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed, span } from "../../lib/format";
import { dateTime, day, iso } from "../../lib/time";
import { useNames } from "../production/parts";

const spans = [7, 30, 90] as const;

/** What a version would have warned of in the past, beside the failures that are known. */
export function Backtest({ v }: { v: Version }) {
  const { t } = useTranslation("models");
  const [days, setDays] = useState<(typeof spans)[number]>(30);
  const [to, setTo] = useState<number>();
  const q = { from: iso((to ?? 0) - days * day), to: iso(to ?? 0) };
  const query = useQuery({ ...backtest(v.id, q), enabled: to !== undefined });
  return (
    <section className="panel" aria-label={t("backtest")}>
      <div className="row"><h2>{t("backtest")}</h2><Segmented size="small" aria-label={t("backtest.days")} value={days} onChange={setDays} options={spans.map((d) => ({ value: d, label: t("days", { d }) }))} /><Button size="small" onClick={() => setTo(Date.now())}>{t("backtest.run")}</Button></div>
      <p className="dim" style={{ margin: "4px 0" }}>{t("backtest.lead")}</p>
      {to === undefined ? null : query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : query.data ? <Said b={query.data} /> : <Waiting query={query} />}
    </section>
  );
}

function Said({ b }: { b: ModelBacktest }) {
  const { t } = useTranslation("models");
  const { name, lang } = useLang();
  const { place } = useNames();
  return (
    <>
      <p role="status" style={{ margin: "4px 0", fontWeight: 600 }}>{t("backtest.sum", { n: b.episodes.length, before: b.warned, failures: b.failures.length, missed: b.missed, lead: b.lead_s_mean === null ? "—" : span(b.lead_s_mean * 1000, lang) })}</p>
      <p className="dim" style={{ margin: 0 }}>{t("backtest.windows", { windows: fixed(b.windows, 0), outside: fixed(b.outside, 0), silent: fixed(b.silent, 0), ahead: b.ahead_h, learnt: dateTime(b.learnt_to) })}</p>
      {b.episodes.length > 0 && <div className="scroll" tabIndex={0} role="group" aria-label={t("episodes")} style={{ maxHeight: 280 }}><table className="plain"><caption className="vh">{t("episodes")}</caption>
        <thead><tr><th>{t("machine")}</th><th>{t("from")}</th><th>{t("to")}</th><th className="r">{t("windows")}</th><th>{t("most.by")}</th><th>{t("failure")}</th><th>{t("lead.time")}</th><th>{t("proof")}</th><th>{t("evidence")}</th></tr></thead>
        <tbody>{b.episodes.map((e) => (
          <tr key={e.equipment + e.from}><td>{place(e.equipment)}</td><td className="num">{dateTime(e.from)}</td><td className="num">{dateTime(e.to)}</td><td className="r num">{fixed(e.windows, 0)}</td><td>{name(e.most) || "—"}</td>
            <td>{e.before ? (e.before.order ? <Link to="/maintenance" search={{ order: e.before.order }}>{e.before.text}</Link> : `${dateTime(e.before.at)} ${e.before.text}`) : <span className="dim">{t("failure.none")}</span>}</td>
            <td className="num">{e.lead_s === null ? "—" : span(e.lead_s * 1000, lang)}</td><td>{t(e.learnt ? "proof.no" : "proof.yes")}</td>
            <td><Link to="/machines/$id" params={{ id: e.equipment }} search={{ from: e.from, to: e.to === e.from ? iso(Date.parse(e.from) + 60_000) : e.to }}>{t("samples")}</Link></td></tr>))}</tbody></table></div>}
    </>
  );
}
