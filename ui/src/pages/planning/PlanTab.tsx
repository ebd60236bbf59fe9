import { useQuery } from "@tanstack/react-query";
import { Segmented, Tabs } from "antd";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Plan, plan, planInUse } from "../../api/planning";
import { Nothing, Waiting } from "../../components/Status";
import { LateList, Left, Problems } from "./Lists";
import { PlanChart } from "./PlanChart";
import { PlanHead } from "./PlanHead";
import { usePlanningSearch } from "./search";

/** One plan: the one in use, or a draft that was opened. */
export function PlanTab({ place, may }: { place: string; may: boolean }) {
  const { t } = useTranslation("planning");
  const [search] = usePlanningSearch();
  const inUse = useQuery({ ...planInUse(place), enabled: search.plan === undefined });
  const chosen = useQuery(plan(search.plan));
  const query = search.plan ? chosen : inUse;
  // What was seen stays until the next one is there: a move makes a new draft, and the chart must not jump.
  const last = useRef<Plan>(undefined);
  if (query.data) last.current = query.data;
  const p = query.data ?? (query.data === undefined && last.current?.place === place ? last.current : query.data);
  const [look, setLook] = useState<"chart" | "table">("chart");
  if (p === null) return <Nothing text={t("plan.none")} />;
  if (query.isError || !p) return <Waiting query={query} />;
  return (
    <div className="stack">
      <PlanHead p={p} may={may} />
      <section className="panel">
        <div className="row" style={{ justifyContent: "flex-end", marginBottom: 4 }}><Segmented size="small" value={look} onChange={(v) => setLook(v as "chart" | "table")} options={[{ value: "chart", label: t("common:chart") }, { value: "table", label: t("common:table") }]} /></div>
        <PlanChart p={p} look={look} may={may && p.state !== "past" && p.state !== "dropped"} />
      </section>
      <section className="panel">
        <Tabs items={[
          { key: "late", label: t("late.tab", { n: p.figures.late }), children: <LateList p={p} /> },
          { key: "left", label: t("left.tab", { n: p.unplanned.length }), children: <Left p={p} /> },
          { key: "problems", label: t("problems.tab", { n: p.violations.length }), children: <Problems p={p} /> },
        ]} />
      </section>
    </div>
  );
}
