// What the page of lines asks. Instants are RFC 3339 in UTC, durations milliseconds.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Definition, Figure, List, Name } from "./types";

export const functions = ["machining", "assembly", "inspection", "handling", "packaging", "batching", "loading", "storage"] as const;
export const transfers = ["manual", "conveyor", "robot", "agv"] as const;
export type StationFunction = (typeof functions)[number];
export type Transfer = (typeof transfers)[number];
export const lineStates = ["working", "setup", "down", "service", "minor", "delay", "starved", "blocked", "planned", "off", "unknown"] as const;
export type LineState = (typeof lineStates)[number];
export type Source = "machine" | "person" | "neighbours" | "rule" | "nobody";

export interface Station { code: string; name: Name; function: StationFunction; machines: string[] }
export interface StationLink { from: string; to: string; transfer: Transfer; move_ms: number; capacity?: number; take: number }
export interface LineLayout { line: string; path: string; rev: number; from: string; stations: Station[]; links: StationLink[]; note?: string; by: string; at: string }
export interface LineStretch { from: string; to: string; state: LineState; source: Source; reason?: string }
export interface Made { good: number; scrap: number; rework: number }
export interface MachineDid { id: string; path?: string; name: Name; made: Made; stretches: LineStretch[] }
export interface StationDid {
  code: string; name: Name; function: StationFunction; state: LineState; since: string; times_ms: Partial<Record<LineState, number>>; cycle_ms: number; known_ms: number; busy_ms: number;
  made: Made; stretches: LineStretch[]; machines: MachineDid[];
}
export interface LineBuffer { from: string; to: string; capacity?: number; anchor: "empty" | "full" | "none"; content: number | null; highest: number | null; mean: number | null; doubt?: boolean }
export interface Moment { from: string; to: string; station?: string; with?: string }
export interface Share { station: string; sole_ms: number; shifting_ms: number; periods: number; mean_active_ms: number }
export interface Bottleneck { moments: Moment[]; shares: Share[]; shifting_ms: number; none_ms: number; main?: string; now?: string; since?: string }
export type LossKind = "planned" | "breakdown" | "setup" | "minor" | "delay" | "starved" | "blocked" | "unknown" | "speed" | "scrap" | "after" | "between";
export interface LossStep { loss: LossKind; ms: number; parts: number }
export interface Waterfall { station: string; cycle_ms: number; possible_ms: number; possible: number; steps: LossStep[]; good: number }
export interface LineAnalysis {
  layout: LineLayout; name: Name; from: string; to: string; provisional: boolean; stations: StationDid[]; buffers: LineBuffer[]; bottleneck: Bottleneck; waterfall: Waterfall | null;
  figures: Figure[]; demand: { parts: number; of: "orders" | "asked" }; root: string;
}

export const lines = queryOptions({ queryKey: ["lines"], queryFn: async ({ signal }) => (await api.get<List<LineLayout>>("/lines", {}, signal)).items });
export const lineLayouts = (id: string) => queryOptions({ queryKey: ["lines", id, "layouts"], queryFn: async ({ signal }) => (await api.get<List<LineLayout>>(`/lines/${id}/layouts`, {}, signal)).items });
export const lineAnalysis = (id: string, q: { from: string; to: string; demand?: number | undefined }) =>
  queryOptions({ queryKey: ["lines", id, "analysis", q], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<LineAnalysis>(`/lines/${id}/analysis`, { ...q }, signal) });
export const lineProposal = (id: string) => api.get<LineLayout>(`/lines/${id}/proposal`);
export const saveLayout = ({ path: _path, by: _by, at: _at, ...l }: LineLayout) => api.put<LineLayout>(`/lines/${l.line}/layout`, l);
export const lineDefinitions = queryOptions({ queryKey: ["line-definitions"], staleTime: Infinity, queryFn: async ({ signal }) => (await api.get<List<Definition>>("/line-figure-definitions", {}, signal)).items });
