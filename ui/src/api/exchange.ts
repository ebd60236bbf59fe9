// What the pages of the exchange with business systems ask, in the words of the API's description.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";
import type { List } from "./types";

type S = components["schemas"];
export type Contact = S["ExchangeContact"];
export type Partner = S["ExchangePartner"];
export type Mapping = S["ExchangeMapping"];
export type Preview = S["ExchangePreview"];
export type Message = S["ExchangeMessage"];
export type MessageView = S["MessageView"];
export type Part = S["ExchangePart"];
export type Reconciliation = S["ExchangeReconciliation"];
export type Line = S["ExchangeLine"];

export interface MessageQuery { partner?: string | undefined; direction?: string | undefined; state?: string[] | undefined; q?: string | undefined }

export const partners = queryOptions({ queryKey: ["exchange-partners"], refetchInterval: 5_000, queryFn: async ({ signal }) => (await api.get<List<Contact>>("/exchange/partners", {}, signal)).items });
export const mappings = queryOptions({ queryKey: ["exchange-mappings"], staleTime: 600_000, queryFn: async ({ signal }) => (await api.get<List<Mapping>>("/exchange/mappings", {}, signal)).items });
export const messages = (query: MessageQuery) =>
  infiniteQueryOptions({
    queryKey: ["exchange-messages", query], placeholderData: keepPreviousData, initialPageParam: "", refetchInterval: 10_000, getNextPageParam: (last: List<Message>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<Message>>("/exchange/messages", { ...query, limit: 50, cursor: pageParam || undefined }, signal),
  });
/** Names a message as the API asks for it. */
export const named = (m: Pick<Message, "partner" | "direction" | "id">) => ({ partner: m.partner, direction: m.direction, id: m.id });
export const message = (m: Pick<Message, "partner" | "direction" | "id">) =>
  queryOptions({ queryKey: ["exchange-message", named(m)], queryFn: ({ signal }) => api.get<MessageView>("/exchange/message", named(m), signal) });
export const reconciliation = (partner: string) =>
  queryOptions({ queryKey: ["exchange-reconciliation", partner], enabled: partner !== "", refetchOnWindowFocus: false, queryFn: ({ signal }) => api.get<Reconciliation>(`/exchange/partners/${partner}/reconciliation`, {}, signal) });
