// What the pages of experts and of advice ask, in the words of the API's description.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Query } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Expert = S["ExpertExpert"];
export type Interest = S["ExpertInterest"];
export type Dispatch = S["ExpertDispatch"];
export type Assignment = S["ExpertAssignment"];
export type Candidate = S["ExpertCandidate"];
export type Station = S["ExpertStation"];
export type StationVisit = S["ExpertVisit"];
export type Advice = S["AdviceAdvice"];
export type AdviceFile = S["AdviceFile"];
export interface Change<T> { is: T; at: number; who: string }

const pages = <T>(path: string, query: Query) =>
  infiniteQueryOptions({
    queryKey: [path, query], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<T>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { ...query, limit: 50, cursor: pageParam || undefined }, signal),
  });

export const experts = (query: Query) => pages<Expert>("/experts", query);
export const dispatches = (query: Query) => pages<Dispatch>("/expert-dispatches", query);
export const stations = (query: Query) => pages<Station>("/expert-stations", query);
export const adviceList = (query: Query) => pages<Advice>("/advice", query);

export const dispatch = (id: string) => queryOptions({ queryKey: ["/expert-dispatches", "one", id], queryFn: ({ signal }) => api.get<Dispatch>(`/expert-dispatches/${id}`, {}, signal) });
export const candidates = (id: string, rev: number) => queryOptions({ queryKey: ["/expert-dispatches", "candidates", id, rev], queryFn: async ({ signal }) => (await api.get<List<Candidate>>(`/expert-dispatches/${id}/candidates`, {}, signal)).items });
export const visits = (station: string) => queryOptions({ queryKey: ["/expert-stations", "visits", station], queryFn: async ({ signal }) => (await api.get<List<StationVisit>>(`/expert-stations/${station}/visits`, {}, signal)).items });
export const advice = (id: string) => queryOptions({ queryKey: ["/advice", "one", id], queryFn: ({ signal }) => api.get<Advice>(`/advice/${id}`, {}, signal) });

/** Every revision of what stands at a path, oldest first. */
export const past = <T>(path: string, rev: number) => queryOptions({ queryKey: [path, "history", rev], queryFn: async ({ signal }) => (await api.get<List<Change<T>>>(`${path}/history`, {}, signal)).items });

/** One step at the revision that was seen. */
export const step = <T>(path: string, rev: number, body: unknown) => api.post<T>(path, body, {}, { "If-Match": `"${rev}"` });
