import { useTranslation } from "react-i18next";
import type { Figure } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { figureText, percent, termText } from "../../lib/format";
import { clock, shortTime } from "../../lib/time";
import { Badges, useReason } from "../Figures";

export function Children({ items, drill }: { items: Figure[]; drill: (f: Figure) => void }) {
  const { t } = useTranslation("figures");
  const { lang, name } = useLang();
  const reason = useReason();
  const terms = Object.keys(items[0]?.terms ?? {});
  return (
    <section className="panel" aria-label={t("drill")}>
      <h2>{t("children", { count: items.length })}</h2>
      <div className="scroll" style={{ maxHeight: 480 }}>
        <table className="plain">
          <thead>
            <tr>
              <th>{t("children.scope")}</th><th>{t("children.window")}</th><th className="r">{t("value")}</th><th className="r">{t("coverage")}</th>
              {terms.map((k) => <th key={k} className="r mono">{k}</th>)}
            </tr>
          </thead>
          <tbody>
            {items.map((f) => {
              const text = f.value === null ? reason(f.reason) : figureText(f.value, f.unit, f.definition.digits, lang);
              return (
                <tr key={f.evidence}>
                  <td>{name(f.scope.name) || f.scope.path}{f.scope.product && ` · ${f.scope.product}`}</td>
                  <td className="num" style={{ whiteSpace: "nowrap" }}>{shortTime(f.window.from)}–{clock(f.window.to)}</td>
                  <td className="r">
                    <button type="button" className={`figbtn${f.value === null ? " none" : ""}`} aria-label={`${t("drill")}: ${text}`} onClick={() => drill(f)}>{text}</button> <Badges figure={f} />
                  </td>
                  <td className="r">{f.coverage === null ? "—" : percent(f.coverage)}</td>
                  {terms.map((k) => <td key={k} className="r num">{termText(k, f.terms[k] ?? 0, lang)}</td>)}
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
