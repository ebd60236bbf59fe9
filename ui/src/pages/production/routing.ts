// Routings as people write them: times in minutes and seconds, sheets of rows.
// Pure, so that it can be tested without a page.

import type { Alternative, Definition, Segment } from "../../api/production";
import type { Name, PlantNode } from "../../api/types";

/** UCUM codes in which products and materials are counted. */
export const units = ["{piece}", "kg", "t", "m", "m2", "L"] as const;

export interface Branch { value: string; title: string; selectable: boolean; children: Branch[] }

/** The hierarchy as a tree of ids or paths. */
export function branches(all: PlantNode[], by: "id" | "path", fits: (n: PlantNode) => boolean, name: (n: Name) => string): Branch[] {
  const own = new Map(all.map((n) => [n.id, { value: n[by], title: name(n.name), selectable: fits(n), children: [] as Branch[] }]));
  const roots: Branch[] = [];
  for (const n of all) {
    const b = own.get(n.id);
    if (b) (own.get(n.parent ?? "")?.children ?? roots).push(b);
  }
  return roots;
}

/** An operation as the form holds it. */
export interface SegmentForm {
  no: number; zh: string; en?: string; after?: number[]; begins?: boolean; family?: string; overlap?: number; moveMin?: number; minWaitMin?: number; maxWaitMin?: number;
  operators?: number; skills?: string[]; tools?: string[]; firstPiece?: boolean; scrapPercent?: number; supplier?: string; leadDays?: number; documents?: NonNullable<Segment["documents"]>;
  alternatives: { equipment?: string; setupMin?: number; runSec?: number; batch?: number }[];
}
export interface DefinitionForm {
  product: string; unit: string; note?: string;
  segments: SegmentForm[]; materials: { item: string; quantity: string; unit: string; segment?: number }[];
}

const dayMs = 86_400_000;
const ofMs = (ms: number | undefined, unit: number): number | undefined => (ms ? ms / unit : undefined);
const toMs = (n: number | undefined | null, unit: number): number | undefined => (n ? Math.round(n * unit) : undefined);

export function toForm(d: Definition): DefinitionForm {
  return {
    product: d.product, unit: d.unit, ...(d.note === undefined ? {} : { note: d.note }),
    materials: d.materials.map((m) => ({ item: m.item, quantity: m.quantity, unit: m.unit, ...(m.segment ? { segment: m.segment } : {}) })),
    segments: d.segments.map((s) => strip({
      no: s.no, zh: s.name.zh, en: s.name.en, after: s.after ?? undefined, begins: s.begins || undefined, family: s.family, overlap: s.overlap || undefined,
      moveMin: ofMs(s.move_ms, 60_000), minWaitMin: ofMs(s.min_wait_ms, 60_000), maxWaitMin: ofMs(s.max_wait_ms, 60_000),
      operators: s.operators || undefined, skills: s.skills ?? undefined, tools: s.tools ?? undefined, firstPiece: s.first_piece, scrapPercent: s.scrap_ppm ? s.scrap_ppm / 10_000 : undefined,
      documents: s.documents ?? undefined, supplier: s.outside?.supplier, leadDays: ofMs(s.outside?.lead_ms, dayMs),
      alternatives: s.alternatives.map((a) => strip({ equipment: a.equipment, setupMin: ofMs(a.setup_ms, 60_000), runSec: a.run_ms / 1000, batch: a.batch || undefined })),
    })),
  };
}

/** What the API takes. What the form does not show of the revision it was made from stays: waiting times. */
export function fromForm(f: DefinitionForm, was?: Definition): Definition {
  const old = new Map((was?.segments ?? []).map((s) => [s.no, s]));
  return {
    product: f.product, revision: was?.revision ?? 1, state: "draft", valid: {}, unit: f.unit, rev: was?.rev ?? 0, ...(f.note ? { note: f.note } : {}),
    materials: f.materials.map((m) => ({ item: m.item.trim(), quantity: String(m.quantity).trim(), unit: m.unit, ...(m.segment ? { segment: m.segment } : {}) })),
    segments: f.segments.map((s) => segmentOf(s, old.get(s.no))),
  };
}

function segmentOf(s: SegmentForm, was: Segment | undefined): Segment {
  const alternatives: Alternative[] = s.supplier ? [] : s.alternatives.filter((a) => a.equipment).map((a) => strip({ equipment: a.equipment ?? "", setup_ms: toMs(a.setupMin, 60_000) ?? 0, run_ms: toMs(a.runSec, 1000) ?? 0, batch: a.batch || undefined }));
  return strip({
    no: s.no, name: strip({ zh: s.zh, en: s.en || undefined }), alternatives, after: s.after?.length && !s.begins ? s.after : undefined, begins: s.begins || undefined, family: s.family || undefined, overlap: s.overlap || undefined,
    move_ms: toMs(s.moveMin, 60_000), queue_ms: was?.queue_ms, min_wait_ms: toMs(s.minWaitMin, 60_000), max_wait_ms: toMs(s.maxWaitMin, 60_000),
    operators: s.operators || undefined, skills: s.skills?.length ? s.skills : undefined, tools: s.tools?.length ? s.tools : undefined, first_piece: s.firstPiece || undefined,
    scrap_ppm: s.scrapPercent ? Math.round(s.scrapPercent * 10_000) : undefined, documents: s.documents?.length ? s.documents : undefined,
    outside: s.supplier ? { supplier: s.supplier, lead_ms: toMs(s.leadDays, dayMs) ?? 0 } : undefined,
  });
}

