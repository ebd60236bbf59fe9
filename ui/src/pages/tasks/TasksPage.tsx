import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { TaskTable } from "./TaskTable";
import { UnitList } from "./UnitList";

/** Targets divided into tasks, and the units that answer for them. */
export default function TasksPage() {
  const { t } = useTranslation("tasks");
  const { data: me } = useQuery(session);
  const keeps = me?.permissions.includes("firms.keep") ?? false;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <PageTabs items={[
        { key: "tasks", label: t("tab.tasks"), children: <TaskTable keeps={keeps} /> },
        { key: "units", label: t("tab.units"), children: <UnitList keeps={keeps} /> },
      ]} />
    </>
  );
}
