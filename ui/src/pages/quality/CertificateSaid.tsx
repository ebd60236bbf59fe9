import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { CertificateContent, CertificateLine } from "../../api/certificates";
import { useLang } from "../../i18n/useLang";
import { fixed, unitText } from "../../lib/format";
import { dateTime, day8, iso, ms } from "../../lib/time";

const shown = (v: number | null | undefined, digits: number | undefined) => (typeof v !== "number" ? "—" : digits ? v.toFixed(digits) : String(Number(v.toPrecision(6))));
const dayOf = (at: string | undefined) => (at ? day8(at) : "—");

/** What a certificate says, each part with the way to the facts that it rests on. */
export function Said({ c }: { c: CertificateContent }) {
  const { t } = useTranslation("certificates");
  const { name, lang } = useLang();
  const inspectors = [...c.inspectors, ...(c.machines ? [t("machines", { n: c.machines })] : [])].join("、");
  return (
    <div className="stack">
      <section className="panel" aria-label={t("goods")}>
        <h3>{t("goods")}</h3>
        <p><b>{c.product}</b> {c.product_name && name(c.product_name)} · {t("revision.n", { n: c.definition })} · <b>{fixed(c.quantity, 0)} {unitText(c.unit, lang)}</b> · {t("order")} {c.order}{c.lot && <> · {t("lot")} {c.lot}</>}{c.customer && <> · {t("customer")} {c.customer}</>}{c.reference && <> · {t("reference")} {c.reference}</>}</p>
        <p className="dim">{t("made", { from: dateTime(c.began ?? 0), to: dateTime(c.ended ?? 0) })} · {t("people", { inspectors: inspectors || "—", released: c.released_by || "—" })}</p>
        {c.lots.length > 0 && <p>{t("lots")}：{c.lots.map((l) => l.number).join("、")}</p>}
        {c.note && <p>{c.note}</p>}
      </section>
      <section className="panel" aria-label={t("lines")}>
        <h3>{t("lines")}</h3>
        <div style={{ overflowX: "auto" }} tabIndex={0} role="group" aria-label={t("lines")}>
          <table className="plain"><thead><tr><th>{t("characteristic")}</th><th>{t("limits")}</th><th className="r">{t("n")}</th><th className="r">{t("min")}</th><th className="r">{t("mean")}</th><th className="r">{t("max")}</th><th>{t("result")}</th><th>{t("gauge")}</th></tr></thead>
            <tbody>{c.lines.map((l) => <Line key={l.characteristic} l={l} />)}</tbody></table>
        </div>
      </section>
      {c.gauges.length > 0 && (
        <section className="panel" aria-label={t("gauges")}>
          <h3>{t("gauges")}</h3>
          <table className="plain"><thead><tr><th>{t("number")}</th><th>{t("gauge")}</th><th>{t("calibrated")}</th><th>{t("due")}</th><th>{t("gauge.state")}</th></tr></thead>
            <tbody>{c.gauges.map((g) => <tr key={g.id}><td><Link to="/quality" search={{ tab: "gauges", gauge: g.id }}>{g.number}</Link></td><td>{name(g.name)}</td><td className="num">{dayOf(g.calibrated)}</td><td className="num">{dayOf(g.due)}</td><td>{t(`gauge.${g.state}`)} {g.since && <span className="dim">{t("gauge.since", { at: day8(g.since) })}</span>}</td></tr>)}</tbody></table>
        </section>)}
      <section className="panel" aria-label={t("heats")}>
        <h3>{t("heats")}</h3>
        {c.heats.length === 0 ? <p className="dim">{t("heats.none")}</p> : (
          <table className="plain"><thead><tr><th>{t("item")}</th><th>{t("heat")}</th><th>{t("supplier")}</th><th>{t("paper")}</th></tr></thead>
            <tbody>{c.heats.map((h) => <tr key={h.id}><td>{h.item}</td><td><Link to="/material" search={{ lot: h.id }}>{h.number}</Link></td><td>{h.supplier ?? "—"}</td><td>{h.paper ?? "—"}</td></tr>)}</tbody></table>)}
        {c.heats_more && <p className="dim">{t("heats.more")}</p>}
      </section>
      <section className="panel" aria-label={t("cases")}>
        <h3>{t("cases")}</h3>
        {c.cases.length === 0 ? <p className="dim">{t("cases.none")}</p> : (
          <table className="plain"><thead><tr><th>{t("case.text")}</th><th className="r">{t("quantity")}</th><th>{t("case.decision")}</th><th>{t("case.who")}</th><th>{t("case.why")}</th></tr></thead>
            <tbody>{c.cases.map((k) => <tr key={k.id}><td><Link to="/quality" search={{ tab: "cases", case: k.id, ended: true }}>{k.text}</Link></td><td className="r num">{k.quantity ?? "—"}</td><td>{k.disposition ? t(`quality:disposition.${k.disposition}` as "quality:disposition.scrap") : ""} <span className="chip">{t(`quality:case.state.${k.state}` as "quality:case.state.open")}</span></td><td>{k.by} {k.at && dateTime(k.at)}</td><td>{k.why}</td></tr>)}</tbody></table>)}
      </section>
    </div>
  );
}

function Line({ l }: { l: CertificateLine }) {
  const { t } = useTranslation("certificates");
  const { name } = useLang();
  // A little more than its own time: the chart shows what stood beside it.
  const window = l.from && l.to ? { from: iso(ms(l.from) - 60_000), to: iso(ms(l.to) + 60_000) } : {};
  return (
    <tr>
      <td><Link to="/quality" search={{ tab: "chart", characteristic: l.characteristic, ...window }} title={`${t("records")} ${l.inspections.slice(0, 5).join(", ")}`}>{l.code} {name(l.name)}</Link>{l.special && <> <span className="chip">{t("special")}</span></>}{(l.again ?? 0) > 0 && <div className="dim">{t("again", { n: l.again })}</div>}</td>
      <td className="num">{l.attribute ? (l.plan ?? "0") : `${shown(l.lsl, l.decimals)} … ${shown(l.usl, l.decimals)} ${l.unit ?? ""}`}</td>
      <td className="r num">{l.n}</td>
      {l.attribute ? <td colSpan={3}>{t("found", { found: l.found ?? 0, n: l.n })}</td> : <><td className="r num">{shown(l.min, l.decimals)}</td><td className="r num">{shown(l.mean, l.decimals ? l.decimals + 1 : 0)}</td><td className="r num">{shown(l.max, l.decimals)}</td></>}
      <td><span className="chip">{t(`result.${l.result}`)}</span></td>
      <td>{(l.gauges ?? []).join("、") || "—"}</td>
    </tr>
  );
}
