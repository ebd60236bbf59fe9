import { useTranslation } from "react-i18next";
import type { LineAnalysis } from "../../api/line";
import { useLang } from "../../i18n/useLang";
import { duration, percent } from "../../lib/format";
import { ms } from "../../lib/time";
import { inOrder, knownShare } from "./look";

/** How long each station was the bottleneck: sole, and while it shifted. */
export function Shares({ a }: { a: LineAnalysis }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  const b = a.bottleneck;
  const window = ms(a.to) - ms(a.from);
  return (
    <section className="panel" aria-label={t("shares")}>
      <h2>{t("shares")}</h2>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("shares")}>
        <table className="plain">
          <thead><tr><th>{t("station")}</th><th style={{ width: "30%" }} aria-hidden /><th className="r">{t("sole")}</th><th className="r">{t("shifting")}</th><th className="r">{t("mean.active")}</th><th className="r">{t("known")}</th></tr></thead>
          <tbody>{inOrder(a.stations, a.layout.links).map((s) => {
            const share = b.shares.find((x) => x.station === s.code);
            const known = knownShare(s);
            return (
              <tr key={s.code} style={b.main === s.code ? { fontWeight: 600 } : {}}>
                <td>{name(s.name)}</td>
                <td aria-hidden><div style={{ display: "flex", height: 14 }}>
                  <div style={{ width: `${(100 * (share?.sole_ms ?? 0)) / window}%`, background: "var(--accent)" }} />
                  <div className="hatch" style={{ width: `${(100 * (share?.shifting_ms ?? 0)) / window}%`, border: "1px solid var(--line)" }} />
                </div></td>
                <td className="r num">{duration(share?.sole_ms ?? 0, lang)}</td><td className="r num">{duration(share?.shifting_ms ?? 0, lang)}</td>
                <td className="r num">{duration(share?.mean_active_ms ?? 0, lang)}</td><td className="r num">{known === null ? "—" : percent(known)}</td>
              </tr>);
          })}</tbody>
        </table>
      </div>
      <p className="dim" style={{ margin: "6px 0 0" }}>{t("shares.sum", { shifting: duration(b.shifting_ms, lang), none: duration(b.none_ms, lang), window: duration(window, lang) })}</p>
    </section>
  );
}
