import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import type { Action, Fired, RuleState } from "../../api/rules";
import { useLang } from "../../i18n/useLang";
import { measured, unitText } from "../../lib/format";
import type { RulesSearch } from "../../routes";

/** What the page shows stands in the address. */
export function useRulesSearch(): [RulesSearch, (more: RulesSearch) => void] {
  const search: RulesSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/control/rules", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here, and who it is. */
export function useMay(): { writes: boolean; controls: boolean; name: string } {
  const me = useQuery(session).data;
  const may = me?.permissions ?? [];
  return { writes: may.includes("engineer"), controls: may.includes("control"), name: me?.name ?? "" };
}

const colors: Record<RuleState, string> = { draft: "default", backtested: "default", shadow: "processing", active: "success", suspended: "error", retired: "default" };

export function StateTag({ state }: { state: RuleState | undefined }) {
  const { t } = useTranslation("rules");
  return <Tag color={colors[state ?? "draft"]} variant="outlined">{t(`state.${state ?? "draft"}`)}</Tag>;
}

/** An action in a few words. */
export function useActs(): (a: Action) => string {
  const { t } = useTranslation("rules");
  const { name, lang } = useLang();
  return (a) => {
    const where = a.path?.split("/").at(-1) ?? "";
    switch (a.kind) {
      case "command":
        return `${t("kind.command")} ${where} ${a.signal ?? ""} = ${a.value === undefined ? "?" : measured(a.value)} ${unitText(a.unit, lang)}`.trim();
      case "call":
        return `${t("kind.call")} ${t(`what.${a.what ?? "maintenance"}`)} ${where}`;
    }
    const text = a.text?.zh ? `: ${name(a.text)}` : "";
    return `${t(`kind.${a.kind}`)}${text}`;
  };
}

/** The values that a firing rests on. */
export function Readings({ of }: { of: Fired["readings"] }) {
  return <span className="num">{of.map((r) => `${r.name} = ${r.text || measured(r.number)}${r.note ? ` (${r.note})` : ""}`).join("　")}</span>;
}
