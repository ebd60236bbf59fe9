// What the control room's overview asks. Instants are RFC 3339 in UTC, values in the unit of their signal.

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client";
import type { components } from "./schema";

type S = components["schemas"];
export type RoomOverview = S["DisplayOverview"];
export type RoomTile = S["DisplayTile"];
export type Reading = S["DisplayReading"];
export type RoomLoop = S["DisplayLoop"];
export type RoomRule = S["DisplayRule"];
export type RoomSetPoint = S["DisplaySetPoint"];
export type Choice = S["DisplayChoice"];

/** How often the room is looked at anew, and after how long without an answer nothing on it is taken for the present. */
export const roomPace = 2_000;
export const roomStale = 8_000;

export const room = (scope: string | undefined, place: string | undefined) => queryOptions({
  queryKey: ["/control-overview", scope, place], refetchInterval: roomPace, placeholderData: keepPreviousData,
  queryFn: ({ signal }) => api.get<RoomOverview>("/control-overview", { scope, place }, signal),
});
export const saveLayout = (tile: RoomTile, indicators: Choice[]) => api.post("/control-displays", { place: tile.id, rev: tile.layout_rev, indicators });
