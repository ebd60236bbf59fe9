import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { standards, type Round, type Standard } from "../../api/evaluation";
import { useLang } from "../../i18n/useLang";
import { percent } from "../../lib/format";
import { valueText } from "./values";

/** What the standard says, with the benchmarks that this round has. */
export function StandardView({ standard: s, now }: { standard: Standard; now: Round["revisions"][number] | undefined }) {
  const { t } = useTranslation("evaluation");
  const { lang, name } = useLang();
  const measures = useQuery(standards).data?.measures ?? [];
  return (
    <div className="stack">
      <dl className="kv">
        <dt>{t("issuer")}</dt><dd>{s.issuer}</dd>
        <dt>{t("source")}</dt><dd>{s.source} {s.verified === "unverified" && <span className="chip">{t("unverified")}</span>}</dd>
        {s.note?.zh && <><dt>{t("note")}</dt><dd>{name(s.note)}</dd></>}
        <dt>{t("classes")}</dt><dd>{s.classes.steps.map((x) => `${x.class} ${x.share !== undefined ? percent(x.share, 0) : x.score !== undefined ? `≥ ${x.score}` : t("rest")}`).join(" · ")} {s.classes.within && <span className="dim">{t("within.division")}</span>}</dd>
      </dl>
      <div className="scroll">
        <table className="plain">
          <thead><tr><th>{t("item")}</th><th>{t("formula")}</th><th className="r">{t("benchmark")}</th><th className="r">{t("weight")}</th><th className="r">{t("bounds")}</th><th>{t("ifMissing")}</th></tr></thead>
          <tbody>
            {s.items.map((x, i) => {
              const m = measures.find((o) => o.id === x.measure);
              const b = now?.benchmarks[i];
              return (
                <tr key={x.measure}>
                  <td>{name(m?.name)}<div className="dim">{name(m?.description)}</div></td><td className="mono">{m?.formula}</td>
                  <td className="r num">{typeof b === "number" ? valueText(m, b, lang) : "—"}{x.against && <div className="dim">{t("against.population")}</div>}</td>
                  <td className="r num">{x.weight}</td><td className="r num">{x.floor ?? "—"} … {x.cap ?? "—"}</td><td>{t(`missing.${x.missing}`)}</td>
                </tr>);
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}
