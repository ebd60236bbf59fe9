// What the page of handshakes between machines asks. Instants are RFC 3339 in UTC, durations in ms.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Handshake = S["HandshakeHandshake"];
export type HandshakeView = S["HandshakeView"];
export type HandshakeStep = S["HandshakeStep"];
export type Handover = S["HandshakeHandover"];
export type Statistics = S["HandshakeStatistics"];
export type HandshakeSignal = S["HandshakeSignal"];
export type Checked = S["HandshakeChecked"];
export type RunMode = HandshakeView["run"]["mode"];
export type Party = HandshakeStep["party"];
export type StepName = HandshakeStep["name"];

export const handshakes = (scope?: string) => queryOptions({
  queryKey: ["/handshakes", scope], refetchInterval: 2_000, queryFn: async ({ signal }) => (await api.get<List<HandshakeView>>("/handshakes", { scope }, signal)).items,
});
export const handshake = (id: string) => queryOptions({ queryKey: ["/handshakes", "one", id], refetchInterval: 500, queryFn: ({ signal }) => api.get<HandshakeView>(`/handshakes/${id}`, {}, signal) });
export const handovers = (id: string, from: string, to: string, end?: string) => infiniteQueryOptions({
  queryKey: ["/handshakes", id, "handovers", from, to, end], refetchInterval: 5_000, initialPageParam: "", getNextPageParam: (last: List<Handover>) => last.next || undefined,
  queryFn: ({ signal, pageParam }) => api.get<List<Handover>>(`/handshakes/${id}/handovers`, { from, to, end, cursor: pageParam || undefined, limit: 100 }, signal),
});
export const statistics = (id: string, from: string, to: string) => queryOptions({ queryKey: ["/handshakes", id, "statistics", from, to], refetchInterval: 10_000, queryFn: ({ signal }) => api.get<Statistics>(`/handshakes/${id}/statistics`, { from, to }, signal) });
export const handshakeWords = (machine: string) => queryOptions({ queryKey: ["/equipment", machine, "handshake-words"], queryFn: async ({ signal }) => (await api.get<List<HandshakeSignal>>(`/equipment/${machine}/handshake-words`, {}, signal)).items });
export const checkHandshake = (h: Handshake) => api.post<Checked>("/handshake-check", h);
export const saveHandshake = (h: Handshake) => api.post<Handshake>("/handshakes", h);
export const moveHandshake = (h: Handshake, state: "approved" | "retired", note?: string) => api.post<Handshake>(`/handshake-revisions/${h.id}/state`, { state, rev: h.rev ?? 0, ...(note ? { note } : {}) });
export const setHandshakeMode = (v: HandshakeView, mode: "on" | "off", note?: string) => api.post<HandshakeView>(`/handshakes/${v.handshake.series}/mode`, { mode, rev: v.run.rev, ...(note ? { note } : {}) });
export const giveUpHandover = (v: HandshakeView, handover: string, note: string) => api.post<HandshakeView>(`/handshakes/${v.handshake.series}/give-up`, { handover, note });
