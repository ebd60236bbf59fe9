import { infiniteQueryOptions } from "@tanstack/react-query";
import { api } from "../../api/client";
import type { FirmSuspicion, FirmSuspicions, Name } from "../../api/types";
import type { SuspicionsSearch } from "../../routes";

export const shown = { open: ["open", "contested"], decided: ["upheld", "dismissed"], all: [] } as const;
export type Shown = keyof typeof shown;
export const showOf = (show: string | undefined): Shown => (show === "decided" || show === "all" ? show : "open");

export const kinds = ["copied_firm", "copied_machine", "cloned_clock", "replayed_window", "flat_line", "impossible_rate", "stepped_clock", "profile_mismatch"] as const;

/** What the address asks of the API. */
export const queryOf = (s: SuspicionsSearch) => ({ region: s.region, firm: s.firm, kind: s.kind, from: s.from, to: s.to, state: shown[showOf(s.show)].join(",") || undefined });

export const firmSuspicions = (s: SuspicionsSearch, limit: number) =>
  infiniteQueryOptions({
    queryKey: ["firm-suspicions", queryOf(s), limit], initialPageParam: "", getNextPageParam: (last: FirmSuspicions) => last.next,
    queryFn: ({ pageParam, signal }) => api.get<FirmSuspicions>("/firm-suspicions", { ...queryOf(s), limit, cursor: pageParam || undefined }, signal),
  });

/** The machine with its firm, as a person calls it. */
export const whoOf = (p: FirmSuspicion["party"], name: (n: Name) => string): string => [p.company, p.path ? `${name(p.name)}（${p.path.slice(p.path.lastIndexOf("/") + 1)}）` : ""].filter(Boolean).join(" ");
