// Thresholds that are being chosen; free of React.

import type { MachineDetail, Thresholds } from "../../api/types";

export type Chosen = Record<string, number | null>;

/** The present values, which the person starts from. */
export function present(of: Thresholds): Chosen {
  return Object.fromEntries(of.params.map((p) => [p.name, p.value ?? null]));
}

/** The proposal over what is chosen; a parameter below it that would stand higher comes down to it. */
export function proposed(of: Thresholds, chosen: Chosen): Chosen {
  const out = { ...chosen };
  let above = Number.POSITIVE_INFINITY;
  for (const p of [...of.params].reverse()) {
    const v = p.proposed ?? out[p.name] ?? null;
    out[p.name] = v === null ? null : Math.min(v, above);
    above = out[p.name] ?? above;
  }
  return out;
}

/** Whether every threshold is there and they go from low to high. */
export function ordered(of: Thresholds, chosen: Chosen): boolean {
  const all = of.params.map((p) => chosen[p.name]);
  return all.every((v, i) => typeof v === "number" && (i === 0 || (all[i - 1] ?? 0) <= v));
}

export function asParams(chosen: Chosen): Record<string, string> {
  return Object.fromEntries(Object.entries(chosen).filter(([, v]) => v !== null).map(([k, v]) => [k, String(v)]));
}

/** The machine with other thresholds, as the node takes it. */
export function withThresholds(detail: MachineDetail, chosen: Chosen): object {
  const { rev: _, ...node } = detail.node;
  const device = node.equipment?.device;
  return { ...node, equipment: { ...node.equipment, device: { ...device, params: { ...device?.params, ...asParams(chosen) } } } };
}

/** Where a value lies in the histogram, 0..1: its bars are equally wide, not its values. */
export function placeOf(bins: Thresholds["bins"], value: number): number {
  const i = bins.findIndex((b) => value < b.to);
  const b = bins[i];
  if (!b) return bins.length ? 1 : 0;
  return (i + Math.min(1, Math.max(0, (value - b.from) / (b.to - b.from)))) / bins.length;
}

/** The value at a place in the histogram, with three digits. */
export function valueAt(bins: Thresholds["bins"], place: number): number {
  const at = Math.min(0.999999, Math.max(0, place)) * bins.length;
  const b = bins[Math.floor(at)];
  return b ? Number((b.from + (at % 1) * (b.to - b.from)).toPrecision(3)) : 0;
}
