import { Link } from "@tanstack/react-router";
import { Drawer } from "antd";
import { useTranslation } from "react-i18next";
import { lineStates, type LineStretch, type StationDid } from "../../api/line";
import { useLang } from "../../i18n/useLang";
import { duration, fixed } from "../../lib/format";
import { clock, dateTime, ms } from "../../lib/time";
import { glyph } from "./look";

const shown = 60;

/** What a station and each of its machines did, with who says so. */
export function StationDrawer({ station: s, close }: { station: StationDid; close: () => void }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  return (
    <Drawer open size={720} onClose={close} title={`${name(s.name)} · ${t(`function.${s.function}`)}`}>
      <div className="stack">
        <section aria-label={t("states")}>
          <table className="plain">
            <thead><tr><th>{t("state")}</th><th className="r">{t("duration")}</th></tr></thead>
            <tbody>{lineStates.filter((x) => s.times_ms[x]).map((x) => <tr key={x}><td>{glyph[x]} {t(`state.${x}`)}</td><td className="r num">{duration(s.times_ms[x] ?? 0, lang)}</td></tr>)}</tbody>
          </table>
        </section>
        {s.machines.map((m) => (
          <section key={m.id} aria-label={name(m.name) || m.id}>
            <h3 style={{ margin: "0 0 4px" }}>{m.path ? <Link to="/machines/$id" params={{ id: m.id }} aria-label={t("open.machine", { name: name(m.name) })} style={{ textDecoration: "underline" }}>{name(m.name)}</Link> : `${m.id} ${t("machine.gone")}`} <span className="dim">{t("made", { good: fixed(m.made.good, 0), scrap: fixed(m.made.scrap, 0) })}</span></h3>
            <Stretches all={m.stretches} id={m.id} />
          </section>))}
      </div>
    </Drawer>
  );
}

function Stretches({ all, id }: { all: LineStretch[]; id: string }) {
  const { t } = useTranslation("line");
  const { lang } = useLang();
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t("stretches")} style={{ maxHeight: 320 }}>
      {all.length > shown && <p className="dim" style={{ margin: 0 }}>{t("more.rows", { n: shown })}</p>}
      <table className="plain">
        <thead><tr><th>{t("from")}</th><th>{t("to")}</th><th className="r">{t("duration")}</th><th>{t("state")}</th><th>{t("source")}</th><th>{t("reason")}</th></tr></thead>
        <tbody>{all.slice(-shown).reverse().map((x) => (
          <tr key={x.from}>
            <td className="num"><Link to="/machines/$id" params={{ id }} search={{ from: x.from, to: x.to }}>{dateTime(x.from)}</Link></td><td className="num">{clock(x.to, true)}</td>
            <td className="r num">{duration(ms(x.to) - ms(x.from), lang)}</td><td>{glyph[x.state]} {t(`state.${x.state}`)}</td><td>{t(`source.${x.source}`)}</td><td>{x.reason ?? ""}</td>
          </tr>))}</tbody>
      </table>
    </div>
  );
}
