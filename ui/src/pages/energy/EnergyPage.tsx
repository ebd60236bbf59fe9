import { useQuery } from "@tanstack/react-query";
import { Button, Select, Tabs } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Network, networks, proposal } from "../../api/energy";
import { nodes, session } from "../../api/queries";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso } from "../../lib/time";
import { ProposeAt } from "../production/ProposeAt";
import { AllocationTab } from "./AllocationTab";
import { BalanceTab } from "./BalanceTab";
import { BaselinesTab } from "./BaselinesTab";
import { BenchmarkTab } from "./BenchmarkTab";
import { CostTab } from "./CostTab";
import { DemandTab } from "./DemandTab";
import { MetersEditor } from "./MetersEditor";
import { useEnergySearch } from "./parts";
import { QualityTab } from "./QualityTab";
import { ReplacementEditor } from "./ReplacementEditor";
import { ReplacementsTab } from "./ReplacementsTab";
import { ShiftingTab } from "./ShiftingTab";
import { StandbyTab } from "./StandbyTab";

/** Where energy went, what it cost, what standing machines burn, and whether a measure saved. */
export default function EnergyPage() {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const [search, set] = useEnergySearch();
  const range = useRange(search, "24h");
  const all = useQuery(networks);
  const places = useQuery(nodes).data ?? [];
  const engineer = useQuery(session).data?.permissions.includes("engineer") ?? false;
  const [edited, setEdited] = useState<Network>();
  const [listed, setListed] = useState<string>();
  const net = all.data?.find((n) => n.place === search.place) ?? all.data?.[0];
  const title = (n: Network) => name(places.find((p) => p.id === n.place)?.name) || n.path;
  const w = { from: iso(range.from), to: iso(range.to) };
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}>
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        {engineer && net && <Button onClick={() => setEdited(net)}>{t("edit")}</Button>}
        {engineer && <ProposeAt label={t("place.new")} action={t("propose")} fits={(n) => n.level !== "equipment" && !all.data?.some((k) => k.place === n.id)} ask={proposal} propose={setEdited} />}
      </div>
      {!all.data ? <Waiting query={all} /> : !net ? <Nothing text={t("none")} /> : (
        <>
          <div className="row">
            <Select aria-label={t("place")} style={{ width: 220 }} value={net.place} onChange={(place: string) => set({ place, meter: undefined, code: undefined })} options={all.data.map((n) => ({ value: n.place, label: title(n) }))} />
            {search.tab !== "baselines" && search.tab !== "replacements" && search.tab !== "shifting" && <RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />}
          </div>
          <Tabs activeKey={search.tab ?? "balance"} onChange={(tab) => set({ tab })} items={[
            { key: "balance", label: t("tab.balance"), children: <BalanceTab net={net} window={w} /> },
            { key: "demand", label: t("tab.demand"), children: <DemandTab net={net} window={w} /> },
            { key: "cost", label: t("tab.cost"), children: <CostTab net={net} window={w} /> },
            { key: "standby", label: t("tab.standby"), children: <StandbyTab net={net} window={w} /> },
            { key: "allocation", label: t("tab.allocation"), children: <AllocationTab net={net} window={w} /> },
            { key: "benchmark", label: t("tab.benchmark"), children: <BenchmarkTab net={net} window={w} list={engineer ? (m) => setListed(m.equipment) : undefined} /> },
            { key: "shifting", label: t("tab.shifting"), children: <ShiftingTab net={net} /> },
            { key: "replacements", label: t("tab.replacements"), children: <ReplacementsTab net={net} engineer={engineer} /> },
            { key: "quality", label: t("tab.quality"), children: <QualityTab net={net} window={w} /> },
            { key: "baselines", label: t("tab.baselines"), children: <BaselinesTab net={net} engineer={engineer} /> },
          ]} destroyOnHidden />
        </>)}
      {net && listed && <ReplacementEditor net={net} of={{ equipment: listed, ...w }} close={() => setListed(undefined)} />}
      {edited && <MetersEditor net={edited} close={(saved) => { setEdited(undefined); if (saved) set({ place: saved.place }); }} />}
    </div>
  );
}
