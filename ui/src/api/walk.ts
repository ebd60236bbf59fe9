// What the pages ask on the way from a province's figure to a machine's samples,
// and what a firm asks of those who looked.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type * as T from "./types";

export interface About { id: string; region?: string | undefined; year: number }

export const breakdown = ({ id, region, year }: About, counties = false) =>
  queryOptions({ queryKey: ["breakdown", id, region, year, counties], queryFn: ({ signal }) => api.get<T.Breakdown>(`/indicators/${id}/breakdown`, { region, year, counties: counties || undefined }, signal) });
/** Another word when figures may be others; asked all the time, because it costs little. */
export const indicatorsState = (region: string | undefined, year: number) =>
  queryOptions({ queryKey: ["indicators-state", region, year], refetchInterval: 1_000, queryFn: async ({ signal }) => (await api.get<T.FiguresState>("/indicators-state", { region, year }, signal)).state });
/** The official map, if one was installed: it is the same as long as the node runs. */
export const officialMap = queryOptions({ queryKey: ["map"], staleTime: Infinity, queryFn: ({ signal }) => api.get<T.OfficialMap>("/map", {}, signal) });
export const trend = ({ id, region, year }: About, first: number) =>
  queryOptions({ queryKey: ["indicator-trend", id, region, year, first], queryFn: async ({ signal }) => (await api.get<T.List<T.TrendPoint>>(`/indicators/${id}/trend`, { region, year, first }, signal)).items });
export const contributions = (firm: string, year: number) =>
  queryOptions({ queryKey: ["firm-indicators", firm, year], queryFn: async ({ signal }) => (await api.get<T.List<T.Contribution>>(`/firms/${firm}/indicators`, { year }, signal)).items });
export const machineMonths = (firm: string, year: number) =>
  queryOptions({ queryKey: ["machine-months", firm, year], queryFn: ({ signal }) => api.get<T.MachineMonths>("/machine-months", { firm, year }, signal) });
export const machineDays = (machine: string, from: string, to: string) =>
  queryOptions({ queryKey: ["machine-days", machine, from, to], placeholderData: keepPreviousData, queryFn: async ({ signal }) => (await api.get<T.List<T.MachineDay>>("/machine-days", { machine, from, to }, signal)).items });
export const machinePlant = (machine: string) =>
  queryOptions({ queryKey: ["machine-plant", machine], queryFn: ({ signal }) => api.get<T.PlantLink>(`/machine-plants/${machine}`, {}, signal) });

/** Whether the firm's node can be reached changes by itself. */
export const evidenceSource = (equipment: string) =>
  queryOptions({ queryKey: ["evidence-source", equipment], retry: false, refetchInterval: 15_000, queryFn: ({ signal }) => api.get<T.EvidenceState>("/evidence-source", { equipment }, signal) });
/** Asked again until the firm has decided, and then now and then: what is granted can be withdrawn. */
export const evidenceState = (equipment: string, request: string) =>
  queryOptions({ queryKey: ["evidence-state", equipment, request], retry: false, refetchInterval: (q: { state: { data?: T.EvidenceState | undefined } }) => (q.state.data?.state === "granted" ? 15_000 : 2_000),
    queryFn: ({ signal }) => api.get<T.EvidenceState>(`/evidence-requests/${request}/state`, { equipment }, signal) });
export const myRequests = (equipment: string) =>
  queryOptions({ queryKey: ["my-requests", equipment], queryFn: async ({ signal }) => (await api.get<T.List<T.EvidenceRequest>>("/my-evidence-requests", { equipment }, signal)).items });
export const evidencePage = (request: string, q: { equipment: string; office: string; tag: string; day: string; hour: number }) =>
  queryOptions({ queryKey: ["evidence-page", request, q], retry: false, staleTime: 60_000, refetchOnWindowFocus: false, queryFn: ({ signal }) => api.get<T.EvidencePage>(`/evidence-requests/${request}/page`, { ...q }, signal) });

export const receivedRequests = queryOptions({ queryKey: ["received-requests"], refetchInterval: 5_000, queryFn: async ({ signal }) => (await api.get<T.List<T.EvidenceRequest>>("/evidence-requests", {}, signal)).items });
export const sharingPolicy = queryOptions({ queryKey: ["sharing-policy"], queryFn: ({ signal }) => api.get<T.SharingPolicy>("/sharing-policy", {}, signal) });
export const sharingHistory = queryOptions({ queryKey: ["sharing-history"], queryFn: async ({ signal }) => (await api.get<T.List<T.SharingKept>>("/sharing-policy/history", {}, signal)).items });
