// What the page of recipes asks. Instants are RFC 3339 in UTC, values in the unit of their parameter.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Recipe = S["ProcessRecipe"];
export type Parameter = S["ProcessParameter"];
export type RecipeState = NonNullable<Recipe["state"]>;
export type Compared = S["ProcessCompared"];
export type Tried = S["ProcessTried"];
export type Download = S["ProcessDownload"];
export type AtMachine = S["ProcessAtMachine"];
export type Proof = S["ProcessProof"];
export type AsRun = S["ProcessAsRun"];
export type Deviation = S["ProcessDeviation"];
export type ToolState = S["ProcessToolState"];
export type TypeLife = S["ProcessTypeLife"];

const page = { initialPageParam: "", getNextPageParam: <T>(last: List<T>) => last.next || undefined };

export const recipes = (q: { scope?: string | undefined; item?: string | undefined; all?: boolean | undefined }) => queryOptions({
  queryKey: ["/recipes", q], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Recipe>>("/recipes", { ...q, limit: 500 }, signal)).items,
});
export const recipe = (id: string) => queryOptions({ queryKey: ["/recipes", id], queryFn: ({ signal }) => api.get<Compared>(`/recipes/${id}`, {}, signal) });
export const saveRecipe = (r: Recipe) => api.post<Recipe>("/recipes", r);
export const moveRecipe = (r: Recipe, state: RecipeState, note: string | undefined) => api.post<Recipe>(`/recipes/${r.id}/state`, { state, rev: r.rev ?? 0, ...(note ? { note } : {}) });
export const tryRecipe = (r: Recipe, from: string, to: string) => api.post<Tried>("/recipe-trial", r, { from, to });
export const atMachine = (machine: string, recipe?: string) => queryOptions({
  queryKey: ["/equipment", machine, "recipe", recipe], refetchInterval: 3_000, queryFn: ({ signal }) => api.get<AtMachine>(`/equipment/${machine}/recipe`, { recipe }, signal),
});
export const startDownload = (recipe: string, machine: string, note: string | undefined, key: string) =>
  api.post<Download>("/recipe-downloads", { recipe, equipment: machine, ...(note ? { note } : {}) }, {}, { "Idempotency-Key": key });
export const downloads = (machine?: string) => infiniteQueryOptions({
  queryKey: ["/recipe-downloads", machine], ...page, queryFn: ({ signal, pageParam }) => api.get<List<Download>>("/recipe-downloads", { equipment: machine, cursor: pageParam || undefined }, signal),
});
/** It is asked again while the download is under way. */
export const loading = (id: string) => queryOptions({
  queryKey: ["/recipe-downloads", "one", id], queryFn: ({ signal }) => api.get<Download>(`/recipe-downloads/${id}`, {}, signal), refetchInterval: ({ state }) => (state.data && state.data.state !== "running" ? false : 400),
});
export const runs = (from: string, to: string, scope?: string, item?: string) => queryOptions({
  queryKey: ["/recipe-runs", from, to, scope, item], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Proof>>("/recipe-runs", { from, to, scope, item }, signal)).items,
});
export const asRun = (order: string, job: number, machine: string, near: string) => queryOptions({
  queryKey: ["/recipe-runs", order, job, machine], queryFn: ({ signal }) => api.get<AsRun>(`/recipe-runs/${order}/${job}`, { equipment: machine, near }, signal),
});
export const deviations = (q: { scope?: string | undefined; open?: boolean | undefined }) => infiniteQueryOptions({
  queryKey: ["/recipe-deviations", q], refetchInterval: 5_000, ...page, queryFn: ({ signal, pageParam }) => api.get<List<Deviation>>("/recipe-deviations", { ...q, cursor: pageParam || undefined }, signal),
});
export const toolTypes = (scope?: string) => queryOptions({ queryKey: ["/tool-types", scope], queryFn: async ({ signal }) => (await api.get<List<TypeLife>>("/tool-types", { scope, limit: 500 }, signal)).items });
export const tools = (q: { scope?: string | undefined; mounted?: boolean | undefined }) => infiniteQueryOptions({
  queryKey: ["/tools", q], ...page, queryFn: ({ signal, pageParam }) => api.get<List<ToolState>>("/tools", { ...q, cursor: pageParam || undefined }, signal),
});
export const saveToolType = (y: S["ProcessToolType"]) => api.post<S["ProcessToolType"]>("/tool-types", y);
export const mountTool = (m: S["ProcessMount"]) => api.post<S["ProcessTool"]>("/tools", m);
export const removeTool = (o: ToolState, reason: S["ProcessOff"]["reason"], note: string | undefined) => api.post<S["ProcessTool"]>(`/tools/${o.id}/removal`, { reason, rev: o.rev, ...(note ? { note } : {}) });
