// What the page of components asks. Instants are RFC 3339 in UTC, values in the unit of their signal.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components as schema } from "./schema";
import type { List } from "./types";

type S = schema["schemas"];
export type Component = S["ComponentComponent"];
export type Listed = S["ComponentListed"];
export type Definition = S["ComponentDefinition"];
export type Input = S["ComponentInput"];
export type Output = S["ComponentOutput"];
export type ComponentState = NonNullable<Component["state"]>;
export type Shown = S["ComponentShown"];
export type Status = S["ComponentStatus"];
export type Checked = S["ComponentChecked"];
export type Trial = S["ComponentTrial"];
export type Run = S["ComponentRun"];
export type Event = S["ComponentEvent"];
export type Publisher = S["ComponentPublisher"];
export type Move = S["ComponentMove"];
export type HandedIn = S["ComponentHandedIn"];

const page = { initialPageParam: "", getNextPageParam: <T>(last: List<T>) => last.next || undefined };

export const components = (q: { scope?: string | undefined; all?: boolean | undefined }) => queryOptions({
  queryKey: ["/components", q], placeholderData: keepPreviousData, refetchInterval: 5_000, queryFn: async ({ signal }) => (await api.get<List<Listed>>("/components", { ...q, limit: 500 }, signal)).items,
});
export const component = (id: string) => queryOptions({ queryKey: ["/components", id], refetchInterval: 3_000, queryFn: ({ signal }) => api.get<Shown>(`/components/${id}`, {}, signal) });
export const runs = (id: string, from: string, to: string) => queryOptions({
  queryKey: ["/components", id, "runs", from, to], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Run>>(`/components/${id}/runs`, { from, to }, signal)).items,
});
export const happened = (q: { scope?: string | undefined; series?: string | undefined }) => infiniteQueryOptions({
  queryKey: ["/component-events", q], refetchInterval: 5_000, ...page, queryFn: ({ signal, pageParam }) => api.get<List<Event>>("/component-events", { ...q, cursor: pageParam || undefined }, signal),
});
export const publishers = queryOptions({ queryKey: ["/component-publishers"], queryFn: async ({ signal }) => (await api.get<List<Publisher>>("/component-publishers", {}, signal)).items });
export const handIn = (file: Blob) => api.postFile<HandedIn>("/component-modules", file);
export const checkComponent = (d: Definition) => api.post<Checked>("/component-checks", d);
export const tryComponent = (definition: Definition, q: { from: string; to: string; calls?: number }) => api.post<Trial>("/component-trials", { definition, ...q });
export const repeatComponent = (id: string, from: string, to: string) => api.post<S["ComponentRepeated"]>(`/components/${id}/repeat`, { from, to });
export const saveComponent = (c: Component) => api.post<Component>("/components", c);
const decisions: Move["what"][] = ["approve", "refuse", "rollback"];
export const moveComponent = (c: Component, what: Move["what"], note: string, decide: boolean) =>
  api.post<Component>(`/components/${c.id}/${decide || decisions.includes(what) ? "decision" : "state"}`, { what, rev: c.rev ?? 0, ...(note ? { note } : {}) });
export const allowPublisher = (p: { name: string; key: string }) => api.post<Publisher>("/component-publishers", p);
export const revokePublisher = (id: string, note: string) => api.post<Publisher>(`/component-publishers/${id}/revocation`, { note });
