import { api } from "../../api/client";
import type { PlannedRow, RowStatus, Sheet } from "../../api/types";

/** A row of the sheet beside what becomes of it. */
export interface Row extends PlannedRow { at: number; cells: string[] }

export const statuses: RowStatus[] = ["error", "doubled", "new", "changed", "unchanged"];
export const colours: Record<RowStatus, string | undefined> = { error: "error", doubled: "warning", new: "success", changed: "processing", unchanged: undefined };

/** The sheet with one cell written anew. */
export function withCell(sheet: Sheet, row: number, column: number, value: string): Sheet {
  return {
    ...sheet,
    rows: sheet.rows.map((r, i) => i === row ? { ...r, cells: sheet.header.map((_, c) => c === column ? value : r.cells[c] ?? "") } : r),
  };
}

export type Answer = { ok: true } | { ok: false; error: string };

/** The node and the devices behind one gateway are spared: no more at once. */
const atOnce = 8;

/** Opens each device once; told is called as answers come. */
export async function testAll(rows: PlannedRow[], signal: AbortSignal, told: (line: number, a: Answer) => void): Promise<void> {
  const queue = rows.filter((r) => r.equipment);
  const worker = async () => {
    for (let r = queue.shift(); r && !signal.aborted; r = queue.shift()) {
      const { device, profile } = r.equipment!;
      try {
        const out = await api.postUntil<{ ok: boolean; error?: string }>("/devices/test", { driver: device.driver, address: device.address, params: device.params ?? {}, profile }, signal);
        told(r.line, out.ok ? { ok: true } : { ok: false, error: out.error ?? "" });
      } catch (err) {
        if (signal.aborted) return;
        told(r.line, { ok: false, error: err instanceof Error ? err.message : String(err) });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
