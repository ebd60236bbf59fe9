import { useTranslation } from "react-i18next";
import type { Reading } from "../../api/condition";
import { fixed } from "../../lib/format";
import { useVerdict, useWarning } from "./parts";

/** What one window says, with everything that is asked of a fault. */
export function Diagnosis({ r }: { r: Reading }) {
  const { t } = useTranslation("health");
  const verdict = useVerdict();
  const warning = useWarning();
  const found = r.findings.filter((f) => f.element !== "none");
  const percent = (v: number) => `${fixed(100 * v, 0)} %`;
  return (
    <section className="panel" aria-label={t("diagnosis")}>
      <h2>{t("diagnosis")}：{verdict(r)}</h2>
      {r.warnings.length > 0 && <ul>{r.warnings.map((w) => <li key={w.code}>⚠ {warning(w)}</li>)}</ul>}
      {found.length === 0 ? <p className="dim">{t("diagnosis.none")}</p> : (
        <table className="plain">
          <caption className="vh">{t("diagnosis")}</caption>
          <thead><tr><th>{t("element")}</th><th className="r">{t("confidence")}</th><th className="r">{t("expected")}</th><th className="r">{t("found")}</th><th className="r">{t("evidence.level")} (dB)</th><th className="r">{t("evidence.gap")} (dB)</th><th className="r">{t("evidence.explained")}</th><th className="r">{t("evidence.bands")}</th><th className="r">{t("evidence.steady")}</th></tr></thead>
          <tbody>{found.map((f) => (
            <tr key={f.element}><td>{t(`element.${f.element}`)}</td><td className="r num">{f.confidence.toFixed(2)}</td><td className="r num">{fixed(f.expected_hz, 2)}</td><td className="r num">{fixed(f.found_hz, 2)}</td>
              <td className="r num">{fixed(f.level_db, 1)}</td><td className="r num">{fixed(f.gap_db, 1)}</td><td className="r num">{percent(f.explained)}</td><td className="r num">{f.bands}</td><td className="r num">{percent(f.steady)}</td></tr>))}</tbody>
        </table>)}
      {found[0]?.evidence && (
        <details>
          <summary>{t("evidence.lines", { element: t(`element.${found[0].element}`) })}</summary>
          <table className="plain">
            <thead><tr><th className="r">{t("harmonic")}</th><th className="r">{t("expected")}</th><th className="r">{t("found")}</th><th className="r">{t("level.db")}</th><th>{t("counted")}</th></tr></thead>
            <tbody>{found[0].evidence.map((l) => <tr key={l.harmonic}><td className="r num">{l.harmonic}</td><td className="r num">{fixed(l.expected_hz, 2)}</td><td className="r num">{fixed(l.found_hz, 2)}</td><td className="r num">{l.counted ? fixed(l.level_db, 1) : "—"}</td><td>{l.counted ? "✓" : t("not.counted")}</td></tr>)}</tbody>
          </table>
        </details>)}
      <p className="dim" style={{ margin: "6px 0 0" }}>{t("rule")}</p>
    </section>
  );
}
