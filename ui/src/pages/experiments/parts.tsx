import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { App, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import type { Experiment, State } from "../../api/trial";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { measured } from "../../lib/format";
import type { ExperimentsSearch } from "../../routes";

/** What the page shows stands in the address. */
export function useSearchOf(): [ExperimentsSearch, (more: ExperimentsSearch) => void] {
  const search: ExperimentsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return [search, (more) => void navigate({ to: "/process/experiments", search: { ...search, ...more }, replace: true })];
}

/** What the person may do here. */
export function useMay(): { plans: boolean; enters: boolean } {
  const may = useQuery(session).data?.permissions ?? [];
  return { plans: may.includes("engineer"), enters: may.includes("report") };
}

const colors: Record<State, string> = { planned: "default", running: "processing", analysed: "warning", concluded: "success", abandoned: "default" };

export function StateTag({ state }: { state: State }) {
  const { t } = useTranslation("trial");
  return <Tag color={colors[state]}>{t(`state.${state}`)}</Tag>;
}

/** One change of an experiment; what it touches is asked again. */
export function useStep<V>(send: (v: V) => Promise<Experiment>, done?: () => void) {
  const { t } = useTranslation("trial");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  return useMutation({
    mutationFn: send,
    onSuccess: async () => { message.success(t("saved")); await client.invalidateQueries({ queryKey: ["/experiments"] }); done?.(); },
    onError: async (err) => { message.error(problem(err), 10); await client.invalidateQueries({ queryKey: ["/experiments"] }); },
  });
}

/** The factors as a heading: name and unit. */
export function useHeads(e: Experiment): { factors: string[]; responses: string[] } {
  const { name } = useLang();
  const head = (o: Pick<Experiment["factors"][number], "name" | "unit">) => `${name(o.name)}${o.unit ? ` (${o.unit})` : ""}`;
  return { factors: e.factors.map(head), responses: e.responses.map(head) };
}

export const value = (v: number | null | undefined): string => (typeof v === "number" ? measured(v) : "—");
