import { useTranslation } from "react-i18next";
import type { Condition, Level, Reading, Warning } from "../../api/condition";
import { dateTime } from "../../lib/time";
import { measured } from "../../lib/format";

const glyph: Record<Level, string> = { bad: "■", watch: "▲", unknown: "?", good: "○" };
const colour: Record<Level, string> = { bad: "var(--bad, #b42318)", watch: "var(--warn, #8a4b00)", unknown: "inherit", good: "inherit" };

/** Never by colour alone: a shape and a word. */
export function LevelBadge({ level }: { level: Level }) {
  const { t } = useTranslation("health");
  return <strong style={{ color: colour[level], whiteSpace: "nowrap" }}><span aria-hidden>{glyph[level]}</span> {t(`level.${level}`)}</strong>;
}

/** What decided the state, in a sentence. */
export function useWhy(): (c: Condition) => string {
  const { t } = useTranslation("health");
  return (c) => t(`why.${c.why}`, { element: c.element ? t(`element.${c.element}`) : "", fault: c.fault ? t(`healthmore:fault.${c.fault}`) : "", at: c.since ? dateTime(c.since) : "", zone: c.zone ?? "", ratio: c.change ? c.change.ratio.toFixed(1) : "" });
}

export function useVerdict(): (r: Reading) => string {
  const { t } = useTranslation("health");
  return (r) => (r.verdict === "healthy" || r.verdict === "uncertain" ? t(`verdict.${r.verdict}`) : t(`element.${r.verdict}`));
}

export function useWarning(): (w: Warning) => string {
  const { t } = useTranslation("health");
  return (w) => t(`warning.${w.code}`, { value: measured(w.value), share: `${(100 * w.value).toFixed(2)} %` });
}

/** Elements have a colour and a dash of their own in every picture. */
export const look = {
  outer: { color: "#c25b00", dash: "solid" }, inner: { color: "#1f4e79", dash: "dashed" }, ball: { color: "#2e6b34", dash: "dotted" }, cage: { color: "#7a3e9d", dash: "dotted" },
} as const;
