// Between a node and the form that edits it; free of React.

import type { Level, PlantNode } from "../../api/types";

export const levels: Level[] = ["enterprise", "site", "area", "line", "cell", "equipment"];

export interface NodeForm {
  path: string; level: Level; zh: string; en?: string; calendar?: string;
  class?: string; profile?: string; driver?: string; address?: string; params?: string; nc?: boolean; excluded?: boolean; off?: boolean; writing?: boolean; cycles?: string;
}

export function formOf(n: PlantNode): NodeForm {
  const e = n.equipment;
  return {
    path: n.path, level: n.level, zh: n.name.zh, en: n.name.en, calendar: n.calendar ?? "",
    class: e?.class, profile: e?.profile, driver: e?.device.driver, address: e?.device.address, params: lines(e?.device.params ?? {}),
    nc: e?.nc, excluded: e?.excluded, off: e?.device.off, writing: e?.device.writing, cycles: lines(Object.fromEntries((e?.cycles ?? []).map((c) => [c.product, String(c.pru_ms)]))),
  };
}

/** The body to send; what the form does not show is kept from the old node. */
export function bodyOf(f: NodeForm, old?: PlantNode): object {
  const body = { id: old?.id ?? "", path: f.path, level: f.level, name: { zh: f.zh, en: f.en ?? "" }, calendar: f.calendar ?? "" };
  if (f.level !== "equipment" || !f.profile) return body;
  const e = old?.equipment;
  return {
    ...body,
    equipment: {
      class: f.class ?? "", profile: f.profile, nc: !!f.nc, excluded: !!f.excluded, tags: e?.tags ?? [],
      device: { id: e?.device.id ?? "", driver: f.driver ?? "", address: f.address ?? "", params: pairs(f.params), ...(e?.device.serial && { serial: e.device.serial }), off: !!f.off, writing: !!f.writing },
      cycles: Object.entries(pairs(f.cycles)).map(([product, ms]) => ({ product, pru_ms: Math.round(Number(ms)) })),
    },
  };
}

export function lines(map: Record<string, string>): string {
  return Object.entries(map).map(([k, v]) => `${k}=${v}`).join("\n");
}

export function pairs(text: string | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const line of (text ?? "").split("\n")) {
    const at = line.indexOf("=");
    if (at > 0) out[line.slice(0, at).trim()] = line.slice(at + 1).trim();
  }
  return out;
}

/** Whether a secret among the parameters is shown as the node keeps it, sealed. */
export const hasSealed = (text: string | undefined): boolean => /=zgk1\./.test(text ?? "");

export interface TreeItem { key: string; title: string; children: TreeItem[] }

/** Nodes as a tree by their paths; parents stand before children. */
export function treeOf(nodes: PlantNode[], title: (n: PlantNode) => string): TreeItem[] {
  const byPath = new Map<string, TreeItem>();
  const roots: TreeItem[] = [];
  for (const n of [...nodes].sort((a, b) => a.path.localeCompare(b.path))) {
    const item: TreeItem = { key: n.id, title: title(n), children: [] };
    byPath.set(n.path, item);
    const parent = byPath.get(n.path.slice(0, Math.max(0, n.path.lastIndexOf("/"))));
    (parent?.children ?? roots).push(item);
  }
  return roots;
}
