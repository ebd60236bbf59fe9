// What the pages of planning ask. Instants are RFC 3339 in UTC, durations milliseconds.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ApiError, type Query } from "./client";
import type { List, Name } from "./types";

export type PlanKind = "draft" | "what_if" | "replan" | "edit";
export type PlanState = "draft" | "in_use" | "past" | "dropped";
export interface Weights { tardiness: number; makespan: number; setup: number; change: number }
export interface Down { equipment: string; from?: string; to: string; reason?: string }
export interface Extra { number: string; product: string; quantity: number; earliest?: string; due: string; priority?: number; weight?: number }
export interface Assumptions { down?: Down[]; extra?: Extra[]; calendars?: { equipment: string; calendar: string }[] }
export interface PlanRequest { kind: "draft" | "what_if" | "replan"; place: string; name?: string; base?: string; horizon_days?: number; search_ms?: number; seed?: number; weights?: Weights; assume?: Assumptions }
export interface Best { objective: number; weighted_tardiness_ms: number; setup_ms: number; makespan: string; changes: number; feasible: boolean; at: string }
export interface Run {
  id: string; request: PlanRequest; by: string; state: "searching" | "done" | "stopped" | "failed"; started: string; ends: string; ended?: string; orders: number; operations: number; unplanned: number;
  found: number; best?: Best; plan?: string; error?: string;
}
export interface Changes { of: number; machine: number; later: number; earlier: number; shift_ms: number; added: number; gone: number }
export interface PlanFigures {
  orders: number; planned: number; unplanned: number; operations: number; late: number; tardiness_ms: number; weighted_tardiness_ms: number; setup_ms: number; run_ms: number; makespan?: string; violations: number;
  changes: Changes; rules: { rule: "atc" | "edd" | "spt"; weighted_tardiness_ms: number; setup_ms: number }[];
}
export interface PlanHead {
  id: string; number: number; place: string; name?: string; kind: PlanKind; state: PlanState; by: string; made: string; from: string; until: string; base?: string; edited?: string; issued?: string; issued_by?: string;
  note?: string; problem: string; sha256: string; seed?: number; search_ms: number; steps: number; stopped?: boolean; weights: Weights; assume?: Assumptions; figures: PlanFigures;
}
export interface Stretch { from: string; to: string }
export interface MachinePlan { equipment: string; path: string; name: Name; open: Stretch[]; batch?: boolean; open_ms: number; run_ms: number; setup_ms: number }
export interface OrderPlan { id: string; number: string; product: string; quantity: number; place: string; due: string; priority: number; weight: number; start?: string; end?: string; late_ms?: number; assumed?: boolean }
export interface Assignment {
  order: string; job: number; name: Name; equipment?: string; start: string; end: string; setup_ms?: number; quantity: number; state: string; frozen?: boolean; locked?: boolean; outside?: boolean; family?: string; alternatives?: string[]; material?: Cover;
}
/** How many there are of a tool, or of people with a skill. */
export interface Limit { what: "tool" | "skill"; name: string; units: number; calendar?: string; shifts?: { shift: string; units: number }[]; off?: boolean; rev: number; by?: string; at?: string }
/** When what an operation takes of an item is there. */
export interface Cover { item: string; need: string; short?: string; at?: string; arrival?: { id: string; path: string; party?: string; reference?: string; due: string; quantity: string } }
export type UnplannedWhy = "held" | "not_released" | "no_routing" | "no_machine" | "no_calendar" | "closed" | "too_long" | "no_material" | "limit" | "not_in_base";
export interface Unplanned { order: string; number: string; job?: number; why: UnplannedWhy; text: string }
export interface Ref { order: string; job: number }
export type ViolationKind = "unknown" | "twice" | "missing" | "machine" | "duration" | "calendar" | "order" | "late" | "release" | "material" | "overlap" | "batch" | "capacity" | "resource" | "setup" | "horizon" | "locked" | "beginning";
export interface Violation { kind: ViolationKind; order?: string; job?: number; other?: Ref; text: string }
export interface PlanNote { product: string; job?: number; what: "overlap" | "parallel" | "setup_differs" | "batch_loads" | "limit_exceeded" | "lock_late" }
export interface Plan extends PlanHead { machines: MachinePlan[]; orders: OrderPlan[]; assignments: Assignment[]; unplanned: Unplanned[]; violations: Violation[]; notes: PlanNote[] }
export interface Move extends Ref { equipment: string; start: string }
export interface MoveFeedback extends Move { end: string; setup_ms: number; violations: Violation[]; pushes: Ref[]; earliest?: string }
export interface PlanChange { what: string; order?: string; number?: string; job?: number; equipment?: string; text: string }
export type Because = "job" | "machine" | "setup" | "calendar" | "release" | "material" | "tool" | "people" | "locked" | "frozen" | "outside" | "begin";
export interface ChainLink extends Ref { number: string; name: Name; equipment?: string; start: string; end: string; because: Because; wait_ms: number; setup_ms?: number; closed_ms?: number; material?: Cover; limit?: string }
export interface Late extends OrderPlan { chain: ChainLink[] }
export interface Suggestion { what: "stop" | "rush" | "order" | "material" | "late" | "behind" | "ahead"; order?: string; number?: string; job?: number; equipment?: string; path?: string; since?: string; by_ms?: number; affected?: number; text: string }
export interface Compared extends PlanHead { against: Changes }
export interface Comparison { in_use?: string; plans: Compared[]; late: { order: string; number: string; due: string; ends: string[] }[] }
export interface PromiseRequest { product: string; quantity: number; place: string; earliest?: string; due?: string }
export interface PromiseWay { start: string; end: string; kept: boolean; jobs: Assignment[]; moved: number; later: { order: string; number: string; due: string; was: string; then: string }[] }
export interface PromiseAnswer extends PromiseRequest { plan: string; gentle: PromiseWay; moving: PromiseWay }
export interface DispatchItem {
  order: string; number: string; product: string; job: number; name: Name; state: "not_allowed" | "waiting" | "ready" | "loaded" | "running" | "held" | "suspended"; quantity: number; good: number; setup_ms?: number;
  planned: Stretch; expected: Stretch; due: string; locked?: boolean; waits: number[];
}
export interface MachineList { equipment: string; path: string; name: Name; plan: string; stands?: { since: string; reason?: string; fault?: boolean }; next: DispatchItem[] }

