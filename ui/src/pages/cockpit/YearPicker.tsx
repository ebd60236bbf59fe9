import { Select } from "antd";
import { useTranslation } from "react-i18next";

/** The policy's first year. */
export const firstYear = 2018;

export function YearPicker({ year, onChange }: { year: number; onChange: (year: number) => void }) {
  const { t } = useTranslation("targets");
  const now = new Date().getFullYear();
  return (
    <Select<number> aria-label={t("year")} value={year} style={{ width: 110 }} onChange={onChange}
      options={Array.from({ length: now - firstYear + 1 }, (_, i) => ({ value: now - i, label: t("year.n", { year: now - i }) }))} />
  );
}
