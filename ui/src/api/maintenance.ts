// What the page of maintenance asks. Instants are RFC 3339 in UTC, money is fen.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { List, Name } from "./types";

export const orderStates = ["proposed", "planned", "in_work", "done", "verified", "ineffective", "cancelled"] as const;
export type WorkState = (typeof orderStates)[number];
export type WorkKind = "corrective" | "preventive" | "condition";

export interface Check { text: string; done?: boolean; by?: string; at?: string; photos?: string[] }
export interface Taken { booking: string; item: string; name: Name; unit: string; lot?: string; location: string; quantity: string; by: string; at: string }
export interface Kept { item: string; unit: string; quantity: string }
export interface Part { item: string; quantity: string; location?: string }
/** What people say of an order beside how far it came. */
export interface Work {
  title: string; priority: number; assignee?: string; due?: string; checks?: Check[]; parts?: Part[]; fault?: string; cause?: string; action?: string;
  labour_min?: number; labour_fen?: number; parts_fen?: number; down_fen_per_h?: number; verify_s?: number;
}
export interface Origin { alarm: string; from: string; text?: Name; evidence?: string }
export interface WorkStep { state: WorkState; at: string; by: string; note?: string }
export interface WorkOrder extends Work {
  id: string; number: number; rev: number; equipment: string; path: string; name: Name; kind: WorkKind; plan?: string; origin?: Origin; state: WorkState; steps: WorkStep[]; at: string;
}
export interface Known { order: string; number: number; done: string; path: string; name: Name; fault: string; cause: string; action: string; state: WorkState }
export interface WorkView extends WorkOrder { downtime_ms: number | null; cost_fen: number | null; reason?: string; known: Known[]; taken: Taken[]; kept: Kept[] }
export interface Summary {
  from: string; to: string; count: Partial<Record<WorkKind, number>>; open: number; late: number; work_ms: Partial<Record<WorkKind, number>>;
  corrective_ratio: number | null; reason?: string; verified: number; ineffective: number; down_ms: number; down_fen: number; labour_fen: number; parts_fen: number; without_rate: number;
}
export const planWays = ["time", "count", "alarm"] as const;
export interface Plan {
  id: string; rev: number; equipment: string; title: string; by: (typeof planWays)[number]; days?: number; parts?: number; alarm?: string; begin?: string; priority: number;
  checks: string[]; verify_s?: number; off?: boolean;
}
export interface PlanState extends Plan { path: string; name: Name; last: string; due?: string; used: number | null; made?: number; open?: string }

export interface OrderQuery { scope?: string | undefined; open?: boolean | undefined; state?: WorkState | undefined; q?: string | undefined }
export const workOrders = (q: OrderQuery) => infiniteQueryOptions({
  queryKey: ["work-orders", q], initialPageParam: "", placeholderData: keepPreviousData,
  queryFn: ({ pageParam, signal }) => api.get<List<WorkOrder>>("/maintenance/orders", { ...q, limit: 100, cursor: pageParam }, signal),
  getNextPageParam: (last) => last.next || undefined,
});
export const workOrder = (id: string) => queryOptions({ queryKey: ["work-orders", id], queryFn: ({ signal }) => api.get<WorkView>(`/maintenance/orders/${id}`, {}, signal) });
export const plans = (scope?: string) => queryOptions({ queryKey: ["maintenance-plans", scope], queryFn: async ({ signal }) => (await api.get<List<PlanState>>("/maintenance/plans", { scope }, signal)).items });
export const summary = (q: { scope?: string | undefined; from: string; to: string }) =>
  queryOptions({ queryKey: ["maintenance-summary", q], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Summary>("/maintenance/summary", { ...q }, signal) });
