import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Tag, TreeSelect } from "antd";
import { useTranslation } from "react-i18next";
import type { Definition, JobState, OrderState } from "../../api/production";
import { nodes, products } from "../../api/queries";
import type { PlantNode } from "../../api/types";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { branches, units } from "./routing";

export const orderStates = ["forecast", "released", "running", "paused", "held", "completed", "closed", "aborted", "cancelled"] as const;

const colors: Partial<Record<OrderState | JobState, string>> = { running: "processing", held: "error", completed: "success", aborted: "error" };

export function OrderTag({ state }: { state: OrderState }) {
  const { t } = useTranslation("production");
  return <Tag color={colors[state] ?? "default"}>{state === "paused" && "‖ "}{t(`order.${state}`)}</Tag>;
}

export function JobTag({ state }: { state: JobState }) {
  const { t } = useTranslation("production");
  return <Tag color={colors[state] ?? "default"}>{state === "suspended" && "‖ "}{t(`job.${state}`)}</Tag>;
}

export function DefinitionTag({ of }: { of: Definition }) {
  const { t } = useTranslation("production");
  return <Tag color={of.state === "blocked" ? "error" : of.state === "released" ? "success" : "default"}>{t(`def.${of.state}`)}</Tag>;
}

/** One change; what it touches is asked again, and what is wrong is said in words. quiet: the page itself shows that it was done. */
export function useChange<V>(send: (v: V) => Promise<unknown>, done?: () => void, quiet = false) {
  const { message } = App.useApp();
  const { t } = useTranslation();
  const problem = useProblem();
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async () => { if (!quiet) void message.success(t("saved")); await client.invalidateQueries(); done?.(); },
    onError: (err) => { void message.error(problem(err), 10); },
  });
}

/** How places and products are called. */
export function useNames(): { place: (idOrPath: string | undefined) => string; product: (code: string) => string } {
  const { name } = useLang();
  const places = new Map((useQuery(nodes).data ?? []).flatMap((n) => [[n.id, n.name], [n.path, n.name]] as const));
  const goods = new Map((useQuery(products).data ?? []).map((p) => [p.code, p.name]));
  return { place: (key) => (key ? name(places.get(key)) || key : "—"), product: (code) => name(goods.get(code)) || code };
}

/** How a UCUM unit is called. */
export function useUnit(): (code: string) => string {
  const { t } = useTranslation("production");
  const { lang } = useLang();
  return (code) => ((units as readonly string[]).includes(code) ? t(`unit.${code as (typeof units)[number]}`) : unitText(code, lang));
}

interface PickerProps { value?: string | undefined; onChange?: (v: string | undefined) => void; id?: string; label?: string; by: "id" | "path"; fits: (n: PlantNode) => boolean; disabled?: boolean }

/** A place of the plant; those that do not fit stand there to lead to those that do. */
export function PlacePicker({ value, onChange, id, label, by, fits, disabled }: PickerProps) {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const { data } = useQuery(nodes);
  return (
    <TreeSelect {...(id === undefined ? { "aria-label": label ?? t("place") } : { id })} value={value} onChange={(v?: string) => onChange?.(v)} showSearch={{ treeNodeFilterProp: "title" }} treeLine treeDefaultExpandAll
      disabled={disabled ?? false} placeholder={t("place.pick")} treeData={branches(data ?? [], by, fits, name)} style={{ width: "100%", minWidth: 180 }} styles={{ popup: { root: { minWidth: 300 } } }} />
  );
}

export function More({ list }: { list: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown } }) {
  const { t } = useTranslation();
  return list.hasNextPage ? <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div> : null;
}
