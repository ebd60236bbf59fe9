// What the page of rules asks. Instants are RFC 3339 in UTC, values in the unit of their signal.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Rule = S["RuleRule"];
export type Definition = S["RuleDefinition"];
export type Input = S["RuleInput"];
export type Action = S["RuleAction"];
export type RuleState = NonNullable<Rule["state"]>;
export type Checked = S["RuleChecked"];
export type Trial = S["RuleTrial"];
export type Fired = S["RuleFired"];
export type Compared = S["RuleCompared"];
export type Signal = S["RuleSignal"];
export type Shown = S["RuleShown"];
export type Against = Trial["against"];
export type Move = S["RuleMove"];

const page = { initialPageParam: "", getNextPageParam: <T>(last: List<T>) => last.next || undefined };

export const rules = (q: { scope?: string | undefined; all?: boolean | undefined }) => queryOptions({
  queryKey: ["/rules", q], placeholderData: keepPreviousData, refetchInterval: 5_000, queryFn: async ({ signal }) => (await api.get<List<Rule>>("/rules", { ...q, limit: 500 }, signal)).items,
});
export const rule = (id: string) => queryOptions({ queryKey: ["/rules", id], refetchInterval: 3_000, queryFn: ({ signal }) => api.get<Shown>(`/rules/${id}`, {}, signal) });
export const words = (machine: string) => queryOptions({ queryKey: ["/rule-words", machine], queryFn: async ({ signal }) => (await api.get<List<Signal>>(`/equipment/${machine}/rule-words`, {}, signal)).items });
export const checkRule = (d: Definition) => api.post<Checked>("/rule-checks", d);
export const tryRule = (definition: Definition, q: { from: string; to: string; against: Against; within_s: number; points?: number }) => api.post<Trial>("/rule-trials", { definition, ...q });
export const backtestRule = (r: Rule, q: { from: string; to: string; against: Against; within_s: number; points?: number }) => api.post<S["RuleBacktest"]>(`/rules/${r.id}/backtest`, { rev: r.rev ?? 0, ...q });
export const saveRule = (r: Rule) => api.post<Rule>("/rules", r);
const decisions: Move["what"][] = ["approve", "refuse", "rollback"];
export const moveRule = (r: Rule, what: Move["what"], note: string, decide: boolean) =>
  api.post<Rule>(`/rules/${r.id}/${decide || decisions.includes(what) ? "decision" : "state"}`, { what, rev: r.rev ?? 0, ...(note ? { note } : {}) });
export const firings = (q: { scope?: string | undefined; series?: string | undefined }) => infiniteQueryOptions({
  queryKey: ["/rule-firings", q], refetchInterval: 3_000, ...page, queryFn: ({ signal, pageParam }) => api.get<List<Fired>>("/rule-firings", { ...q, cursor: pageParam || undefined }, signal),
});
export const comparison = (id: string, from: string, to: string, against: Against | undefined, within: number) => queryOptions({
  queryKey: ["/rules", id, "comparison", from, to, against, within], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Compared>(`/rules/${id}/comparison`, { from, to, against, within_s: within }, signal),
});
