// What the pages of diagnoses ask, in the words of the API's description.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Diagnosis = S["DiagnosisView"];
export type DiagnosisHead = S["DiagnosisHead"];
export type DiagnosisState = DiagnosisHead["state"];
export type DiagnosisStep = S["DiagnosisStep"];
export type Edition = S["DiagnosisEdition"];
export type EditionNode = S["DiagnosisNode"];
export type Requirement = S["DiagnosisRequirement"];
export type Evidence = S["DiagnosisEvidence"];
export type Answer = S["DiagnosisAnswer"];
export type Grade = Answer["grade"];
export type Plan = S["DiagnosisPlan"];
export type Expert = S["DiagnosisExpert"];
export type Measure = S["DiagnosisMeasure"];
export type Visit = S["DiagnosisVisit"];
export type ProofFile = S["DiagnosisFile"];
export type DiagnosisFirm = S["DiagnosisFirm"];

export type DiagnosisProgress = S["DiagnosisProgress"];

export interface DiagnosisQuery { state?: string | undefined; region?: string | undefined; sector?: string | undefined; q?: string | undefined; cursor?: string | undefined; limit?: number }

export const diagnoses = (query: DiagnosisQuery) =>
  queryOptions({ queryKey: ["diagnoses", query], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<List<DiagnosisHead>>("/diagnoses", { ...query }, signal) });
export const diagnosis = (id: string) =>
  queryOptions({ queryKey: ["diagnosis", id], queryFn: ({ signal }) => api.get<Diagnosis>(`/diagnoses/${id}`, {}, signal) });
export const diagnosisHistory = (id: string, rev: number) =>
  queryOptions({ queryKey: ["diagnosis-history", id, rev], queryFn: async ({ signal }) => (await api.get<List<DiagnosisStep>>(`/diagnoses/${id}/history`, {}, signal)).items });
export const editions = queryOptions({ queryKey: ["maturity-editions"], staleTime: Infinity, queryFn: async () => (await api.get<List<Edition>>("/maturity-editions")).items });
export const edition = (id: string, version: number) =>
  queryOptions({ queryKey: ["maturity-edition", id, version], staleTime: Infinity, queryFn: () => api.get<Edition>(`/maturity-editions/${id}`, { version }) });
export const diagnosisFirms = (q: string) =>
  queryOptions({ queryKey: ["diagnosis-firms", q], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<List<DiagnosisFirm>>("/diagnosis-firms", { q }, signal)).items });

export const diagnosisProgress = (by: string) =>
  queryOptions({ queryKey: ["diagnosis-progress", by], queryFn: async ({ signal }) => (await api.get<List<DiagnosisProgress>>("/diagnosis-progress", { by }, signal)).items });

/** One change of a diagnosis at the revision that was seen; gives what it made. */
export const changeDiagnosis = (method: "post" | "put", d: Diagnosis, part: string, body: unknown) =>
  method === "put" ? api.put<Diagnosis>(`/diagnoses/${d.id}/${part}`, body, d.rev) : api.post<Diagnosis>(`/diagnoses/${d.id}/${part}`, body, {}, { "If-Match": `"${d.rev}"` });
