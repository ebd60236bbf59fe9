import { useQueries } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { figures } from "../../api/queries";
import { FigureValue } from "../../components/Figures";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso } from "../../lib/time";

const shown = ["oee", "availability", "effectiveness", "quality-ratio", "good", "scrap", "energy-kwh", "energy-per-good-part", "mtbf", "mttr", "coverage"] as const;

/** The figures of the chosen stretch, each with its evidence. */
export function FigureStrip({ path, from, to }: { path: string; from: number; to: number }) {
  const { t } = useTranslation("machine");
  const { name } = useLang();
  const q = { scope: path, window: "range", from: iso(from), to: iso(to), by: "none" };
  const all = useQueries({ queries: shown.map((id) => figures(id, q)) });
  const failed = all.find((r) => r.error);
  return (
    <section className="panel" aria-label={t("figures")}>
      <h2>{t("figures")}</h2>
      {failed && <Problem error={failed.error} />}
      <dl style={{ display: "grid", gridTemplateColumns: "repeat(auto-fill, minmax(150px, 1fr))", gap: "10px 16px", margin: 0 }}>
        {all.map((r, n) => {
          const f = r.data?.at(-1);
          return f ? <div key={shown[n]}><dt className="dim">{name(f.definition.name)}</dt><dd style={{ margin: 0, fontSize: f.value === null ? 13 : 18 }}><FigureValue figure={f} /></dd></div> : null;
        })}
      </dl>
    </section>
  );
}
