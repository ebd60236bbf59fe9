import { Tag } from "antd";
import { useTranslation } from "react-i18next";

/** Where a profile's addresses come from; one that nobody looked up stands out. */
export function VerifiedBadge({ verified }: { verified: string }) {
  const { t } = useTranslation("devices");
  const glyph = verified === "read" ? "✓" : verified === "derived" ? "≈" : "!";
  return <Tag color={verified === "unverified" ? "error" : undefined} title={t(`verified.${verified as "read"}.why`)}>{glyph} {t(`verified.${verified as "read"}`)}</Tag>;
}
