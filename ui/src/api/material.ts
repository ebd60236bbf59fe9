// What the pages of material ask, in the words of the API's description.

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, type Query } from "./client";
import type { components } from "./schema";
import type { Definition, Figure, List } from "./types";

type S = components["schemas"];
export type Item = S["MaterialItem"];
export type Location = S["MaterialLocation"];
export type Stock = S["MaterialStock"];
export type Entry = S["MaterialEntry"];
export type Booked = S["MaterialBooked"];
export type Lot = S["MaterialLot"];
export type LotView = S["MaterialLotView"];
export type Genealogy = S["MaterialGenealogy"];
export type Found = S["MaterialFound"];
export type Birth = S["MaterialBirth"];
export type Parameter = S["MaterialParameter"];
export type Field = S["MaterialField"];
export type Loop = S["MaterialLoop"];
export type Arrival = S["MaterialArrival"];
export type Call = S["MaterialCall"];
export type Scanned = S["MaterialScanned"];
export type Proposal = S["MaterialProposal"];
export type Reservation = S["MaterialReservation"];
export type Flushed = S["MaterialFlushed"];

export type ItemFigures = Omit<S["MaterialFigures"], "figures"> & { figures: Figure[] };

const pages = <T>(path: string, query: Query) =>
  infiniteQueryOptions({
    queryKey: [path, query], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<T>) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { ...query, limit: 50, cursor: pageParam || undefined }, signal),
  });

export const stock = (query: Query) => pages<Stock>("/material/stock", query);
export const entries = (query: Query) => pages<Entry>("/material/entries", query);
export const items = (query: Query) => pages<Item>("/material/items", query);
export const arrivals = (query: Query) => pages<Arrival>("/material/arrivals", query);
export const calls = (query: Query) => pages<Call>("/material/calls", query);

const list = <T>(path: string, query: Query = {}) => queryOptions({ queryKey: [path, "all", query], queryFn: async ({ signal }) => (await api.get<List<T>>(path, query, signal)).items });
export type Level = S["MaterialLevel"];
export const levels = list<Level>("/material/levels");
export const locations = list<Location>("/material/locations");
export const loops = list<Loop>("/material/loops");
export const reservations = (query: Query) => list<Reservation>("/material/reservations", query);
export const field = (from: string, to: string) => list<Field>("/material/field", { from, to });

const lotPath = (id: string) => `/material/lots/${encodeURIComponent(id)}`;
export const lot = (id: string) => queryOptions({ queryKey: ["/material/lots", id], queryFn: ({ signal }) => api.get<LotView>(lotPath(id), {}, signal), retry: false });
export const birth = (id: string) => queryOptions({ queryKey: ["/material/lots", id, "birth"], queryFn: ({ signal }) => api.get<Birth>(`${lotPath(id)}/birth`, {}, signal), retry: false });
export const genealogy = (id: string, direction: "up" | "down") =>
  queryOptions({ queryKey: ["/material/lots", id, direction], queryFn: ({ signal }) => api.get<Genealogy>(`${lotPath(id)}/genealogy`, { direction }, signal), retry: false });
export const recallPath = (id: string) => `${lotPath(id)}/recall`;

/** Item and number of a lot. */
export const partsOf = (id: string): [string, string] => {
  const i = id.indexOf(":");
  return [id.slice(0, i), id.slice(i + 1)];
};

export const itemFigures = (q: { from: string; to: string; scope?: string | undefined; item?: string | undefined }) =>
  queryOptions({ queryKey: ["/material-figures", q], queryFn: async ({ signal }) => (await api.get<List<ItemFigures>>("/material-figures", { ...q }, signal)).items });
export const itemDefinitions = queryOptions({ queryKey: ["/material-figure-definitions"], staleTime: Infinity, queryFn: ({ signal }) => api.get<List<Definition>>("/material-figure-definitions", {}, signal) });
