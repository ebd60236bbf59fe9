import { Tabs } from "antd";
import { useTranslation } from "react-i18next";
import type { Facts } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { duration, fixed, termText } from "../../lib/format";
import { clock, dateTime, ms, ofMicros } from "../../lib/time";
import { Nothing } from "../Status";
import { Inputs } from "./Inputs";

export function FactsPart({ facts }: { facts: Facts }) {
  const { t } = useTranslation("figures");
  const tabs = [
    { key: "inputs", label: `${t("facts.inputs")} ${facts.inputs.length}`, children: <Inputs inputs={facts.inputs} /> },
    { key: "intervals", label: `${t("facts.intervals")} ${facts.intervals.length}`, children: <Intervals facts={facts} /> },
    { key: "counts", label: `${t("facts.counts")} ${facts.counts.length}`, children: <Counts facts={facts} /> },
    { key: "events", label: `${t("facts.events")} ${facts.events.length}`, children: <Events facts={facts} /> },
    { key: "calendar", label: t("facts.calendar"), children: <CalendarPart facts={facts} /> },
    { key: "seal", label: t("facts.seal"), children: <Seal facts={facts} /> },
  ];
  return <section className="panel" aria-label={t("facts")}><h2>{t("facts")}</h2><Tabs size="small" items={tabs} /></section>;
}

function Intervals({ facts }: { facts: Facts }) {
  const { t } = useTranslation("figures");
  const { lang } = useLang();
  return (
    <div className="scroll" style={{ maxHeight: 360 }}>
      <table className="plain">
        <thead><tr><th>{t("col.from")}</th><th>{t("col.to")}</th><th className="r">{t("col.duration")}</th><th>{t("col.state")}</th><th>{t("col.class")}</th><th>{t("col.reason")}</th><th>{t("col.product")}</th><th>{t("col.source")}</th></tr></thead>
        <tbody>{facts.intervals.map((i) => (
          <tr key={i.from}>
            <td className="num">{clock(i.from, true)}</td><td className="num">{clock(i.to, true)}</td><td className="r">{duration(ms(i.to) - ms(i.from), lang)}</td>
            <td>{stateWords(i.state, t)}</td><td>{t(`common:class.${i.class}` as "common:class.APT", i.class)}</td>
            <td>{i.reason}{i.said_by && <span className="dim"> · {i.said_by}</span>}</td><td>{i.product}</td><td className="dim">{i.source}</td>
          </tr>))}</tbody>
      </table>
    </div>
  );
}

function stateWords(code: string, t: (key: "common:state.UNKNOWN", fallback: string) => string): string {
  return code.split(/[/ ]/).map((part) => t(`common:state.${part}` as "common:state.UNKNOWN", part)).join(" ");
}

function Counts({ facts }: { facts: Facts }) {
  const { t } = useTranslation("figures");
  if (facts.counts.length === 0) return <Nothing />;
  return (
    <div className="scroll" style={{ maxHeight: 360 }}>
      <table className="plain">
        <thead><tr><th>{t("col.time")}</th><th>{t("col.product")}</th><th className="r">{t("col.good")}</th><th className="r">{t("col.scrap")}</th><th className="r">{t("col.rework")}</th><th className="r">{t("col.cycle")}</th></tr></thead>
        <tbody>{facts.counts.map((c, n) => (
          <tr key={`${c.at}/${n}`}><td className="num">{clock(c.at, true)}</td><td>{c.product}</td><td className="r">{c.good}</td><td className="r">{c.scrap}</td><td className="r">{c.rework}</td><td className="r">{fixed(c.pru_ms / 1000, 3)} s</td></tr>))}</tbody>
      </table>
    </div>
  );
}

function Events({ facts }: { facts: Facts }) {
  const { t } = useTranslation("figures");
  if (facts.events.length === 0) return <Nothing />;
  return (
    <table className="plain">
      <thead><tr><th>{t("col.time")}</th><th>{t("col.kind")}</th><th>{t("col.who")}</th><th>{t("col.what")}</th></tr></thead>
      <tbody>{facts.events.map((e) => (
        <tr key={e.id}><td className="num">{clock(ofMicros(e.occurred), true)}</td><td>{e.kind}</td><td>{e.source}</td><td className="mono">{JSON.stringify(e.payload)}</td></tr>))}</tbody>
    </table>
  );
}

function CalendarPart({ facts }: { facts: Facts }) {
  const { t } = useTranslation("figures");
  const rows: [string, Facts["busy"]][] = [[t("facts.operation"), facts.operation], [t("facts.busy"), facts.busy]];
  return (
    <div className="stack">
      <table className="plain">
        <thead><tr><th>{t("col.kind")}</th><th>{t("col.shift")}</th><th>{t("col.from")}</th><th>{t("col.to")}</th></tr></thead>
        <tbody>{rows.flatMap(([label, spans]) => spans.map((s) => (
          <tr key={`${label}${s.from}`}><td>{label}</td><td>{s.shift}</td><td className="num">{dateTime(s.from)}</td><td className="num">{dateTime(s.to)}</td></tr>)))}</tbody>
      </table>
      <h3 style={{ margin: 0, fontSize: 14 }}>{t("facts.cycles")}</h3>
      <table className="plain">
        <thead><tr><th>{t("col.product")}</th><th className="r">{t("col.cycle")}</th></tr></thead>
        <tbody>{facts.cycles.map((c) => <tr key={c.product}><td>{c.product}</td><td className="r">{fixed(c.pru_ms / 1000, 3)} s</td></tr>)}</tbody>
      </table>
    </div>
  );
}

function Seal({ facts }: { facts: Facts }) {
  const { t } = useTranslation("figures");
  const { lang } = useLang();
  return (
    <div className="stack">
      <dl className="kv">
        <dt>{t("facts.digest")}</dt><dd className="mono">{facts.digest}</dd>
        <dt>{t("facts.fold")}</dt><dd>{facts.fold}</dd>
        <dt>{t("facts.profile")}</dt><dd>{facts.profile} v{facts.profile_version}</dd>
        <dt>{t("facts.upto")}</dt><dd>{dateTime(facts.upto, true)} · {t("as_of")} {dateTime(facts.as_of)}</dd>
        {facts.notes.length > 0 && <><dt>{t("facts.notes")}</dt><dd>{facts.notes.map((n) => <div key={n}>{n}</div>)}</dd></>}
      </dl>
      <h3 style={{ margin: 0, fontSize: 14 }}>{t("facts.rows")}</h3>
      {facts.rows.map((r) => (
        <div key={r.product} className="row"><strong>{r.product || "—"}</strong>{Object.entries(r.terms).filter(([, v]) => v !== 0).map(([k, v]) => <span key={k}><span className="mono">{k}</span> {termText(k, v, lang)}</span>)}</div>))}
    </div>
  );
}
