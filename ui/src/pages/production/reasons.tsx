import { AutoComplete } from "antd";
import { useTranslation } from "react-i18next";
import { isReason, scrapReasons } from "../../lib/reasons";

/** A reason of the list, or one in own words. */
export function ScrapReason({ value, onChange, id, label }: { value?: string; onChange?: (v: string) => void; id?: string; label?: string }) {
  const { t } = useTranslation("production");
  return <AutoComplete {...(id ? { id } : {})} {...(label ? { "aria-label": label } : {})} style={{ width: "100%" }} value={value} onChange={(v: string) => onChange?.(v)} maxLength={60} options={scrapReasons.map((r) => ({ value: r, label: t(`reason.${r}`) }))} />;
}

/** How a reason is called. */
export function useReason(): (reason: string | undefined) => string {
  const { t } = useTranslation("production");
  return (reason) => (isReason(reason) ? t(`reason.${reason}`) : (reason ?? ""));
}
