import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { indicatorsState } from "../../api/walk";

/** What is made of facts of targets, by the first part of its key. */
const figures = ["targets", "breakdown", "indicator-trend", "firm-indicators", "machine-months", "machine-days"];

/** Keeps the figures on an open page those of the facts: they are asked again when the node says that they may be others. */
export function useLiveFigures(region: string | undefined, year: number): void {
  const client = useQueryClient();
  const { data: state } = useQuery(indicatorsState(region, year));
  useEffect(() => {
    if (state) void client.invalidateQueries({ predicate: ({ queryKey: [first] }) => figures.includes(String(first)) }, { cancelRefetch: false });
  }, [client, state]);
}
