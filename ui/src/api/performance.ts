// What the page of order figures asks.

import { queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { Figure, Definition, List } from "./types";

export interface OrderRow {
  id: string; number: string; product: string; place: string; state: string; quantity: number; rev: number;
  due: string; began?: string; ended?: string; terms: Record<string, number>;
}
export interface OrderFigures { figures: Figure[]; rows: OrderRow[]; root: string }

export interface PerformanceQuery { from: string; to: string; scope?: string | undefined; product?: string | undefined }
export const orderFigures = (q: PerformanceQuery) =>
  queryOptions({ queryKey: ["order-figures", q], queryFn: ({ signal }) => api.get<OrderFigures>("/order-figures", { ...q }, signal) });
export const orderDefinitions = queryOptions({ queryKey: ["order-figure-definitions"], staleTime: Infinity, queryFn: ({ signal }) => api.get<List<Definition>>("/order-figure-definitions", {}, signal) });
