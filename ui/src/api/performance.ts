// What the page of order figures asks.

import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { Figure, Definition, List } from "./types";

type S = components["schemas"];
export type OrderRow = S["PerformanceRow"];
export type OrderFigures = Omit<S["OrderFigures"], "figures"> & { figures: Figure[] };

export interface PerformanceQuery { from: string; to: string; scope?: string | undefined; product?: string | undefined }
export const orderFigures = (q: PerformanceQuery) =>
  queryOptions({ queryKey: ["order-figures", q], queryFn: ({ signal }) => api.get<OrderFigures>("/order-figures", { ...q }, signal) });
export const orderDefinitions = queryOptions({ queryKey: ["order-figure-definitions"], staleTime: Infinity, queryFn: ({ signal }) => api.get<List<Definition>>("/order-figure-definitions", {}, signal) });
