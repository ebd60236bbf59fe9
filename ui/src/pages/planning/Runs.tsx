import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Progress } from "antd";
import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { planRuns, type Run, stopRun } from "../../api/planning";
import { useLang } from "../../i18n/useLang";
import { span } from "../../lib/format";
import { ms, shortTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { usePlanningSearch } from "./search";

/** Searches that go on at a place; one that ends while it is watched shows its plan. */
export function Runs({ place, may }: { place: string; may: boolean }) {
  const { t } = useTranslation("planning");
  const [, set] = usePlanningSearch();
  const client = useQueryClient();
  const { data } = useQuery(planRuns);
  const own = (data ?? []).filter((r) => r.request.place === place);
  const watched = useRef(new Set<string>());
  useEffect(() => {
    for (const r of own) {
      if (r.state === "searching") watched.current.add(r.id);
      else if (watched.current.delete(r.id)) {
        void client.invalidateQueries({ queryKey: ["plans"] });
        if (r.plan) set({ tab: "plan", plan: r.plan });
      }
    }
  }, [data]);
  const failed = own[0]?.state === "failed" ? own[0] : undefined;
  return (
    <>
      {own.filter((r) => r.state === "searching").map((r) => <Going key={r.id} r={r} may={may} />)}
      {failed && <Alert type="error" showIcon closable title={t("run.failed", { at: shortTime(failed.started), why: failed.error ?? "" })} />}
    </>
  );
}

function Going({ r, may }: { r: Run; may: boolean }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const stop = useChange(() => stopRun(r.id), undefined, true);
  const [began, ends] = [ms(r.started), ms(r.ends)];
  const share = Math.min(0.99, Math.max(0, (Date.now() - began) / Math.max(1, ends - began)));
  return (
    <section className="panel row" role="status" style={{ gap: 16 }}>
      <b>{t("run.title", { kind: t(`kind.${r.request.kind}`), name: r.request.name ?? "" })}</b>
      <div style={{ flex: 1, minWidth: 160 }}><Progress percent={Math.round(share * 100)} size="small" aria-label={t("run.progress")} /></div>
      <span className="num">{t("run.of", { orders: r.orders, operations: r.operations, found: r.found })}</span>
      {r.best && <span className="num">{t(r.best.feasible ? "run.best" : "run.best.not", { tardiness: span(r.best.weighted_tardiness_ms, lang), setup: span(r.best.setup_ms, lang), end: shortTime(r.best.makespan) })}</span>}
      {may && <Button loading={stop.isPending} onClick={() => stop.mutate(undefined)}>{t("run.stop")}</Button>}
    </section>
  );
}
