import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { ComponentState, Output, Run } from "../../api/components";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { useSay } from "../../i18n/useSay";
import { measured, unitText } from "../../lib/format";
import type { ComponentsSearch } from "../../routes";

/** What the page shows stands in the address. */
export function useComponentsSearch(): [ComponentsSearch, (more: ComponentsSearch) => void] {
  const search: ComponentsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/components", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here, and who it is. */
export function useMay(): { writes: boolean; controls: boolean; administers: boolean; name: string } {
  const me = useQuery(session).data;
  const may = me?.permissions ?? [];
  return { writes: may.includes("engineer"), controls: may.includes("control"), administers: may.includes("administer"), name: me?.name ?? "" };
}

const colors: Record<ComponentState, string> = { draft: "default", approved: "processing", active: "success", suspended: "error", retired: "default" };

export function StateTag({ state }: { state: ComponentState | undefined }) {
  const { t } = useTranslation("components");
  return <Tag color={colors[state ?? "draft"]} variant="outlined">{t(`state.${state ?? "draft"}`)}</Tag>;
}

/** Milliseconds, or that there are none. */
export const millis = (v: number | null | undefined): string => (v === null || v === undefined ? "—" : v < 1 ? v.toFixed(2) : v.toFixed(1));

/** What a run said, in a few words. */
export function useSaid(): (r: Run, outputs: Output[]) => string {
  const { t } = useTranslation("components");
  const { lang } = useLang();
  const say = useSay();
  return (r, outputs) => {
    if (r.why) return `${t(`why.${r.why}`)}${r.detail ? `: ${say(r.detail)}` : ""}`;
    return r.outputs.map((o) => {
      const unit = unitText(outputs.find((x) => x.name === o.name)?.unit, lang);
      return o.value === null ? `${o.name} ${t("quality.bad")}` : `${o.name} = ${measured(o.value)}${unit && ` ${unit}`}${o.quality === "uncertain" ? ` (${t("quality.uncertain")})` : ""}`;
    }).join("，");
  };
}
