// What the pages ask of energy by order, part and class of machine.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Allocation = S["EnergyAllocation"];
export type Share = S["EnergyShare"];
export type OrderShare = S["EnergyOrderShare"];
export type DoingShare = S["EnergyDoingShare"];
export type PerPart = S["EnergyPerPart"];
export type OrderEnergy = S["EnergyOrderEnergy"];
export type Benchmark = S["EnergyBenchmark"];
export type ClassCompare = S["EnergyClassCompare"];
export type MachineCompare = S["EnergyMachineCompare"];
export type Replacement = S["EnergyReplacement"];
export type ReplacementView = S["EnergyReplacementView"];
export type MonthCharge = S["EnergyMonthCharge"];
export type ChargeUse = S["EnergyChargeUse"];
export type LoadShift = S["EnergyLoadShift"];
export type Quality = S["EnergyQuality"];
export type Keeping = S["EnergyKeeping"];
export type Grades = S["EnergyGrades"];

interface Window { from: string; to: string }

const ask = <T>(place: string, what: string, query: object) =>
  queryOptions({ queryKey: ["energy", place, what, query], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<T>(`/energy/${place}/${what}`, { ...query }, signal) });
export const allocation = (place: string, w: Window) => ask<Allocation>(place, "allocation", w);
export const benchmark = (place: string, w: Window) => ask<Benchmark>(place, "benchmark", w);
export const charge = (place: string, month: string) => ask<MonthCharge>(place, "charge", { month });
export const shifting = (place: string, until: string) => queryOptions({ queryKey: ["energy", place, "shifting", until], staleTime: 60_000, queryFn: ({ signal }) => api.get<LoadShift>(`/energy/${place}/shifting`, { until }, signal) });
export const takeShift = (s: LoadShift) => api.post<{ id: string; number: number }>(`/plans/${s.plan}/shift`, { moves: s.jobs.map((j) => ({ order: j.order, job: j.job, equipment: j.equipment, start: j.new_from })) });
export const powerQuality = (place: string, q: Window & { meter: string | undefined; system: string }) => ask<Quality>(place, "power-quality", q);
export const orderEnergy = (id: string) => queryOptions({ queryKey: ["energy", "order", id], queryFn: ({ signal }) => api.get<OrderEnergy>(`/orders/${id}/energy`, {}, signal) });
export const replacements = (place: string) => queryOptions({ queryKey: ["energy", place, "replacements"], queryFn: async ({ signal }) => (await api.get<List<ReplacementView>>(`/energy/${place}/replacements`, {}, signal)).items });
export const saveReplacement = ({ path: _path, by: _by, at: _at, ...r }: Replacement) => api.post<Replacement>(`/energy/${r.place}/replacements`, r);
