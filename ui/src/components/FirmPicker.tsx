import { useQuery } from "@tanstack/react-query";
import { Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../api/client";
import type { Firm, List } from "../api/types";

interface Props {
  value?: string | undefined;
  onChange?: (firm: string | undefined) => void;
  /** Given by a form. */
  id?: string;
  label?: string;
  /** The firm that is chosen already, as it is called. */
  called?: string | undefined;
  disabled?: boolean;
}

/** A firm of the registry, found by name, pinyin or code. */
export function FirmPicker({ value, onChange, id, label, called, disabled }: Props) {
  const { t } = useTranslation("ledgers");
  const [q, setQ] = useState("");
  const found = useQuery({ queryKey: ["firms", "pick", q], queryFn: ({ signal }) => api.get<List<Firm>>("/firms", { q, limit: 20 }, signal), enabled: q !== "" });
  const options = (found.data?.items ?? []).map((f) => ({ value: f.id, label: `${f.name} ${f.code}` }));
  if (value && called && !options.some((o) => o.value === value)) options.unshift({ value, label: called });
  return (
    <Select {...(id === undefined ? { "aria-label": label ?? t("firm") } : { id })} style={{ width: "100%", minWidth: 220 }} placeholder={t("firm.pick")} value={value || undefined} allowClear disabled={disabled ?? false}
      loading={found.isFetching} showSearch={{ filterOption: false, onSearch: setQ }} options={options} notFoundContent={q === "" ? t("firm.type") : t("firm.none")} onChange={(v?: string) => onChange?.(v)} />
  );
}
