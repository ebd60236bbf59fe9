// What the page of alarms asks beside the list. Instants are RFC 3339 in UTC, shares
// 0..1.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Alarm, LimitKind, List, Name } from "./types";

export const limitKinds = ["hi", "lo", "rate", "deviation"] as const;
export const stages = ["draft", "live", "retired"] as const;
export type Stage = (typeof stages)[number];

/** What an engineer says of a limit. */
export interface LimitTerms {
  stage: Stage; tag: number; text: Name; kind: LimitKind; value: number; target?: number; against?: number; deadband?: number; window_s?: number;
  on_delay_s?: number; off_delay_s?: number; priority: number; consequence?: Name; response?: Name; respond_s?: number; reason: string;
}
export interface Limit extends LimitTerms { id: string; rev: number; equipment: string; path: string; signal: string; unit?: string; by: string; at: string }

export interface Fired { from: string; to: string; open?: boolean; lost?: boolean; peak: number; before_s: number }
export interface Burst { from: string; to: string; count: number; peak: number }
export interface Backtest {
  from: string; to: string; signal: string; unit?: string; fired: Fired[]; count: number; per_day: number | null; stood_s: number; longest_s: number;
  stops: number; foreseen: number; before_stops: number; in_stops: number; floods: Burst[]; coverage: number | null; reason?: string; rule: string;
}

interface Ref { equipment: string; path: string; name: Name; alarm: string; text: Name; priority: number }
export interface Often extends Ref { count: number; share: number; first: string }
export interface Mark { target: number; most: number; source: string }
export interface AlarmPerformance {
  definition: string; version: number; from: string; to: string; operators: number; count: number; per_day: number | null; reason?: string; most_in_10: number;
  flood_share: number | null; floods: Burst[]; chattering: Often[]; stale: Alarm[]; split: [number, number, number, number]; top: Often[];
  marks: { per_day: Mark; flood_share: Mark; chattering: Mark; stale: Mark; top_share: Mark; split: [number, number, number] };
}

export interface Quiet { from: string; to: string; zone: string; priority: number }
export const ways = ["email", "dingtalk", "wecom", "feishu", "webhook"] as const;
export interface Person { name: string; email?: string | undefined; mobile?: string | undefined; feishu?: string | undefined }
export interface Rota {
  id: string; rev: number; name: string; zone: string; begin: string; hand_over: string; days: number; people: Person[];
  swaps: { from: string; to: string; person: string }[]; turns: { from: string; to: string; person: string }[];
}
export interface Route {
  id: string; rev: number; name: string; way: (typeof ways)[number]; url: string; user?: string; secret?: string; ca?: string; sender?: string; to: string[]; rota?: string;
  priority: number; places: string[]; after_min?: number; again_min?: number; quiet?: Quiet; off?: boolean;
}
export interface Attempt { at: string; took_ms: number; ok: boolean; detail?: string }
export const deliveryStates = ["waiting", "sent", "failed", "dropped"] as const;
export interface Delivery {
  id: string; route: string; name: string; way: Route["way"]; on_call?: string; alarm: Alarm; state: (typeof deliveryStates)[number]; why?: string; made: string; due: string; attempts: Attempt[];
}

interface LimitQuery { scope?: string | undefined; stage?: Stage | undefined; equipment?: string | undefined; q?: string | undefined }

const pages = <T>(key: string, path: string, query: Record<string, string | undefined>) => infiniteQueryOptions({
  queryKey: [key, query], initialPageParam: "", placeholderData: keepPreviousData,
  queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { ...query, limit: 100, cursor: pageParam }, signal),
  getNextPageParam: (last) => last.next || undefined,
});

export const limits = (q: LimitQuery) => pages<Limit>("alarm-limits", "/alarms/limits", { ...q });
export const limitVersions = (id: string) => queryOptions({ queryKey: ["alarm-limits", "versions", id], queryFn: async ({ signal }) => (await api.get<List<Limit>>(`/alarms/limits/${id}/versions`, {}, signal)).items });
export const backtest = (q: LimitTerms & { from: string; to: string; within_s: number }) => api.post<Backtest>("/alarms/limits/backtest", q);
export const alarmPerformance = (q: { scope?: string | undefined; from: string; to: string; operators: number }) =>
  queryOptions({ queryKey: ["alarm-performance", q], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<AlarmPerformance>("/alarms/performance", { ...q }, signal) });
export const routes = queryOptions({ queryKey: ["alarm-routes"], queryFn: async ({ signal }) => (await api.get<List<Route>>("/alarms/routes", {}, signal)).items });
export const rotas = queryOptions({ queryKey: ["alarm-rotas"], queryFn: async ({ signal }) => (await api.get<List<Rota>>("/alarms/rotas", {}, signal)).items });
export const deliveries = (q: { state?: string | undefined; route?: string | undefined }) => ({ ...pages<Delivery>("alarm-deliveries", "/alarms/deliveries", { ...q }), refetchInterval: 5_000 });
