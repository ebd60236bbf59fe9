import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { App, Button, Input, Select, Table } from "antd";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Change, experts, past } from "../../api/experts";
import { regions, session } from "../../api/queries";
import { RegionPicker } from "../../components/RegionPicker";
import { codeOf } from "../../lib/divisions";
import { dateTime, ofMicros } from "../../lib/time";
import type { ExpertsSearch } from "../../routes";

/** Fields of technology that experts know, as the node names them. */
export const fields = ["automation", "cloud", "data", "design", "energy", "erp", "logistics", "maintenance", "management", "mes", "networking", "plm", "quality", "robotics", "scm", "security"] as const;

/** A day as it is typed; of what may be left out nothing is a day, too. */
export const dayRule = (message: string) => ({ pattern: /^\d{4}-\d{2}-\d{2}$/, message });

/** What lists are narrowed by stands in the address. */
export function useExpertsSearch(): [ExpertsSearch, (more: ExpertsSearch) => void] {
  const search: ExpertsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/experts", search: { ...search, ...more }, replace: true })];
}

export function Narrow({ hint, children }: { hint: string; children?: ReactNode }) {
  const [search, set] = useExpertsSearch();
  return (
    <div className="row">
      <Input.Search style={{ width: 260 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={hint} placeholder={hint} onSearch={(q) => set({ q: q || undefined })} />
      <RegionPicker value={search.region} onChange={(region) => set({ region: region?.replace(/(00)+$/, "") })} />
      {children}
    </div>
  );
}

/** How divisions are called. */
export function usePlaces(): (code: string) => string {
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  return (code) => names.get(codeOf(code)) ?? code;
}

/** The entries of the register that the person is. */
export function useOwn(): string[] {
  const me = useQuery(session).data?.name;
  const list = useInfiniteQuery(experts({}));
  return (list.data?.pages ?? []).flatMap((p) => p.items).filter((e) => e.account !== undefined && e.account === me).map((e) => e.id);
}

/** One change; what it touches is asked again. */
export function useStep<V>(send: (v: V) => Promise<unknown>, done?: () => void) {
  const { t } = useTranslation("experts");
  const { message } = App.useApp();
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async () => { message.success(t("saved")); await client.invalidateQueries(); done?.(); },
    onError: (err) => { message.error(err.message, 10); },
  });
}

/** Every revision with what it did. */
export function Past<T>({ path, rev, what }: { path: string; rev: number; what: (is: T) => ReactNode }) {
  const { t } = useTranslation("experts");
  const all = useQuery(past<T>(path, rev));
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<Change<T>> size="small" rowKey="at" loading={all.isLoading} pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={[...(all.data ?? [])].reverse()} scroll={{ x: 480 }}
        columns={[
          { title: t("history.time"), key: "at", width: 160, render: (_, c) => dateTime(ofMicros(c.at)) },
          { title: t("history.who"), dataIndex: "who", width: 140, ellipsis: true },
          { title: t("history.what"), key: "what", render: (_, c) => what(c.is) },
        ]} />
    </section>
  );
}

/** Somebody of the register. */
export function ExpertPicker({ value, onChange, id, called, disabled }: { value?: string | undefined; onChange?: (v: string | undefined) => void; id?: string; called?: string | undefined; disabled?: boolean }) {
  const { t } = useTranslation("experts");
  const [q, setQ] = useState("");
  const found = useInfiniteQuery(experts({ q, valid: true }));
  const options = (found.data?.pages[0]?.items ?? []).map((e) => ({ value: e.id, label: `${e.name} ${e.organisation}` }));
  if (value && called && !options.some((o) => o.value === value)) options.unshift({ value, label: called });
  return (
    <Select {...(id === undefined ? { "aria-label": t("expert") } : { id })} style={{ width: "100%", minWidth: 200 }} placeholder={t("expert.pick")} value={value || undefined} allowClear disabled={disabled ?? false} loading={found.isFetching}
      showSearch={{ filterOption: false, onSearch: setQ }} options={options} notFoundContent={t("expert.none")} onChange={(v?: string) => onChange?.(v)} />
  );
}

export function More({ list }: { list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const { t } = useTranslation("experts");
  return list.hasNextPage ? <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div> : null;
}
