import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type LineAnalysis, lineDefinitions } from "../../api/line";
import { FigureTable } from "../../components/FigureTable";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";

/** The line's figures with their terms, and what was in the buffers. */
export function Figures({ a }: { a: LineAnalysis }) {
  const { t } = useTranslation("line");
  const { name } = useLang();
  const definitions = useQuery(lineDefinitions).data ?? [];
  const station = (code: string) => name(a.stations.find((s) => s.code === code)?.name) || code;
  return (
    <section className="panel" aria-label={t("figures")}>
      <h2>{t("figures")}</h2>
      <FigureTable figures={a.figures} definitions={definitions} />
      {a.buffers.length > 0 && (
        <div className="scroll" tabIndex={0} role="group" aria-label={t("buffer")} style={{ marginTop: 12 }}>
          <table className="plain">
            <thead><tr><th>{t("buffer")}</th><th className="r">{t("capacity")}</th><th className="r">{t("buffer.end")}</th><th className="r">{t("buffer.mean")}</th><th className="r">{t("buffer.highest")}</th><th>{t("source")}</th></tr></thead>
            <tbody>{a.buffers.map((b) => (
              <tr key={`${b.from} ${b.to}`}>
                <td>{t("buffer.name", { from: station(b.from), to: station(b.to) })}</td><td className="r num">{b.capacity ?? t("capacity.none")}</td><td className="r num">{b.content ?? "—"}</td>
                <td className="r num">{b.mean === null ? "—" : fixed(b.mean, 1)}</td><td className="r num">{b.highest ?? "—"}</td><td>{t(`anchor.${b.anchor}`)}{b.doubt ? `；⚠ ${t("buffer.doubt")}` : ""}</td>
              </tr>))}</tbody>
          </table>
        </div>)}
      <p className="dim" style={{ margin: "8px 0 0" }} title={t("root.hint")}>{t("root")} <span className="mono">{a.root}</span></p>
    </section>
  );
}
