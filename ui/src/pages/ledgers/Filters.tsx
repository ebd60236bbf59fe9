import { useNavigate, useSearch } from "@tanstack/react-router";
import { Input, Select } from "antd";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { RegionPicker } from "../../components/RegionPicker";
import type { LedgersSearch } from "../../routes";

/** What every list is narrowed by; it stands in the address. */
export function useLedgersSearch(): [LedgersSearch, (more: LedgersSearch) => void] {
  const search: LedgersSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/ledgers", search: { ...search, ...more }, replace: true })];
}

export function Filters({ hint, children }: { hint: string; children?: ReactNode }) {
  const { t } = useTranslation("ledgers");
  const [search, set] = useLedgersSearch();
  const now = new Date().getFullYear();
  return (
    <div className="row">
      <Input.Search style={{ width: 280 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={hint} placeholder={hint} onSearch={(q) => set({ q: q || undefined })} />
      <RegionPicker value={search.region} onChange={(region) => set({ region })} />
      <Select style={{ width: 110 }} aria-label={t("year")} placeholder={t("year.all")} value={search.year} allowClear onChange={(year?: number) => set({ year })}
        options={Array.from({ length: now - 2014 }, (_, i) => ({ value: now - i, label: t("year.n", { year: now - i }) }))} />
      {children}
    </div>
  );
}
