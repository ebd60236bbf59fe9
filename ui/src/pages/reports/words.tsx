import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { ReportLine, ReportState, ReportValue } from "../../api/reporting";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { figureText, fixed } from "../../lib/format";
import { signed } from "./reports";

const colours: Partial<Record<ReportState, string>> = { approved: "success", returned: "error", submitted: "processing", explained: "processing", revised: "processing" };

export function StateTag({ state }: { state: ReportState }) {
  const { t } = useTranslation("reports");
  return <Tag color={colours[state]}>{t(`state.${state}`)}</Tag>;
}

/** How late a report is, in words; nothing once it is handed in. */
export function Lateness({ of: l }: { of: ReportLine }) {
  const { t } = useTranslation("reports");
  if (!l.owing) return <span className="dim">—</span>;
  if (l.late > 0) return <Tag color="error">{t("late.n", { n: l.late })}</Tag>;
  return <span className={l.late < 0 ? "dim" : ""}>{l.late < 0 ? t("left.n", { n: -l.late }) : t("today")}</span>;
}

/** A value, or why there is none. */
export function ValueText({ of, value, reason }: { of: ReportValue; value: number | null | undefined; reason?: string | undefined }) {
  const { lang } = useLang();
  const { t, i18n } = useTranslation("reports");
  const why = useReason();
  if (value !== null && value !== undefined) return <span className="num">{figureText(value, of.unit, of.definition.digits, lang)}</span>;
  const own = `reason.${reason ?? ""}`;
  return <span className="dim">{i18n.exists(`reports:${own}`) ? t(own as "reason.no_reports") : why(reason)}</span>;
}

/** A difference with its sign: points of a share, else in the value's unit. */
export function Change({ of, by }: { of: Pick<ReportValue, "unit" | "definition">; by: number | null | undefined }) {
  const { t } = useTranslation("reports");
  if (by === null || by === undefined) return <span className="dim">—</span>;
  const share = of.unit === "1";
  const text = signed(share ? by * 100 : by, share ? Math.max(1, of.definition.digits - 2) : of.definition.digits);
  return <span className={`num${by === 0 ? " dim" : ""}`} style={by === 0 ? {} : { fontWeight: 600 }}>{text}{share && ` ${t("points")}`}</span>;
}

export const marks = (n: number): string => fixed(n, 1);
