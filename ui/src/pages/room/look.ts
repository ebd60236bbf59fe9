// How the room shows what it is told. Pure.

import type { Reading, RoomLoop, RoomOverview, RoomTile } from "../../api/room";

/** Shapes of priorities, so that colour alone says nothing. */
export const shapes = ["■", "▲", "◆", "●"] as const;
export const shapeOf = (priority: number): string => shapes[priority - 1] ?? "●";

/** Where a value stands on an indicator's scale, 0 to 1; null without a scale. */
export function along(r: Reading, v: number | undefined): number | null {
  if (v === undefined || r.scale_low === undefined || r.scale_high === undefined || r.scale_high <= r.scale_low) return null;
  return Math.min(1, Math.max(0, (v - r.scale_low) / (r.scale_high - r.scale_low)));
}

/** The letter of where a value lies; nothing where all is well. */
export const letters: Record<Reading["state"], string> = { normal: "", unbound: "", low: "L", high: "H", stale: "?" };

/** Which class an indicator has: an alarm's colour only where one stands. */
export function toneOf(r: Reading): string {
  if (r.state === "stale") return "stale";
  if (r.priority) return `p${r.priority}`;
  return r.state === "low" || r.state === "high" ? "off" : "";
}

/** A loop's deviation, in the unit of what it holds. */
export const deviation = (l: RoomLoop): number | null => (l.pv === undefined || l.sp === undefined ? null : l.pv - l.sp);

/** Whether something of a tile wants somebody's eyes. */
export const wants = (t: RoomTile): boolean => t.abnormal > 0 || t.stale || t.indicators.some((r) => r.state === "low" || r.state === "high") || t.commands.waiting > 0;

export interface Spark { band: string; line: string }

/** The last hour on the indicator's scale as paths in a box of width steps and height 1: from least to greatest, and the middle. */
export function spark(r: Reading): Spark | null {
  const { min, max } = r.trend;
  const known = min.flatMap((v, i) => { const w = max[i]; return v === null || w === null || w === undefined ? [] : [v, w]; });
  if (known.length === 0) return null;
  const low = Math.min(...known, r.scale_low ?? Infinity);
  const high = Math.max(...known, r.scale_high ?? -Infinity);
  const y = (v: number) => (high > low ? 1 - (v - low) / (high - low) : 0.5);
  let band = "";
  let line = "";
  let pen = "M";
  min.forEach((v, i) => {
    const w = max[i];
    if (v === null || w === null || w === undefined) { pen = "M"; return; }
    band += `M${i + 0.5} ${y(v)}V${y(w)}`;
    line += `${pen}${i + 0.5} ${y((v + w) / 2)}`;
    pen = "L";
  });
  return { band, line };
}

/** What the arrow keys lead to in a grid whose boxes stand where they stand. */
export function neighbour(boxes: { x: number; y: number }[], at: number, key: string): number {
  const here = boxes[at];
  if (!here) return 0;
  if (key === "Home") return 0;
  if (key === "End") return boxes.length - 1;
  if (key === "ArrowRight") return Math.min(boxes.length - 1, at + 1);
  if (key === "ArrowLeft") return Math.max(0, at - 1);
  const down = key === "ArrowDown";
  let best = at;
  boxes.forEach((b, i) => {
    if (down ? b.y <= here.y + 1 : b.y >= here.y - 1) return;
    const was = boxes[best];
    const nearer = (o: { x: number; y: number }) => Math.abs(o.y - here.y) * 10_000 + Math.abs(o.x - here.x);
    if (best === at || (was && nearer(b) < nearer(was))) best = i;
  });
  return best;
}

/** All indicators as rows of a table. */
export const rowsOf = (o: RoomOverview): { tile: RoomTile; r: Reading }[] => o.tiles.flatMap((tile) => tile.indicators.map((r) => ({ tile, r })));
