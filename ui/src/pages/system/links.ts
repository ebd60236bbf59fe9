import type { KeyConflict, LinkedNode, LinkStream, NodeLinks, Outbox } from "../../api/types";

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

/** What somebody has to do something about; node is undefined for this one. */
export type Trouble =
  | { kind: "clone"; node?: string; conflict: KeyConflict }
  | { kind: "refused"; node?: string; why: string }
  | { kind: "losing" | "alarm"; node?: string; used: number }
  | { kind: "gap"; node?: string; items: number };

function troublesOf(node: string | undefined, one: { refused?: string; conflict?: KeyConflict; outbox: Outbox; streams: LinkStream[] }): Trouble[] {
  const out: Trouble[] = [];
  if (one.conflict) out.push({ kind: "clone", node, conflict: one.conflict });
  if (one.refused && !(one.conflict && one.refused === "clone")) out.push({ kind: "refused", node, why: one.refused });
  if (one.outbox.losing) out.push({ kind: "losing", node, used: one.outbox.used });
  else if (one.outbox.alarm) out.push({ kind: "alarm", node, used: one.outbox.used });
  const items = one.streams.reduce((n, s) => n + s.gap_items, 0);
  if (items > 0) out.push({ kind: "gap", node, items });
  return out;
}

/** A revoked node is as somebody wanted it: no trouble. */
export function troubles(l: NodeLinks): Trouble[] {
  return [...(l.parent ? troublesOf(undefined, l.parent) : []), ...l.nodes.filter((n) => !n.node.revoked).flatMap((n) => troublesOf(n.node.name, n))];
}
