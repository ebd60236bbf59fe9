import type { LinkedNode, LinkStream } from "../../api/types";

/** What is not at the other end yet, and how many seconds it takes at the present rate; -1 when it does not shrink. */
export function backlogOf(streams: LinkStream[]): { items: number; seconds: number } {
  let items = 0, seconds = 0;
  for (const s of streams) {
    items += s.backlog;
    if (s.backlog > 0) seconds = s.drain_seconds < 0 || seconds < 0 ? -1 : Math.max(seconds, s.drain_seconds);
  }
  return { items, seconds };
}

export function nodeMood(n: LinkedNode): "connected" | "away" | "revoked" {
  if (n.node.revoked) return "revoked";
  return n.connected ? "connected" : "away";
}
