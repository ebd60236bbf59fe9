import { useTranslation } from "react-i18next";
import type { Measure } from "../../api/evaluation";
import type { Lang } from "../../lib/format";
import { figureText } from "../../lib/format";

/** How many firms each class has. */
export function ClassCounts({ of, unscored }: { of: Record<string, number>; unscored: number }) {
  const { t } = useTranslation("evaluation");
  return (
    <span>
      {Object.keys(of).sort().map((c) => <span key={c} style={{ marginRight: 10 }}><b>{c}</b> <span className="num">{of[c]}</span></span>)}
      {unscored > 0 && <span className="dim">{t("unscored.n", { n: unscored })}</span>}
    </span>
  );
}

/** A score as a bar against the best of the list. */
export function ScoreBar({ score, best, text }: { score: number; best: number; text: string }) {
  const share = best > 0 ? Math.max(0, Math.min(1, score / best)) : 0;
  return (
    <span style={{ display: "flex", alignItems: "center", gap: 8 }}>
      <span className="num" style={{ width: 64, textAlign: "right" }}>{text}</span>
      <span aria-hidden style={{ flex: 1, height: 8, background: "var(--line)", borderRadius: 2 }}><span style={{ display: "block", height: 8, width: `${share * 100}%`, background: "var(--accent)", borderRadius: 2 }} /></span>
    </span>
  );
}

/** A measure's value in its unit. */
export const valueText = (m: Measure | undefined, v: number, lang: Lang): string => (m ? figureText(v, m.unit, m.digits, lang) : String(v));

/** Why a measure or a score has no value, in words. */
export function useWhy(): (reason: string | undefined) => string {
  const { t } = useTranslation("evaluation");
  return (reason) => {
    if (!reason) return "";
    if (reason.startsWith("unknown:")) return t("why.unknown", { value: t(`value.${reason.slice(8)}` as "value.tax_fen", reason.slice(8)) });
    return t(`why.${reason}` as "why.no_land", reason);
  };
}
