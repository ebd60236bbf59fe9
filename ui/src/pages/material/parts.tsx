import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { App, Button, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { items, locations } from "../../api/material";
import { session } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import type { MaterialSearch } from "../../routes";

/** What lists are narrowed by stands in the address. */
export function useMaterialSearch(): [MaterialSearch, (more: MaterialSearch) => void] {
  const search: MaterialSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/material", search: { ...search, ...more }, replace: true })];
}

/** What the person may do with material. */
export function useMay(): { keeps: boolean; reports: boolean; plans: boolean } {
  const may = useQuery(session).data?.permissions ?? [];
  return { keeps: may.includes("material"), reports: may.includes("report"), plans: may.includes("plan") };
}

/** One change; what it touches is asked again. */
export function useStep<V, R = unknown>(send: (v: V) => Promise<R>, done?: (r: R) => void) {
  const { t } = useTranslation("material");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async (r: R) => { message.success(t("saved")); await client.invalidateQueries(); done?.(r); },
    onError: (err) => { message.error(problem(err), 10); },
  });
}

export function More({ list }: { list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const { t } = useTranslation("material");
  return list.hasNextPage ? <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button></div> : null;
}

interface Picker { value?: string | undefined; onChange?: (v: string | undefined) => void; id?: string; label: string; width?: number }

export function ItemPicker({ value, onChange, id, label, width }: Picker) {
  const { name } = useLang();
  const [q, setQ] = useState("");
  const found = useInfiniteQuery(items({ q }));
  const rows = found.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Select {...(id ? { id } : {})} allowClear aria-label={label} placeholder={label} value={value} loading={found.isFetching} onChange={(v?: string) => onChange?.(v)} style={{ width: width ?? "100%" }}
      showSearch={{ filterOption: false, onSearch: setQ }} popupMatchSelectWidth={320} options={rows.map((i) => ({ value: i.code, label: `${i.code} · ${name(i.name)}` }))} />
  );
}

export function LocationPicker({ value, onChange, id, label, width }: Picker) {
  const { name } = useLang();
  const all = useQuery(locations);
  return (
    <Select {...(id ? { id } : {})} allowClear aria-label={label} placeholder={label} value={value} loading={all.isLoading} onChange={(v?: string) => onChange?.(v)} style={{ width: width ?? "100%" }}
      showSearch={{ optionFilterProp: "label" }} popupMatchSelectWidth={320} options={(all.data ?? []).map((l) => ({ value: l.code, label: `${l.code} · ${name(l.name)}` }))} />
  );
}

/** A quantity as it is typed. */
export const quantityRule = (message: string) => ({ pattern: /^-?\d{1,10}(\.\d{1,6})?$/, message });
