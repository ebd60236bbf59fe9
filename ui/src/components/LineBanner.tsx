import { useTranslation } from "react-i18next";
import { useLine } from "../live/client";
import { dateTime } from "../lib/time";

/** Says when what is on the screen is not renewed any more. */
export function LineBanner() {
  const { t } = useTranslation();
  const line = useLine();
  if (line.up !== false) return null;
  return <div role="alert" className="hatch" style={{ padding: "6px 16px", borderBottom: "2px solid var(--alarm)", fontWeight: 600 }}>⚠ {t("live.broken", { since: dateTime(line.since) })}</div>;
}