/** What a place that works by no plan answers is nothing, not a failure. */
async function orNone<T>(asked: Promise<T>, none: T): Promise<T> {
  try {
    return await asked;
  } catch (err) {
    if (err instanceof ApiError && err.status === 404) return none;
    throw err;
  }
}

export const limits = queryOptions({ queryKey: ["plan-limits"], queryFn: async ({ signal }) => (await api.get<List<Limit>>("/plan-limits", {}, signal)).items });
export const planInUse = (scope: string | undefined) =>
  queryOptions({ queryKey: ["plans", "in-use", scope], enabled: scope !== undefined, placeholderData: keepPreviousData, queryFn: ({ signal }) => orNone<Plan | null>(api.get<Plan>("/plan-in-use", { scope }, signal), null) });
export const plan = (id: string | undefined) => queryOptions({ queryKey: ["plans", "one", id], enabled: id !== undefined, placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Plan>(`/plans/${id}`, {}, signal) });
export const plans = (query: Query) =>
  infiniteQueryOptions({
    queryKey: ["plans", "list", query], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<PlanHead>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<PlanHead>>("/plans", { ...query, limit: 50, cursor: pageParam || undefined }, signal),
  });
/** Asked every second while one is searching. */
export const planRuns = queryOptions({
  queryKey: ["plan-runs"], queryFn: async ({ signal }) => (await api.get<List<Run>>("/plan-runs", {}, signal)).items,
  refetchInterval: (q) => (q.state.data?.some((r) => r.state === "searching") ? 1_000 : 15_000),
});
export const lateOrders = (id: string) => queryOptions({ queryKey: ["plans", "late", id], queryFn: async ({ signal }) => (await api.get<List<Late>>(`/plans/${id}/late`, {}, signal)).items });
export const planChanges = (id: string) => queryOptions({ queryKey: ["plans", "changes", id], queryFn: async ({ signal }) => (await api.get<List<PlanChange>>(`/plans/${id}/changes`, {}, signal)).items });
export const comparison = (ids: readonly string[]) => queryOptions({ queryKey: ["plans", "compare", ids], enabled: ids.length > 0, queryFn: ({ signal }) => api.get<Comparison>("/plan-comparison", { plan: ids.join(",") }, signal) });
export const suggestions = (scope: string | undefined) =>
  queryOptions({ queryKey: ["plan-suggestions", scope], enabled: scope !== undefined, refetchInterval: 30_000, queryFn: async ({ signal }) => (await orNone(api.get<List<Suggestion>>("/plan-suggestions", { scope }, signal), { items: [] })).items });
export const dispatch = (scope: string | undefined, limit: number) =>
  queryOptions({ queryKey: ["dispatch", scope, limit], enabled: scope !== undefined, refetchInterval: 15_000, placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await orNone(api.get<List<MachineList>>("/dispatch", { scope, limit }, signal), { items: [] })).items });

export const startPlan = (r: PlanRequest) => api.post<Run>("/plan-runs", r);
export const stopRun = (id: string) => api.post<Run>(`/plan-runs/${id}/stop`);
export const checkMove = (id: string, m: Move) => api.post<MoveFeedback>(`/plans/${id}/check-move`, m);
export const movePlan = (id: string, m: Move, settle: boolean) => api.post<PlanHead>(`/plans/${id}/move`, { ...m, ...(settle ? { settle } : {}) });
export const lockPlan = (id: string, operations: Ref[], locked: boolean) => api.post<PlanHead>(`/plans/${id}/lock`, { operations, locked });
export const issuePlan = (id: string, again: boolean, note: string) => api.post<PlanHead>(`/plans/${id}/issue`, { ...(again ? { again } : {}), ...(note ? { note } : {}) });
export const dropPlan = (id: string) => api.post<PlanHead>(`/plans/${id}/drop`, {});
export const promise = (r: PromiseRequest) => api.post<PromiseAnswer>("/promises", r);
