import { useTranslation } from "react-i18next";
import { useNavigate } from "@tanstack/react-router";
import { Tabs } from "antd";
import type { QualitySearch } from "../../routes";
import { CapabilityTab } from "./CapabilityTab";
import { CasesTab } from "./CasesTab";
import { CertificatesTab } from "./CertificatesTab";
import { ChartTab } from "./ChartTab";
import { CostTab } from "./CostTab";
import { DefectsTab } from "./DefectsTab";
import { EntryTab } from "./EntryTab";
import { GaugesTab } from "./GaugesTab";
import { LotsTab } from "./LotsTab";
import { PlansTab } from "./PlansTab";
import { SuppliersTab } from "./SuppliersTab";
import { useQualitySearch } from "./parts";

/** Inspection: charts, entry, capability, plans, sampling, gauges, what does not conform. */
export default function QualityPage() {
  const { t } = useTranslation("quality");
  const [search] = useQualitySearch();
  const navigate = useNavigate();
  const items = [
    { key: "chart", label: t("tab.chart"), children: <ChartTab /> }, { key: "entry", label: t("tab.entry"), children: <EntryTab /> }, { key: "capability", label: t("tab.capability"), children: <CapabilityTab /> }, { key: "plans", label: t("tab.plans"), children: <PlansTab /> },
    { key: "lots", label: t("tab.lots"), children: <LotsTab /> }, { key: "suppliers", label: t("tab.suppliers"), children: <SuppliersTab /> }, { key: "gauges", label: t("tab.gauges"), children: <GaugesTab /> }, { key: "cases", label: t("tab.cases"), children: <CasesTab /> }, { key: "defects", label: t("tab.defects"), children: <DefectsTab /> }, { key: "certificates", label: t("certificates:tab"), children: <CertificatesTab /> }, { key: "cost", label: t("qualitycost:tab"), children: <CostTab /> },
  ];
  // What is looked at stays when one goes from the chart to its capability.
  const go = (tab: string) => void navigate({ to: "/quality", search: { tab, characteristic: search.characteristic, range: search.range, from: search.from, to: search.to } satisfies QualitySearch, replace: true });
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <Tabs destroyOnHidden tabBarGutter={18} activeKey={items.some((i) => i.key === search.tab) ? (search.tab ?? "chart") : "chart"} items={items} onChange={go} />
    </>
  );
}
