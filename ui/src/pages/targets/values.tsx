import { useTranslation } from "react-i18next";
import type { TargetResult, TargetRow } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { figureText } from "../../lib/format";

interface Props { of: TargetResult; reason: (r: string | undefined) => string; many?: boolean }

/** A value with its unit, or why there is none. */
export function ResultValue({ of, reason, many = false }: Props) {
  const { lang, name } = useLang();
  const text = of.value === null ? reason(of.reason) : figureText(of.value, of.unit, of.definition.digits, lang);
  return <>{many && <span className="dim">{name(of.definition.name)} </span>}<span className={of.value === null ? "dim" : "num"}>{text}</span></>;
}

/** How a target stands. One without a number is never drawn against one. */
export function Aim({ of: r }: { of: TargetRow }) {
  const { t } = useTranslation("targets");
  const { lang } = useLang();
  const first = r.results[0];
  if (r.target.status !== "numeric") return <span className="chip">{t(`status.${r.target.status}`)}</span>;
  if (!first || r.wanted === undefined) return <span className="dim">{r.target.by ? t("due", { year: r.target.by }) : "—"}</span>;
  const wanted = figureText(r.wanted, first.unit, first.definition.digits, lang);
  if (first.value === null) return <span className="dim">{t("wanted", { wanted })}</span>;
  const share = Math.max(0, Math.min(1, r.wanted > 0 ? first.value / r.wanted : 1));
  return (
    <span>
      <span className={r.reached ? "" : "dim"}>{t(r.reached ? "reached" : "missing", { wanted })}</span>
      <span role="img" aria-label={t("share", { n: Math.round(share * 100) })} style={{ display: "block", height: 4, background: "var(--line)", borderRadius: 2, marginTop: 4 }}>
        <span style={{ display: "block", height: 4, width: `${share * 100}%`, background: "var(--accent)", borderRadius: 2 }} />
      </span>
    </span>
  );
}
