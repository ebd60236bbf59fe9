// The links of a genealogy as branches of a tree that is opened step by step.

import type { Genealogy } from "../../api/material";

export interface Branch { key: string; lot: string; byJob: boolean; isLeaf: boolean; children?: Branch[] }

/** Branches below a lot, open where a key is in open. A lot that stands above itself ends its branch: links may form a circle. */
export function familyOf(g: Pick<Genealogy, "lot" | "down" | "links">, open: readonly string[]): Branch[] {
  const next = new Map<string, { lot: string; byJob: boolean }[]>();
  for (const l of g.links) {
    const [from, to] = g.down ? [l.parent, l.child] : [l.child, l.parent];
    next.set(from, [...(next.get(from) ?? []), { lot: to, byJob: l.by_job ?? false }]);
  }
  const opened = new Set(open);
  const below = (lot: string, above: readonly string[], prefix: string): Branch[] =>
    (next.get(lot) ?? []).map(({ lot: child, byJob }) => {
      const key = `${prefix}>${child}`;
      const isLeaf = above.includes(child) || !next.has(child);
      return { key, lot: child, byJob, isLeaf, ...(!isLeaf && opened.has(key) ? { children: below(child, [...above, child], key) } : {}) };
    });
  return below(g.lot, [g.lot], g.lot);
}
