// What the pages of reports ask, in the words of the API's description.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type ReportLine = S["ReportingLine"];
export type ReportView = S["ReportingView"];
export type ReportRow = S["ReportingRow"];
export type ReportValue = S["ReportingValue"];
export type ReportState = ReportLine["state"];
export type ReportDone = S["ReportingStep"];
export type ReportPart = S["ReportingPart"];
export type Possible = S["ReportingPossible"];
export type Period = S["ReportingPeriod"];
export type Scores = S["ReportingScores"];
export type Score = S["ReportingScore"];
export type Comparison = S["ReportingComparison"];
export type CityRow = S["ReportingCityRow"];
export type Froze = S["ReportingFroze"];
export type ReportStation = S["ReportingStation"];
export type StepKind = S["ReportStep"]["what"];

export const reportCalendar = queryOptions({ queryKey: ["report-calendar"], staleTime: 600_000, queryFn: ({ signal }) => api.get<S["ReportCalendar"]>("/report-calendar", {}, signal) });
export const reports = (period: string) =>
  queryOptions({ queryKey: ["reports", period], placeholderData: keepPreviousData, enabled: period !== "", queryFn: async ({ signal }) => (await api.get<List<ReportLine>>("/reports", { period }, signal)).items });
export const reportDues = queryOptions({ queryKey: ["report-dues"], queryFn: async ({ signal }) => (await api.get<List<ReportLine>>("/report-dues", {}, signal)).items });
export const report = (id: string, revision?: number) =>
  queryOptions({ queryKey: ["report", id, revision ?? 0], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<ReportView>(`/reports/${id}`, { revision }, signal) });
export const reportScores = (period: string) =>
  queryOptions({ queryKey: ["report-scores", period], placeholderData: keepPreviousData, enabled: period !== "", queryFn: ({ signal }) => api.get<Scores>("/report-scores", { period }, signal) });
export const comparison = (period: string, indicator: string) =>
  queryOptions({ queryKey: ["report-comparison", period, indicator], placeholderData: keepPreviousData, enabled: period !== "", queryFn: ({ signal }) => api.get<Comparison>("/report-comparison", { period, indicator }, signal) });

/** Freezes the figures of a region, and with below those of every region in it. */
export const freezeReports = (period: string, region: string, below: boolean) => api.post<Froze>("/reports", { period, region, below });

/** One step of a report at the revision that was seen. */
export const stepReport = (of: { id: string; rev: number }, what: StepKind, words: string) =>
  api.post<S["ReportingHead"]>(`/reports/${of.id}/steps`, { what, words: words || undefined }, {}, { "If-Match": `"${of.rev}"` });
