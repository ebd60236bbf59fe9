import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { Parameter, RecipeState } from "../../api/process";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import { iso, minute, ms } from "../../lib/time";
import type { ProcessSearch } from "../../routes";

/** What the page shows stands in the address. */
export function useProcessSearch(): [ProcessSearch, (more: ProcessSearch) => void] {
  const search: ProcessSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/process", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here, and who it is. */
export function useMay(): { writes: boolean; loads: boolean; reports: boolean; name: string } {
  const me = useQuery(session).data;
  const may = me?.permissions ?? [];
  return { writes: may.includes("engineer"), loads: may.includes("control"), reports: may.includes("report"), name: me?.name ?? "" };
}

const colors: Record<RecipeState, string> = { draft: "default", checked: "processing", approved: "success", retired: "default" };

export function StateTag({ state }: { state: RecipeState | undefined }) {
  const { t } = useTranslation("process");
  return <Tag color={colors[state ?? "draft"]}>{t(`state.${state ?? "draft"}`)}</Tag>;
}

export const value = (v: number | null | undefined): string => (v === null || v === undefined ? "—" : measured(v));

/** A window as people read it. */
export function windowOf(p: Pick<Parameter, "low" | "high">): string {
  if (p.low === undefined && p.high === undefined) return "—";
  return p.low === undefined ? `≤ ${value(p.high)}` : p.high === undefined ? `≥ ${value(p.low)}` : `${value(p.low)} … ${value(p.high)}`;
}

/** A signal with its unit. */
export function Signal({ of }: { of: Pick<Parameter, "signal" | "title" | "unit"> }) {
  const { name, lang } = useLang();
  const unit = unitText(of.unit, lang);
  return <>{of.title ? name(of.title) || of.signal : of.signal}{unit && <span className="dim"> {unit}</span>}<div className="dim mono">{of.signal}</div></>;
}

/** To the samples of a stretch of time. */
export function Samples({ tag, from, to }: { tag: number | undefined; from: string; to: string | undefined }) {
  const { t } = useTranslation("process");
  if (!tag) return null;
  return <Link to="/trend" search={{ tags: String(tag), from: iso(ms(from) - minute), to: iso((to ? ms(to) : Date.now()) + minute) }}>{t("samples")}</Link>;
}
