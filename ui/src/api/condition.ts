// What the page of machines' condition asks. Instants are RFC 3339 in UTC.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List, Name } from "./types";

export const elements = ["outer", "inner", "ball", "cage"] as const;
export type Element = (typeof elements)[number];
export type Level = "unknown" | "good" | "watch" | "bad";
export type Why = "" | "silent" | "sensor" | "element" | "zone" | "shaft" | "changed" | "doubtful";
export type WarningCode = "dead-sensor" | "clipped" | "mains-hum" | "speed-unknown" | "speed-differs" | "window-short" | "rate-low" | "sidebands" | "impulses";

export interface Band { from_hz: number; to_hz: number }
export interface EvidenceLine { harmonic: number; expected_hz: number; found_hz: number; level_db: number; counted: boolean }
export interface Finding {
  element: Element | "none"; confidence: number; band: Band; expected_hz: number; found_hz: number; level_db: number; gap_db: number; explained: number; bands: number; steady: number; evidence: EvidenceLine[] | null;
}
export interface Features { mean: number; rms_about_mean: number; peak: number; peak_to_peak: number; crest: number; kurtosis_pearson: number; skewness: number }
export interface Warning { code: WarningCode; value: number }
export interface Reading {
  at: string; quality: string; rate_hz?: number; count?: number; rpm: number | null; features: Features | null; velocity_rms_mm_s: number | null; zone?: string; verdict: Element | "healthy" | "uncertain";
  findings: Finding[]; warnings: Warning[]; band: Band | null;
}
export interface Change { baseline: number; rpm: number; mean: number; ratio: number; sum: number; limit: number; changed: boolean }
export interface Condition { level: Level; why: Why; element?: Element; fault?: ShaftFault; confidence?: number; zone?: string; since?: string; last: Reading | null; change: Change | null }
export interface Point { id: string; equipment: string; path: string; name: Name; tag: number; unit?: string; speed_tag?: number; rpm?: number; bearing: string; group?: string; teeth?: number; temperature_tag?: number; current_tag?: number; ended?: boolean; rev: number; by: string; at: string }
export interface PointState extends Point { condition: Condition }
export type ShaftFault = "unbalance" | "misalignment" | "looseness" | "gear";
export interface OrderLine { order: number; hz: number; amplitude: number; level_db: number }
export interface Candidate { fault: ShaftFault; confidence: number; ratio: number; rule: string; evidence: OrderLine[] | null }
export type Combined = components["schemas"]["HealthCombined"];
export type Ballot = components["schemas"]["HealthBallot"];
export type Backtest = components["schemas"]["HealthBacktest"];
export type Left = components["schemas"]["HealthLeft"];
export interface SpectrumLines { step_hz: number; values: number[] }
export interface Mark { element: Element; harmonic: number; hz: number }
export interface Peak { hz: number; amplitude: number; order?: number }
export interface Picture { at: string; unit?: string; reading: Reading; spectrum: SpectrumLines; envelope: SpectrumLines | null; marks: Mark[]; shaft_hz: number | null; peaks: Peak[]; orders: Record<string, number> | null; shaft_findings: { orders: OrderLine[]; velocity: number; mesh: OrderLine[]; candidates: Candidate[]; warnings: Warning[] } | null }
export interface Waterfall { unit?: string; step_hz: number; at: string[]; rows: number[][] }
export interface Bearing { name: string; balls: number; ball_mm: number; pitch_mm: number; angle_deg: number; source: string; verified: string }
export interface ZoneGroup { id: string; name: Name; ab: number; bc: number; cd: number }
export interface Zones { standard: string; source: string; verified: string; groups: ZoneGroup[] }

/** What a person says of a point. */
export type PointEntry = Pick<Point, "name" | "tag" | "bearing" | "rev"> & Partial<Pick<Point, "equipment" | "speed_tag" | "rpm" | "group" | "ended" | "teeth" | "temperature_tag" | "current_tag">>;

export const points = (scope?: string) => queryOptions({ queryKey: ["condition", "points", scope], refetchInterval: 10_000, queryFn: async ({ signal }) => (await api.get<List<PointState>>("/condition/points", { scope, limit: 1000 }, signal)).items });
export const readings = (id: string, q: { from: string; to: string }) =>
  queryOptions({ queryKey: ["condition", id, "readings", q], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Reading>>(`/condition/points/${id}/readings`, { ...q }, signal)).items });
export const picture = (id: string, at: string | undefined) => queryOptions({ queryKey: ["condition", id, "picture", at], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Picture>(`/condition/points/${id}/picture`, { at }, signal) });
export const waterfall = (id: string, q: { from: string; to: string }) => queryOptions({ queryKey: ["condition", id, "waterfall", q], queryFn: ({ signal }) => api.get<Waterfall>(`/condition/points/${id}/waterfall`, { ...q }, signal) });
export const combined = (id: string, at: string | undefined) => queryOptions({ queryKey: ["condition", id, "diagnosis", at], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Combined>(`/condition/points/${id}/diagnosis`, { at }, signal) });
export const backtest = (id: string, q: { from: string; to: string }) => queryOptions({ queryKey: ["condition", id, "backtest", q], queryFn: ({ signal }) => api.get<Backtest>(`/condition/points/${id}/backtest`, { ...q }, signal) });
export const left = (id: string) => queryOptions({ queryKey: ["condition", id, "life"], queryFn: ({ signal }) => api.get<Left>(`/condition/points/${id}/life`, {}, signal) });
export const bearings = queryOptions({ queryKey: ["condition", "bearings"], staleTime: Infinity, queryFn: async ({ signal }) => (await api.get<List<Bearing>>("/condition/bearings", {}, signal)).items });
export const zones = queryOptions({ queryKey: ["condition", "zones"], staleTime: Infinity, queryFn: ({ signal }) => api.get<Zones>("/condition/zones", {}, signal) });
export const addPoint = (p: PointEntry) => api.post<Point>("/condition/points", p);
export const changePoint = (id: string, p: PointEntry) => api.put<Point>(`/condition/points/${id}`, p, p.rev);
