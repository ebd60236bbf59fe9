// What returns are made of and how days of entries are written.

import { ofMicros, fromWall } from "../../lib/time";

/** One value of a firm's year: its unit on screen and how many of the stored are in one. */
export interface ValueKind { name: string; unit: "台" | "人" | "万元" | "m²" | "kgce" | "kWh" | "kg"; scale: number; signed?: boolean }

export const valueKinds: readonly ValueKind[] = [
  { name: "machines", unit: "台", scale: 1 }, { name: "machines_nc", unit: "台", scale: 1 }, { name: "machines_networked", unit: "台", scale: 1 }, { name: "employees", unit: "人", scale: 1 },
  { name: "sales_fen", unit: "万元", scale: 1_000_000 }, { name: "output_fen", unit: "万元", scale: 1_000_000 }, { name: "smart_output_fen", unit: "万元", scale: 1_000_000 },
  { name: "value_added_fen", unit: "万元", scale: 1_000_000, signed: true }, { name: "tech_investment_fen", unit: "万元", scale: 1_000_000 }, { name: "rebuild_investment_fen", unit: "万元", scale: 1_000_000 },
  { name: "key_investment_fen", unit: "万元", scale: 1_000_000 }, { name: "rd_fen", unit: "万元", scale: 1_000_000 }, { name: "tax_fen", unit: "万元", scale: 1_000_000 },
  { name: "land_m2", unit: "m²", scale: 1 }, { name: "energy_kgce", unit: "kgce", scale: 1 }, { name: "electricity_kwh", unit: "kWh", scale: 1 }, { name: "emission_kg", unit: "kg", scale: 1 },
];

/** Values that are shown in the list; the form shows all. */
export const listed = ["machines", "machines_nc", "machines_networked", "employees", "sales_fen", "tech_investment_fen"] as const;

export const kinds = [
  "transformation", "diagnosis", "demonstration_project", "digital_workshop", "smart_factory", "new_mode_demonstration", "benchmark_firm", "industrial_internet_demonstration", "champion",
  "integration_pilot", "integration_certificate",
  "basics_programme_winner", "nationally_leading", "service_provider", "software_firm", "excellent_case", "matching_event", "selected_subsector",
] as const;

export const levels = ["national", "provincial", "city", "county"] as const;

/** Grades of a certificate of the integration of informatization and industrialization. */
export const grades = ["A", "AA", "AAA", "AAAA", "AAAAA"] as const;

export const certificate = "integration_certificate";

/** Kinds that need not be a firm's. */
export const ofNoFirm: readonly string[] = ["excellent_case", "matching_event", "selected_subsector"];

const dayText = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The µs at which a day began where the policy holds; undefined for text that is no day. */
export function microsOfDay(text: string): number | undefined {
  const m = dayText.exec(text.trim());
  if (!m) return undefined;
  const [y, month, d] = [Number(m[1]), Number(m[2]), Number(m[3])];
  const at = new Date(Date.UTC(y, month - 1, d));
  if (at.getUTCMonth() !== month - 1 || at.getUTCDate() !== d) return undefined;
  return fromWall(y, month - 1, d) * 1000;
}

/** The day of an instant in µs, as the form writes it. */
export const dayOfMicros = (us: number | undefined): string => (us ? new Date(ofMicros(us) + 8 * 3_600_000).toISOString().slice(0, 10) : "");

/** A stored number in the unit of the screen, without a loss. */
export const shownValue = (n: number, kind: ValueKind): number => n / kind.scale;

/** A number of the screen as it is stored. */
export const storedValue = (n: number, kind: ValueKind): number => Math.round(n * kind.scale);
