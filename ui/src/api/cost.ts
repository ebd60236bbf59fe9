// What the page of the cost of quality asks. Money is in fen (分).

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type CostReport = S["CostReport"];
export type CostLine = S["CostLine"];
export type CostSum = S["CostSum"];
export type CostRate = S["CostRate"];
export type CostEntry = S["CostEntry"];
export const categories = ["prevention", "appraisal", "internal", "external"] as const;
export const rated = ["scrap", "rework", "inspection", "calibration"] as const;
/** What may be entered in each category. */
export const enterable = {
  prevention: ["training", "planning", "audit", "other"], appraisal: ["audit", "test", "other"], internal: ["sorting", "downgrade", "other"], external: ["claim", "return", "field", "sorting", "other"],
} as const satisfies Record<(typeof categories)[number], readonly CostEntry["what"][]>;

export const cost = (from: string, to: string, scope?: string) => queryOptions({ queryKey: ["/quality/cost", from, to, scope], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<CostReport>("/quality/cost", { from, to, scope }, signal) });
export const costRates = queryOptions({ queryKey: ["/quality/cost-rates"], queryFn: async ({ signal }) => (await api.get<List<CostRate>>("/quality/cost-rates", { limit: 1000 }, signal)).items });
export const costEntries = (scope?: string) => infiniteQueryOptions({
  queryKey: ["/quality/cost-entries", scope], initialPageParam: "", getNextPageParam: (last: List<CostEntry>) => last.next || undefined,
  queryFn: ({ signal, pageParam }) => api.get<List<CostEntry>>("/quality/cost-entries", { scope, limit: 50, cursor: pageParam || undefined }, signal),
});
