import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { App, Select, TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import { nodes, session } from "../../api/queries";
import { type Characteristic, characteristics } from "../../api/quality";
import { treeOf } from "../../components/ScopePicker";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import type { QualitySearch } from "../../routes";

/** What the page shows stands in the address. */
export function useQualitySearch(): [QualitySearch, (more: QualitySearch) => void] {
  const search: QualitySearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/quality", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here. */
export function useMay(): { plans: boolean; reports: boolean } {
  const may = useQuery(session).data?.permissions ?? [];
  return { plans: may.includes("engineer"), reports: may.includes("report") };
}

/** One change; what it touches is asked again. */
export function useStep<V, R = unknown>(send: (v: V) => Promise<R>, done?: (r: R) => void) {
  const { t } = useTranslation("quality");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async (r: R) => { message.success(t("saved")); await client.invalidateQueries(); done?.(r); },
    onError: (err) => { message.error(problem(err), 10); },
  });
}

/** A characteristic in one line. */
export function useTitle(): (c: Characteristic) => string {
  const { name } = useLang();
  return (c) => [c.code, name(c.name), c.place_name && name(c.place_name)].filter(Boolean).join(" · ");
}

export function CharacteristicPicker({ only }: { only?: (c: Characteristic) => boolean }) {
  const { t } = useTranslation("quality");
  const [search, set] = useQualitySearch();
  const title = useTitle();
  const all = useQuery(characteristics());
  const shown = (all.data ?? []).filter((c) => !only || only(c));
  return (
    <Select showSearch={{ optionFilterProp: "label" }} style={{ minWidth: 300 }} aria-label={t("characteristic")} placeholder={t("characteristic.pick")} loading={all.isLoading}
      value={search.characteristic ? (shown.some((c) => c.id === search.characteristic) ? search.characteristic : undefined) : shown[0]?.id} onChange={(characteristic: string) => set({ characteristic })} options={shown.map((c) => ({ value: c.id ?? "", label: title(c) }))} />
  );
}

/** The characteristic that the address names; the first that fits where it names none. */
export function useCharacteristic(only?: (c: Characteristic) => boolean): Characteristic | undefined {
  const [search] = useQualitySearch();
  const all = useQuery(characteristics()).data ?? [];
  return search.characteristic ? all.find((c) => c.id === search.characteristic) : all.find((c) => !only || only(c));
}

/** A node of the plant, by its id. */
export function PlacePicker({ value, onChange, id }: { value?: string; onChange?: (v: string) => void; id?: string }) {
  const { t } = useTranslation("quality");
  const { name } = useLang();
  const all = useQuery(nodes).data ?? [];
  const byPath = new Map(all.map((n) => [n.path, n.id]));
  return (
    <TreeSelect {...(id ? { id } : {})} showSearch={{ treeNodeFilterProp: "title" }} aria-label={t("place")} treeLine style={{ width: "100%" }} treeData={treeOf(all, name)}
      value={all.find((n) => n.id === value)?.path} onChange={(path: string) => onChange?.(byPath.get(path) ?? "")} />
  );
}

export const digits = (c: Characteristic | undefined): number => (c?.decimals ? c.decimals + 1 : 4);

/** A value of a characteristic as people read it. */
export function shown(v: number | null | undefined, c: Characteristic | undefined): string {
  if (v === null || v === undefined) return "—";
  return c?.attribute ? String(Number(v.toPrecision(4))) : c?.decimals ? v.toFixed(c.decimals) : String(Number(v.toPrecision(6)));
}
