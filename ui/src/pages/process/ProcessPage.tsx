import { useTranslation } from "react-i18next";
import { Tabs } from "antd";
import { ProcessLinks } from "../../components/ProcessLinks";
import { DeviationsTab } from "./DeviationsTab";
import { MachineTab } from "./MachineTab";
import { RecipesTab } from "./RecipesTab";
import { RunsTab } from "./RunsTab";
import { ToolsTab } from "./ToolsTab";
import { useProcessSearch } from "./parts";

/** Recipes: how parts are to be made, what went to the machines, and how they were really made. */
export default function ProcessPage() {
  const { t } = useTranslation("process");
  const [search, set] = useProcessSearch();
  const items = [
    { key: "recipes", label: t("tab.recipes"), children: <RecipesTab /> }, { key: "machine", label: t("tab.machine"), children: <MachineTab /> },
    { key: "runs", label: t("tab.runs"), children: <RunsTab /> }, { key: "deviations", label: t("tab.deviations"), children: <DeviationsTab /> },
    { key: "tools", label: t("tab.tools"), children: <ToolsTab /> },
  ];
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <ProcessLinks here="/process" />
      <Tabs destroyOnHidden activeKey={items.some((i) => i.key === search.tab) ? (search.tab ?? "recipes") : "recipes"} items={items} onChange={(tab) => set({ tab, recipe: undefined, download: undefined, order: undefined, deviation: undefined, ended: undefined })} />
    </>
  );
}
