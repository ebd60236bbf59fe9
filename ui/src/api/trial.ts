// What the pages of experiments ask.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Experiment = S["TrialExperiment"];
export type New = S["TrialNew"];
export type Factor = S["TrialFactor"];
export type Response = S["TrialResponse"];
export type Design = S["TrialDesign"];
export type TrialRun = S["TrialRun"];
export type Entered = S["TrialEntered"];
export type Added = S["TrialAdded"];
export type Move = S["TrialMove"];
export type Analysis = S["TrialAnalysis"];
export type Term = S["TrialTerm"];
export type Best = S["TrialBest"];
export type Proposal = S["TrialProposal"];
export type State = Experiment["state"];

export const kinds = ["full", "fraction", "screening", "composite", "box-behnken"] as const;
export const wants = ["maximum", "minimum", "target", "watched"] as const;
export const models = ["main", "pairs", "quadratic"] as const;

export const experiments = queryOptions({ queryKey: ["/experiments"], queryFn: async ({ signal }) => (await api.get<List<Experiment>>("/experiments", { limit: 200 }, signal)).items });
export const experiment = (id: string) => queryOptions({ queryKey: ["/experiments", id], queryFn: ({ signal }) => api.get<Experiment>(`/experiments/${id}`, {}, signal) });
export interface Look { response: number; model?: string | undefined; x: number; y: number }
export const analysis = (id: string, rev: number, look: Look) => queryOptions({
  queryKey: ["/experiments", id, rev, "analysis", look], placeholderData: keepPreviousData, retry: false, queryFn: ({ signal }) => api.get<Analysis>(`/experiments/${id}/analysis`, { ...look }, signal),
});
export const best = (id: string, rev: number) => queryOptions({ queryKey: ["/experiments", id, rev, "best"], retry: false, queryFn: ({ signal }) => api.get<Best>(`/experiments/${id}/best`, {}, signal) });
export const proposal = (id: string, rev: number) => queryOptions({ queryKey: ["/experiments", id, rev, "proposal"], retry: false, queryFn: ({ signal }) => api.get<Proposal>(`/experiments/${id}/proposal`, {}, signal) });
export const tryPlan = (n: New) => api.post<Experiment>("/experiments/try", n);
export const plan = (n: New) => api.post<Experiment>("/experiments", n);
export const enter = (id: string, run: number, e: Entered) => api.put<Experiment>(`/experiments/${id}/runs/${run}`, e);
export const addRun = (id: string, a: Added) => api.post<Experiment>(`/experiments/${id}/runs`, a);
export const move = (id: string, m: Move) => api.post<Experiment>(`/experiments/${id}/state`, m);
