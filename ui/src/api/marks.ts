// What pages ask of flaws on pictures of parts. x and y are shares of the picture, 0..1.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Picture = S["QualityPicture"];
export type Mark = S["QualityMark"];
export type Density = S["QualityDensity"];
export type Defect = S["QualityDefect"];
export interface MarkQuery { picture: string; scope?: string | undefined; from?: string | undefined; to?: string | undefined; code?: string | undefined; operation?: number | undefined; place?: string | undefined }

export const pictures = (product: string | undefined) => queryOptions({
  queryKey: ["/quality/pictures", product], enabled: Boolean(product), queryFn: async ({ signal }) => (await api.get<List<Picture>>("/quality/pictures", { product }, signal)).items,
});
export const marks = (q: MarkQuery) => infiniteQueryOptions({
  queryKey: ["/quality/marks", q], initialPageParam: "", getNextPageParam: (last: List<Mark>) => last.next || undefined, placeholderData: keepPreviousData,
  queryFn: ({ signal, pageParam }) => api.get<List<Mark>>("/quality/marks", { ...q, limit: 500, cursor: pageParam || undefined }, signal),
});
export const density = (q: MarkQuery) => queryOptions({ queryKey: ["/quality/mark-density", q], placeholderData: keepPreviousData, queryFn: ({ signal }) => api.get<Density>("/quality/mark-density", { ...q }, signal) });
