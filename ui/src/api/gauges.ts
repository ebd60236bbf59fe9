// What the page of a gauge asks: how it holds by its master, and what is in doubt. Values in the unit of the gauge.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type GaugeView = S["QualityGaugeView"];
export type GaugeEvidence = S["QualityEvidence"];
export type Check = S["QualityCheck"];
export type Adjustment = S["QualityAdjustment"];
export type CheckPoint = S["QualityCheckPoint"];
export type Doubts = S["QualityDoubts"];

export const stability = (id: string) => queryOptions({ queryKey: ["/gauges", id, "stability"], refetchInterval: 10_000, queryFn: ({ signal }) => api.get<GaugeView>(`/gauges/${id}/stability`, {}, signal) });
export const checks = (id: string) => infiniteQueryOptions({
  queryKey: ["/gauges", id, "checks"], initialPageParam: "", getNextPageParam: (last: List<Check>) => last.next || undefined,
  queryFn: ({ signal, pageParam }) => api.get<List<Check>>(`/gauges/${id}/checks`, { limit: 50, cursor: pageParam || undefined }, signal),
});
/** before is the instant of an adjustment; without it the present is asked for. */
export const doubtful = (id: string, before: string | undefined, all: boolean) => queryOptions({
  queryKey: ["/gauges", id, "doubtful", before, all], queryFn: ({ signal }) => api.get<Doubts>(`/gauges/${id}/doubtful`, { before, all: all || undefined }, signal),
});
