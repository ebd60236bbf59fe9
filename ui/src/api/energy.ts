// What the pages of energy ask, in the words of the API's description.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Network = S["EnergyNetwork"];
export type Meter = S["EnergyMeter"];
export type Balance = S["EnergyBalance"];
export type BalanceNode = S["EnergyNode"];
export type Amount = S["EnergyAmount"];
export type Demand = S["EnergyDemand"];
export type Cost = S["EnergyCost"];
export type Standby = S["EnergyStandby"];
export type MachineStandby = S["EnergyMachineStandby"];
export type Baseline = S["EnergyBaseline"];
export type Ask = S["EnergyAsk"];
export type Variable = S["EnergyVariable"];
export type Report = S["EnergyReport"];
export type Tables = S["EnergyTables"];
export type TariffUse = S["EnergyTariffUse"];

export const media = ["electricity", "gas", "steam", "water", "air", "heat"] as const;
export const hourKinds = ["sharp", "peak", "flat", "valley", "deep_valley"] as const;
export const doings = ["producing", "setup", "startup", "standby", "down", "off", "unknown"] as const;
export const everies = ["hour", "shift", "day", "week"] as const;
export const variableKinds = ["good", "produced", "busy_hours", "weekend", "meter"] as const;

interface Window { from: string; to: string }

export const networks = queryOptions({ queryKey: ["energy"], queryFn: async ({ signal }) => (await api.get<List<Network>>("/energy", {}, signal)).items });
export const tables = queryOptions({ queryKey: ["energy", "tables"], staleTime: Infinity, queryFn: ({ signal }) => api.get<Tables>("/energy-tables", {}, signal) });
export const meterRevisions = (place: string) => queryOptions({ queryKey: ["energy", place, "meters"], queryFn: async ({ signal }) => (await api.get<List<Network>>(`/energy/${place}/meters`, {}, signal)).items });
export const proposal = (place: string) => api.get<Network>(`/energy/${place}/proposal`);
export const saveMeters = ({ path: _path, by: _by, at: _at, ...n }: Network) => api.put<Network>(`/energy/${n.place}/meters`, n);

const ask = <T>(place: string, what: string, query: object) =>
  queryOptions({ queryKey: ["energy", place, what, query], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<T>(`/energy/${place}/${what}`, { ...query }, signal) });
export const balance = (place: string, w: Window) => ask<Balance>(place, "balance", w);
export const demand = (place: string, w: Window & { meter: string | undefined }) => ask<Demand>(place, "demand", w);
export const cost = (place: string, w: Window & { meter: string | undefined }) => ask<Cost>(place, "cost", w);
export const standby = (place: string, w: Window) => ask<Standby>(place, "standby", w);
export const baselines = (place: string) => queryOptions({ queryKey: ["energy", place, "baselines"], queryFn: async ({ signal }) => (await api.get<List<Baseline>>(`/energy/${place}/baselines`, {}, signal)).items });
export const report = (place: string, code: string, q: { rev?: number | undefined; confidence?: number | undefined }) => ask<Report>(place, `baselines/${code}/report`, q);
export const tryBaseline = (a: Ask) => api.post<Baseline>(`/energy/${a.place}/baselines/try`, a);
export const saveBaseline = (a: Ask) => api.post<Baseline>(`/energy/${a.place}/baselines`, a);
