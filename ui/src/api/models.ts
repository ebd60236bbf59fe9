// What the page of models asks: studies, versions that were trained, what those at work say. Instants are RFC 3339 in UTC.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ApiError } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Study = S["LearnStudy"];
export type Input = S["LearnInput"];
export type Target = S["LearnTarget"];
export type Version = S["LearnVersion"];
export type Told = S["LearnTold"];
export type Training = S["LearnTraining"];
export type Preview = S["LearnPreview"];
export type Dropped = S["LearnDropped"];
export type Reading = S["LearnReading"];
export type Drift = S["LearnDrift"];
export type Contribution = S["LearnContribution"];
export type ModelBacktest = S["LearnBacktest"];
export type Repeated = S["LearnRepeated"];

export const goals = ["normal", "value", "failure", "life"] as const;
export const kinds = ["trees", "ridge", "network"] as const;
export const stats = ["mean", "sd", "min", "max", "slope"] as const;

export const studies = (scope?: string) => queryOptions({ queryKey: ["/model-studies", scope], queryFn: async ({ signal }) => (await api.get<List<Study>>("/model-studies", { scope, limit: 500 }, signal)).items });
export const study = (id: string) => queryOptions({ queryKey: ["/model-studies", "one", id], queryFn: ({ signal }) => api.get<Study>(`/model-studies/${id}`, {}, signal) });
export const versions = (id: string) => queryOptions({ queryKey: ["/model-studies", "versions", id], queryFn: async ({ signal }) => (await api.get<List<Version>>(`/model-studies/${id}/versions`, { limit: 200 }, signal)).items });
export const version = (id: string) => queryOptions({ queryKey: ["/model-versions", id], staleTime: Infinity, queryFn: ({ signal }) => api.get<Version>(`/model-versions/${id}`, {}, signal) });
export const under = (t: Training | null | undefined) => t?.state === "reading" || t?.state === "learning";
/** The last training since the node began; null when there was none. One that runs is asked for again and again. */
export const training = (id: string) => queryOptions<Training | null>({
  queryKey: ["/model-studies", "training", id], refetchInterval: (q): number | false => (under(q.state.data) ? 700 : false),
  queryFn: async ({ signal }): Promise<Training | null> => {
    try {
      return await api.get<Training>(`/model-studies/${id}/training`, {}, signal);
    } catch (err) {
      if (err instanceof ApiError && err.status === 404) return null;
      throw err;
    }
  },
});
type Span = { from: string; to: string };
export const readings = (id: string, q: Span & { equipment?: string }) => queryOptions({ queryKey: ["/model-versions", id, "readings", q], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Reading>>(`/model-versions/${id}/readings`, { ...q }, signal)).items });
export const drift = (id: string, q: Span) => queryOptions({ queryKey: ["/model-versions", id, "drift", q], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<Drift>>(`/model-versions/${id}/drift`, { ...q }, signal)).items });
export const contributions = (id: string, equipment: string, at: string) => queryOptions({ queryKey: ["/model-versions", id, "contributions", equipment, at], queryFn: async ({ signal }) => (await api.get<List<Contribution>>(`/model-versions/${id}/contributions`, { equipment, at }, signal)).items });
export const backtest = (id: string, q: Span) => queryOptions({ queryKey: ["/model-versions", id, "backtest", q], queryFn: ({ signal }) => api.get<ModelBacktest>(`/model-versions/${id}/backtest`, { ...q }, signal) });
export const saveStudy = (s: Study) => api.post<Study>("/model-studies", s);
export const previewStudy = (s: Study) => api.post<Preview>("/model-studies/preview", s);
export const train = (id: string) => api.post<Training>(`/model-studies/${id}/training`);
export const stopTraining = (id: string) => api.del<Training>(`/model-studies/${id}/training`);
export const serve = (id: string, m: S["LearnMove"]) => api.post<Study>(`/model-studies/${id}/service`, m);
export const repeat = (id: string, q: Span) => api.post<Repeated>(`/model-studies/${id}/readings`, q);
