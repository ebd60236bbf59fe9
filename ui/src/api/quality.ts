// What the pages of quality ask. Instants are RFC 3339 in UTC, values in the unit of their characteristic.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Characteristic = S["QualityCharacteristic"];
export type View = S["QualityView"];
export type Point = S["QualityPoint"];
export type MemoryView = S["QualityMemoryView"];
export type MemoryKind = MemoryView["kind"];
export const memoryKinds = ["ewma", "cusum", "short-run", "t2"] as const satisfies readonly MemoryKind[];
export type DueList = S["QualityDueList"];
export type Subgroup = S["QualitySubgroup"];
export type Broken = S["QualityBroken"];
export type Limits = S["QualityLimits"];
export type Note = S["QualityNote"];
export type Measurement = S["QualityMeasurement"];
export type Measured = S["QualityMeasured"];
export type NewLimits = S["QualityNewLimits"];
export type Tried = S["QualityTried"];
export type Capability = S["Capability"];
export type Index = S["SheetIndex"];
export type Gauge = S["QualityGauge"];
export type GaugeStudy = S["GaugeStudy"];
export type Lot = S["QualityLot"];
export type Case = S["QualityCase"];
export type CaseState = NonNullable<Case["state"]>;
export type DefectCount = S["QualityDefectCount"];

export const rules = ["r1", "r2", "r3", "r4", "n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"] as const;
export const causes = ["tool", "material", "machine", "person", "method", "environment", "measurement"] as const;

const page = { initialPageParam: "", getNextPageParam: <T>(last: List<T>) => last.next || undefined };

export const characteristics = (scope?: string) => queryOptions({
  queryKey: ["/characteristics", scope], queryFn: async ({ signal }) => (await api.get<List<Characteristic>>("/characteristics", { scope, limit: 500 }, signal)).items,
});
export const chart = (id: string, from: string, to: string) => queryOptions({
  queryKey: ["/characteristics", id, "chart", from, to], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<View>(`/characteristics/${id}/chart`, { from, to }, signal),
});
export const signals = (id: string, from: string, to: string, rule: string) => infiniteQueryOptions({
  queryKey: ["/characteristics", id, "signals", from, to, rule], ...page, queryFn: ({ signal, pageParam }) => api.get<List<Broken>>(`/characteristics/${id}/signals`, { from, to, rule: rule || undefined, limit: 50, cursor: pageParam || undefined }, signal),
});
export const memory = (id: string, kind: MemoryKind, others: string[], from: string, to: string) => queryOptions({
  queryKey: ["/characteristics", id, "memory-chart", kind, others, from, to], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<MemoryView>(`/characteristics/${id}/memory-chart`, { kind, with: others.join(",") || undefined, from, to }, signal),
});
export const capability = (id: string, from: string, to: string) => queryOptions({
  queryKey: ["/characteristics", id, "capability", from, to], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Capability>(`/characteristics/${id}/capability`, { from, to }, signal),
});
export const lots = (id: string) => infiniteQueryOptions({
  queryKey: ["/characteristics", id, "lots"], ...page, queryFn: ({ signal, pageParam }) => api.get<List<Lot>>(`/characteristics/${id}/lots`, { cursor: pageParam || undefined }, signal),
});
export const lotPlan = (id: string, size: number) => queryOptions({ queryKey: ["/characteristics", id, "plan", size], queryFn: ({ signal }) => api.get<Lot>(`/characteristics/${id}/plan`, { size }, signal) });
export const gauges = (scope?: string) => queryOptions({ queryKey: ["/gauges", scope], queryFn: async ({ signal }) => (await api.get<List<Gauge>>("/gauges", { scope, limit: 500 }, signal)).items });
export const studies = (gauge?: string) => queryOptions({ queryKey: ["/gauge-studies", gauge], queryFn: async ({ signal }) => (await api.get<List<GaugeStudy>>("/gauge-studies", { gauge }, signal)).items });
export const cases = (q: { open?: true | undefined; scope?: string | undefined }) => infiniteQueryOptions({
  queryKey: ["/nonconformances", q], ...page, queryFn: ({ signal, pageParam }) => api.get<List<Case>>("/nonconformances", { ...q, cursor: pageParam || undefined }, signal),
});
export type Supplier = S["QualitySupplier"];
export const suppliers = (from: string, to: string, scope?: string) => queryOptions({
  queryKey: ["/suppliers", from, to, scope], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Supplier>>("/suppliers", { from, to, scope }, signal)).items,
});
export const defects = (from: string, to: string, scope?: string) => queryOptions({
  queryKey: ["/defects", from, to, scope], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<DefectCount>>("/defects", { from, to, scope }, signal)).items,
});
