// What the pages of machines' runs ask: runs, golden batches, screenings of causes.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Cut = S["BatchCut"];
export type Run = S["BatchRun"];
export type RunSignal = S["BatchSignal"];
export type Golden = S["BatchGolden"];
export type Asked = S["BatchAsked"];
export type Chosen = S["BatchChosen"];
export type Beside = S["BatchBeside"];
export type Course = S["BatchSignalCourse"];
export type Place = S["BatchPlace"];
export type Question = S["BatchQuestion"];
export type Screening = S["BatchScreening"];
export type Cause = S["BatchCause"];

export const ways = ["job", "state", "signal", "time"] as const;

export const goldens = queryOptions({ queryKey: ["/golden-batches"], queryFn: async ({ signal }) => (await api.get<List<Golden>>("/golden-batches", { limit: 200 }, signal)).items });
export const goldenRevisions = (id: string) => queryOptions({ queryKey: ["/golden-batches", id, "revisions"], queryFn: async ({ signal }) => (await api.get<List<Golden>>(`/golden-batches/${id}/revisions`, {}, signal)).items });
export const goldenRuns = (id: string, from: string, to: string) => queryOptions({
  queryKey: ["/golden-batches", id, "runs", from, to], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Beside>>(`/golden-batches/${id}/runs`, { from, to }, signal)).items,
});
/** One run beside a golden batch; one that runs is asked for again and again. */
export const comparison = (id: string, from: string, to: string | undefined) => queryOptions({
  queryKey: ["/golden-batches", id, "comparison", from, to], refetchInterval: to ? false : 10_000, placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Beside>(`/golden-batches/${id}/comparison`, { from, to }, signal),
});
export const runSignals = (equipment: string) => queryOptions({ queryKey: ["/run-signals", equipment], enabled: equipment !== "", queryFn: async ({ signal }) => (await api.get<List<RunSignal>>(`/run-signals/${equipment}`, {}, signal)).items });
export interface RunsAsked { equipment: string; item?: string; cut: Cut; from: string; to: string }
export const findRuns = async (a: RunsAsked): Promise<Run[]> => (await api.post<List<Run>>("/machine-runs", a)).items;
export const tryGolden = (a: Asked) => api.post<Golden>("/golden-batches/try", a);
export const saveGolden = (a: Asked) => api.post<Golden>("/golden-batches", a);

export const screenings = queryOptions({ queryKey: ["/cause-screenings"], queryFn: async ({ signal }) => (await api.get<List<Screening>>("/cause-screenings", { limit: 100 }, signal)).items });
export const screening = (id: string) => queryOptions({ queryKey: ["/cause-screenings", id], queryFn: ({ signal }) => api.get<Screening>(`/cause-screenings/${id}`, {}, signal) });
export const screen = (q: Question) => api.post<Screening>("/cause-screenings", q);
