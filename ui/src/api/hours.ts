// What the page of hours and piece work asks.

import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { Definition, Figure, List } from "./types";

type S = components["schemas"];
export type Worked = S["ProductionWorked"];
export type PersonHours = S["AttendancePerson"];
export type WorkerFigures = Omit<S["WorkerFigures"], "figures"> & { figures: Figure[] };

export interface HoursQuery { from: string; to: string; person?: string | undefined; place?: string | undefined }
export const workHours = (q: HoursQuery) => queryOptions({ queryKey: ["/work-hours", q], queryFn: async ({ signal }) => (await api.get<List<Worked>>("/work-hours", { ...q }, signal)).items });
export const workerFigures = (q: HoursQuery) => queryOptions({ queryKey: ["/worker-figures", q], queryFn: ({ signal }) => api.get<WorkerFigures>("/worker-figures", { ...q }, signal) });
export const workerDefinitions = queryOptions({ queryKey: ["/worker-figure-definitions"], staleTime: Infinity, queryFn: ({ signal }) => api.get<List<Definition>>("/worker-figure-definitions", {}, signal) });
