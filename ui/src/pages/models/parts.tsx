import { useTranslation } from "react-i18next";
import type { Input, Study, Version } from "../../api/models";
import { useLang } from "../../i18n/useLang";
import { measured, percent, unitText } from "../../lib/format";

/** A number that is told beside one that was measured: what they differ by may be in the sixth digit. */
export const fine = (v: number): string => String(Number(v.toPrecision(7)));

/** How a column is called: what of which signal. */
export function useInput(): (i: Input) => string {
  const { t } = useTranslation("models");
  const { name, lang } = useLang();
  return (i) => {
    const unit = unitText(i.unit, lang);
    return `${name(i.title) || i.signal} · ${t(`stat.${i.stat}`)}${unit && ` (${unit}${i.stat === "slope" ? "/h" : ""})`}`;
  };
}

/** What a study is to tell, in words. */
export function useTarget(): (s: Study) => string {
  const { t } = useTranslation("models");
  const { name } = useLang();
  return ({ target: g }) => {
    switch (g.goal) {
      case "value": return t(g.ahead_min ? "target.value" : "target.now", { signal: name(g.title) || g.signal || "", min: g.ahead_min ?? 0 });
      case "failure": return t("target.failure", { h: g.within_h ?? 0 });
      case "life": return t("target.life", { h: g.most_h ?? 0 });
      case "normal": return t("target.normal");
    }
  };
}

/** The unit of what is told. */
export function useAnswerUnit(): (s: Study) => string {
  const { lang } = useLang();
  return ({ target: g }) => (g.goal === "value" ? unitText(g.unit, lang) : g.goal === "life" ? "h" : "");
}

/** How good a version is, in words. */
export function useVerdict(): (v: Version) => string {
  const { t } = useTranslation("models");
  return (v) => {
    if (v.watched) return t(v.good ? "verdict.steady" : "verdict.unsteady", { outside: percent(v.watched.outside, 2), may: percent(v.watched.expected, 1) });
    if (!v.verdict) return "—";
    return t(v.good ? "verdict.better" : v.verdict.p === null ? "verdict.few" : "verdict.naive");
  };
}

/** The test figure of a version beside that of the naive answer. */
export function useFigure(): (v: Version, unit: string) => string {
  const { t } = useTranslation("models");
  return (v, unit) => (v.verdict ? t("figure.rmse", { rmse: measured(v.verdict.rmse), naive: measured(v.verdict.naive_rmse), unit }) : v.watched ? t("figure.outside", { outside: percent(v.watched.outside, 2) }) : "—");
}
