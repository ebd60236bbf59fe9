// What the pages of production ask, in the words of the API's description.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Query } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Definition = S["ProductionDefinition"];
export type Segment = S["ProductionSegment"];
export type Alternative = S["ProductionAlternative"];
export type Material = S["ProductionMaterial"];
export type Terms = S["ProductionTerms"];
export type OrderHead = S["ProductionHead"];
export type Order = S["ProductionView"];
export type JobView = S["ProductionJobView"];
export type JobHead = S["ProductionJobHead"];
export type Entry = S["ProductionEntry"];
export type Made = S["ProductionMade"];
export type Step = S["ProductionStep"];
export type Call = S["AndonCall"];
export type NewCall = S["AndonNew"];
export type Person = S["ProductionPerson"];
export type OrderState = OrderHead["state"];
export type JobState = JobHead["state"];
export type Command = NonNullable<Entry["command"]>;

/** Rows that one question asks for; more come on demand. */
const pageSize = 50;

const pages = <T>(path: string, query: Query) =>
  infiniteQueryOptions({
    queryKey: [path, query], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<T>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { ...query, limit: pageSize, cursor: pageParam || undefined }, signal),
  });

export const machineCalls = (query: Query) => pages<Call>("/calls", query);

/** Every row of a listing, for a file; bounded, so that a mistake cannot ask for ever. */
export async function everyRow<T>(path: string, query: Query): Promise<T[]> {
  const out: T[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < 50; page++) {
    const got = await api.get<List<T>>(path, { ...query, limit: 1000, cursor });
    out.push(...got.items);
    if (!got.next) break;
    cursor = got.next;
  }
  return out;
}

export const definitions = (query: Query) => pages<Definition>("/operations-definitions", query);
export const revisions = (product: string) =>
  queryOptions({ queryKey: ["/operations-definitions", "of", product], enabled: product !== "", queryFn: async ({ signal }) => (await api.get<List<Definition>>("/operations-definitions", { product, limit: 1000 }, signal)).items });
export const people = queryOptions({ queryKey: ["/people"], queryFn: async ({ signal }) => (await api.get<List<Person>>("/people", {}, signal)).items });

export const orders = (query: Query) => ({ ...pages<OrderHead>("/orders", query), refetchInterval: 15_000 });
export const order = (id: string) => queryOptions({ queryKey: ["/orders", "one", id], refetchInterval: 5_000, queryFn: ({ signal }) => api.get<Order>(`/orders/${id}`, {}, signal) });
export const orderHistory = (id: string, rev: number) =>
  queryOptions({ queryKey: ["/orders", "history", id, rev], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Step>>(`/orders/${id}/history`, {}, signal)).items });
export const machineJobs = (id: string) =>
  queryOptions({ queryKey: ["machine-jobs", id], refetchInterval: 10_000, queryFn: async ({ signal }) => (await api.get<List<JobHead>>(`/equipment/${id}/jobs`, {}, signal)).items });

/** One step of an order or a definition at the revision that was seen. */
export const stepAt = <T>(path: string, rev: number, body: unknown) => api.post<T>(path, body, {}, { "If-Match": `"${rev}"` });
export const definitionPath = (d: { product: string; revision: number }) => `/operations-definitions/${encodeURIComponent(d.product)}/${d.revision}`;
