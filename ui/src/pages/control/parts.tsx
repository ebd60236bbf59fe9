import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { LoopMode } from "../../api/loop";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import type { LoopsSearch } from "../../routes";

/** What the page shows stands in the address. */
export function useLoopsSearch(): [LoopsSearch, (more: LoopsSearch) => void] {
  const search: LoopsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/control/loops", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here, and who it is. */
export function useMay(): { writes: boolean; controls: boolean; name: string } {
  const me = useQuery(session).data;
  const may = me?.permissions ?? [];
  return { writes: may.includes("engineer"), controls: may.includes("control"), name: me?.name ?? "" };
}

const colors: Record<LoopMode, string> = { off: "default", manual: "warning", auto: "success", tuning: "processing", suspended: "error" };

export function ModeTag({ mode }: { mode: LoopMode }) {
  const { t } = useTranslation("loop");
  return <Tag color={colors[mode]}>{t(`mode.${mode}`)}</Tag>;
}

export const number = (v: number | null | undefined): string => (v === null || v === undefined ? "—" : measured(v));

/** A number with its unit. */
export function useValue(): (v: number | null | undefined, unit: string | undefined) => string {
  const { lang } = useLang();
  return (v, unit) => (v === null || v === undefined ? "—" : `${measured(v)} ${unitText(unit, lang)}`.trim());
}
