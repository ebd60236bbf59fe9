// What the pages of evaluations and benchmarks ask, in the words of the API's description.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List, Name } from "./types";

type S = components["schemas"];
export type Round = S["EvaluationRound"];
export type RoundHead = S["EvaluationHead"];
export type RoundState = RoundHead["state"];
export type ScoreRow = S["EvaluationRow"];
export type ScoreTerm = S["EvaluationTerm"];
export type ScoreDetail = S["EvaluationDetail"];
export type Objection = S["EvaluationObjection"];
export type Standard = S["EvaluationStandard"];
export type BenchmarkAnswer = S["BenchmarkAnswer"];
export type BenchmarkCell = S["BenchmarkCell"];
export interface Measure { id: string; version: number; name: Name; description: Name; unit: string; digits: number; better: string; formula: string; terms: string[]; source: string; verified: string }

export const standards = queryOptions({ queryKey: ["evaluation-standards"], staleTime: Infinity, queryFn: () => api.get<{ standards: Standard[]; measures: Measure[] }>("/evaluation-standards") });

export interface RoundQuery { state?: string | undefined; standard?: string | undefined; year?: number | undefined; cursor?: string | undefined; limit?: number }
export const rounds = (query: RoundQuery) =>
  queryOptions({ queryKey: ["evaluations", query], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<List<RoundHead>>("/evaluations", { ...query }, signal) });
export const round = (id: string) => queryOptions({ queryKey: ["evaluation", id], queryFn: ({ signal }) => api.get<Round>(`/evaluations/${id}`, {}, signal) });

export interface ScoreQuery { revision?: number | undefined; class?: string | undefined; unscored?: boolean | undefined; sector?: string | undefined; q?: string | undefined; cursor?: string | undefined; limit?: number }
export const scores = (id: string, rev: number, query: ScoreQuery) =>
  queryOptions({ queryKey: ["evaluation-scores", id, rev, query], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<List<ScoreRow>>(`/evaluations/${id}/scores`, { ...query }, signal) });
export const scoreOf = (id: string, firm: string, revision: number) =>
  queryOptions({ queryKey: ["evaluation-score", id, firm, revision], queryFn: ({ signal }) => api.get<ScoreDetail>(`/evaluations/${id}/scores/${firm}`, { revision }, signal) });

export interface BenchmarkQuery { measure: string; year: number; region?: string | undefined; sector?: string | undefined; by: "region" | "sector"; firm?: string | undefined }
export const benchmarks = (query: BenchmarkQuery) =>
  queryOptions({ queryKey: ["benchmarks", query], retry: false, placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<BenchmarkAnswer>("/benchmarks", { ...query }, signal) });

export const ifMatch = (rev: number): Record<string, string> => ({ "If-Match": `"${rev}"` });
