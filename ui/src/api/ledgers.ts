// What the pages of registers, returns and tasks ask, in the words of the API's description.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Entry = S["TargetEntry"];
export type EntryRow = S["LedgerRow"];
export type EntryChange = S["TargetChange"];
export type FirmYear = S["LedgerFirmYear"];
export type Return = S["TargetReturn"];
export type Plan = S["LedgerPlan"];
export type Planned = S["LedgerPlanned"];
export type Settings = S["TargetSettings"];
export type SettingsChange = S["TargetSettingsChange"];
export type Ledger = "robots" | "returns";

export interface EntryQuery { kind?: string | undefined; firm?: string | undefined; region?: string | undefined; year?: number | undefined; ending?: number | undefined; q?: string | undefined; void?: boolean | undefined }
export const entries = (query: EntryQuery) =>
  infiniteQueryOptions({
    queryKey: ["register-entries", query], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<EntryRow>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<EntryRow>>("/register-entries", { ...query, limit: 50, cursor: pageParam || undefined }, signal),
  });
export const entryHistory = (id: string) => queryOptions({ queryKey: ["register-entry-history", id], queryFn: ({ signal }) => api.get<List<EntryChange>>(`/register-entries/${id}/history`, {}, signal) });

export interface YearQuery { firm?: string | undefined; region?: string | undefined; year?: number | undefined; basis?: string | undefined; q?: string | undefined }
export const firmYears = (query: YearQuery) =>
  infiniteQueryOptions({
    queryKey: ["firm-years", query], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<FirmYear>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<FirmYear>>("/firm-years", { ...query, limit: 50, cursor: pageParam || undefined }, signal),
  });
export const yearHistory = (firm: string, year: number) =>
  queryOptions({ queryKey: ["firm-year-history", firm, year], queryFn: ({ signal }) => api.get<List<Return>>("/firm-years/history", { firm, year }, signal) });

export const targetSettings = queryOptions({ queryKey: ["target-settings"], queryFn: ({ signal }) => api.get<Settings>("/target-settings", {}, signal) });
export const settingsHistory = queryOptions({ queryKey: ["target-settings-history"], queryFn: ({ signal }) => api.get<List<SettingsChange>>("/target-settings/history", {}, signal) });

export type TaskRow = S["TaskRow"];
export type Task = S["TaskTask"];
export type TaskChange = S["TaskChange"];
export type Organisation = S["Organisation"];
export type Unit = S["TaskUnit"];
export type UnitChange = S["TaskUnitChange"];

export interface TaskQuery { year: number; target?: string | undefined; region?: string | undefined; unit?: string | undefined }
export const targetTasks = (query: TaskQuery) =>
  queryOptions({ queryKey: ["target-tasks", query], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<List<TaskRow>>("/target-tasks", { ...query }, signal) });
export const taskHistory = (id: string) => queryOptions({ queryKey: ["target-task-history", id], queryFn: ({ signal }) => api.get<List<TaskChange>>(`/target-tasks/${id}/history`, {}, signal) });
export const organisations = queryOptions({ queryKey: ["organisations"], queryFn: ({ signal }) => api.get<List<Organisation>>("/organisations", {}, signal) });
export const unitHistory = (id: string) => queryOptions({ queryKey: ["organisation-history", id], queryFn: ({ signal }) => api.get<List<UnitChange>>(`/organisations/${id}/history`, {}, signal) });