/** Without what is undefined; the API knows no such fields. */
function strip<T extends object>(o: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}

export interface SheetFault { row: number; what: "number" | "name" | "machine" | "time"; value: string }

/**
 * Rows as they are copied from a workbook: number, name, machine, setup in minutes, run in seconds, parted by tabs,
 * commas or semicolons. A machine is named by its path, the end of it, or as people call it. A number that stands in
 * several rows has alternatives. A first row that is a heading is passed over.
 */
export function parseSheet(text: string, places: PlantNode[]): { segments: SegmentForm[]; faults: SheetFault[] } {
  const segments: SegmentForm[] = [];
  const faults: SheetFault[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  for (const [i, line] of lines.entries()) {
    if (!line.trim()) continue;
    const cells = line.split(line.includes("\t") ? "\t" : /[,;，；]/).map((c) => c.trim().replace(/^"(.*)"$/, "$1"));
    const [no = "", name = "", machine = "", setup = "", run = ""] = cells;
    if (!/^\d+$/.test(no)) {
      if (segments.length > 0 || i > 0) faults.push({ row: i + 1, what: "number", value: no });
      continue;
    }
    const place = findPlace(machine, places);
    const [setupMin, runSec] = [Number(setup || 0), Number(run)];
    const known = segments.find((s) => s.no === Number(no));
    if (!name && !known) faults.push({ row: i + 1, what: "name", value: name });
    else if (!place) faults.push({ row: i + 1, what: "machine", value: machine });
    else if (!(setupMin >= 0) || !(runSec > 0)) faults.push({ row: i + 1, what: "time", value: `${setup} ${run}`.trim() });
    else {
      const s = known ?? { no: Number(no), zh: name, alternatives: [] };
      if (!known) segments.push(s);
      s.alternatives.push({ equipment: place.id, setupMin, runSec });
    }
  }
  return { segments: segments.sort((a, b) => a.no - b.no), faults };
}

function findPlace(text: string, places: PlantNode[]): PlantNode | undefined {
  if (!text) return undefined;
  return places.find((p) => p.id === text || p.path === text) ?? one(places.filter((p) => p.name.zh === text || p.name.en === text)) ?? one(places.filter((p) => p.path.endsWith(`/${text}`)));
}

const one = <T>(found: T[]): T | undefined => (found.length === 1 ? found[0] : undefined);

/**
 * Where in the form the API's complaint belongs: of a field that breaks the schema its location
 * (body.segments[0].alternatives[1].run_ms), of what makes no sense the segment or material in its words.
 */
export function fieldOf(location: string | undefined, message: string, f: DefinitionForm): (string | number)[] | undefined {
  if (location?.startsWith("body.")) {
    const path = location.slice(5).split(/[.[\]]+/).filter(Boolean).map((p) => (/^\d+$/.test(p) ? Number(p) : p));
    const last = path.at(-1);
    const renamed = typeof last === "string" ? names[last] : undefined;
    return renamed ? [...path.filter((p) => p !== "name" && p !== "outside").slice(0, -1), renamed] : path;
  }
  const segment = /segment (\d+)/.exec(message)?.[1];
  const i = f.segments.findIndex((s) => s.no === Number(segment));
  const s = f.segments[i];
  if (segment && s) {
    if (!/machine|calendar/.test(message) || s.alternatives.length === 0) return ["segments", i, "no"];
    const words = message.split(/[\s,;:]+/);
    return ["segments", i, "alternatives", Math.max(0, s.alternatives.findIndex((a) => a.equipment && words.includes(a.equipment))), "equipment"];
  }
  const item = /material (\S+?)[,:]/.exec(message)?.[1];
  const m = f.materials.findIndex((x, k) => x.item === item || String(k + 1) === item);
  if (item && m >= 0) return ["materials", m, "item"];
  return /no product/.test(message) ? ["product"] : undefined;
}

const names: Record<string, string> = {
  zh: "zh", en: "en", run_ms: "runSec", setup_ms: "setupMin", move_ms: "moveMin", min_wait_ms: "minWaitMin", max_wait_ms: "maxWaitMin", scrap_ppm: "scrapPercent", first_piece: "firstPiece", supplier: "supplier", lead_ms: "leadDays",
};

/** The number of the next operation, in steps of ten. */
export const nextNo = (segments: ({ no?: number } | undefined)[]): number => (Math.floor(Math.max(0, ...segments.map((s) => s?.no ?? 0)) / 10) + 1) * 10;
