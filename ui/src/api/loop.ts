// What the page of control loops asks. Instants are RFC 3339 in UTC, values in the unit of their signal.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Loop = S["LoopLoop"];
export type LoopView = S["LoopView"];
export type LoopMode = LoopView["run"]["mode"];
export type LoopEvent = S["LoopEvent"];
export type LoopTuned = S["LoopTuned"];
export type LoopTune = S["LoopTune"];
export type BlockKind = Loop["block"]["kind"];

export const loops = (scope?: string) => queryOptions({
  queryKey: ["/control-loops", scope], refetchInterval: 2_000, queryFn: async ({ signal }) => (await api.get<List<LoopView>>("/control-loops", { scope }, signal)).items,
});
export const loop = (id: string) => queryOptions({ queryKey: ["/control-loops", "one", id], refetchInterval: 1_000, queryFn: ({ signal }) => api.get<LoopView>(`/control-loops/${id}`, {}, signal) });
export const loopEvents = (id: string, from: string, to: string, what?: string) => infiniteQueryOptions({
  queryKey: ["/control-loops", id, "events", from, to, what], initialPageParam: "", getNextPageParam: (last: List<LoopEvent>) => last.next || undefined,
  queryFn: ({ signal, pageParam }) => api.get<List<LoopEvent>>(`/control-loops/${id}/events`, { from, to, what, cursor: pageParam || undefined, limit: 200 }, signal),
});
export const saveLoop = (l: Loop) => api.post<Loop>("/control-loops", l);
export const moveLoop = (l: Loop, state: "approved" | "retired", note?: string) => api.post<Loop>(`/control-loop-revisions/${l.id}/state`, { state, rev: l.rev ?? 0, ...(note ? { note } : {}) });
export const setMode = (v: LoopView, mode: "off" | "manual" | "auto") => api.post<LoopView>(`/control-loops/${v.loop.series}/mode`, { mode, rev: v.run.rev });
export const handBack = (v: LoopView) => api.post<LoopView>(`/control-loops/${v.loop.series}/hand-back`, { rev: v.run.rev });
export const setPoint = (v: LoopView, value: number) => api.post<LoopView>(`/control-loops/${v.loop.series}/set-point`, { value, rev: v.run.rev });
export const setOutput = (v: LoopView, value: number) => api.post<LoopView>(`/control-loops/${v.loop.series}/output`, { value, rev: v.run.rev });
export const startTuning = (v: LoopView, t: Omit<LoopTune, "rev">) => api.post<LoopView>(`/control-loops/${v.loop.series}/tuning`, { ...t, rev: v.run.rev });
