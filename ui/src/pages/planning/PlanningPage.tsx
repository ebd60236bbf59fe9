import { useQuery } from "@tanstack/react-query";
import { Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { nodes, session } from "../../api/queries";
import { Nothing } from "../../components/Status";
import { PlacePicker } from "../production/parts";
import { Compare } from "./Compare";
import { DispatchTab } from "./DispatchTab";
import { LimitsTab } from "./LimitsTab";
import { PlansTab } from "./PlansTab";
import { PlanTab } from "./PlanTab";
import { PromiseTab } from "./PromiseTab";
import { Runs } from "./Runs";
import { usePlanningSearch } from "./search";
import { StartPlan } from "./StartPlan";
import { Suggestions } from "./Suggestions";

/** Orders on machines over time: the plan in use, drafts beside it, what each machine does next, and promises. */
export default function PlanningPage() {
  const { t } = useTranslation("planning");
  const [search, set] = usePlanningSearch();
  const all = useQuery(nodes);
  const may = useQuery(session).data?.permissions.includes("plan") ?? false;
  // Plants are planned by site as a rule.
  const place = search.place ?? all.data?.find((n) => n.level === "site")?.path ?? all.data?.find((n) => n.level !== "equipment")?.path;
  const tabs = [
    { key: "plan", label: t("tab.plan") }, { key: "plans", label: t("tab.plans") }, { key: "compare", label: t("tab.compare") },
    { key: "dispatch", label: t("tab.dispatch") }, { key: "limits", label: t("tab.limits") }, ...(may ? [{ key: "promise", label: t("tab.promise") }] : []),
  ];
  const tab = tabs.some((x) => x.key === search.tab) ? search.tab : "plan";
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}>
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        <div style={{ width: 220 }}><PlacePicker by="path" label={t("place")} fits={(n) => n.level !== "equipment" && n.level !== "enterprise"} value={place} onChange={(p) => set({ place: p, plan: undefined, compare: undefined })} /></div>
        {may && place && <StartPlan place={place} />}
      </div>
      {place === undefined ? <Nothing text={t("place.none")} /> : (
        <>
          <Suggestions place={place} may={may} />
          <Runs place={place} may={may} />
          <Tabs activeKey={tab ?? "plan"} items={tabs} onChange={(key) => set({ tab: key })} />
          {tab === "plan" && <PlanTab place={place} may={may} />}
          {tab === "plans" && <PlansTab place={place} />}
          {tab === "compare" && <Compare place={place} />}
          {tab === "dispatch" && <DispatchTab place={place} />}
          {tab === "limits" && <LimitsTab may={may} />}
          {tab === "promise" && <PromiseTab place={place} key={place} />}
        </>)}
    </div>
  );
}
