import { AutoComplete } from "antd";
import { useTranslation } from "react-i18next";
import { isReason, scrapReasons } from "../../lib/reasons";

/** A reason of the list, or one in own words. */
export function ScrapReason({ value, onChange, id }: { value?: string; onChange?: (v: string) => void; id?: string }) {
  const { t } = useTranslation("production");
  return <AutoComplete {...(id ? { id } : {})} value={value} onChange={(v: string) => onChange?.(v)} maxLength={60} options={scrapReasons.map((r) => ({ value: r, label: t(`reason.${r}`) }))} />;
}

/** How a reason is called. */
export function useReason(): (reason: string | undefined) => string {
  const { t } = useTranslation("production");
  return (reason) => (isReason(reason) ? t(`reason.${reason}`) : (reason ?? ""));
}
