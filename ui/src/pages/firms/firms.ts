import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "../../api/client";
import type * as T from "../../api/types";

/** What the address says of the list. */
export interface FirmsSearch { tab?: string; q?: string; region?: string; industry?: string; size?: string; mark?: string; sort?: string; firm?: string }

/** The filter as the API takes it. */
export function queryOf(s: FirmsSearch): Record<string, string | boolean | undefined> {
  return { q: s.q, region: s.region, industry: s.industry, size: s.size, sort: s.sort, above_scale: s.mark === "above" || undefined, backbone: s.mark === "backbone" || undefined, doubt: s.mark === "doubt" || undefined };
}

const page = 50;

export const firmList = (s: FirmsSearch) => infiniteQueryOptions({
  queryKey: ["firms", queryOf(s)],
  queryFn: ({ pageParam, signal }) => api.get<T.List<T.Firm>>("/firms", { ...queryOf(s), limit: page, cursor: pageParam || undefined }, signal),
  initialPageParam: "",
  getNextPageParam: (last) => last.next,
});

export const firm = (id: string) => queryOptions({ queryKey: ["firm", id], queryFn: ({ signal }) => api.get<T.Firm>(`/firms/${id}`, {}, signal) });
export const firmHistory = (id: string) => queryOptions({ queryKey: ["firm-history", id], queryFn: ({ signal }) => api.get<T.List<T.FirmChange>>(`/firms/${id}/history`, {}, signal) });
export const industries = queryOptions({ queryKey: ["industries"], staleTime: Infinity, queryFn: () => api.get<T.List<T.Industry>>("/industries", { within: "C" }) });
export const firmImports = queryOptions({ queryKey: ["firm-imports"], queryFn: () => api.get<T.List<T.FirmImport>>("/firm-imports") });

/** Money of the registry is in fen; people read 万元. */
export const wan = (fen: number): string => (fen / 1_000_000).toLocaleString("zh-CN", { maximumFractionDigits: 2 });

/** The newest year of which something is known. */
export const newest = (years: T.FirmYear[] | undefined): T.FirmYear | undefined => years?.[years.length - 1];

/** Fields in which two states of a firm differ, for the history. */
export function differs(was: T.Firm | undefined, is: T.Firm): (keyof T.Firm)[] {
  const fields = ["name", "code", "region", "industry", "size", "above_scale", "backbone", "cluster", "systems", "cloud", "years", "closed", "merged", "remark"] as const;
  return fields.filter((f) => JSON.stringify(was?.[f] ?? null) !== JSON.stringify(is[f] ?? null));
}
