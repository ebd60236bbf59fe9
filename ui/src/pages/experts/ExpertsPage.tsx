import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { AdviceTab } from "./AdviceTab";
import { DispatchTab } from "./DispatchTab";
import { RegisterTab } from "./RegisterTab";
import { StationTab } from "./StationTab";

/** Experts who are sent to diagnoses and stationed in counties, and questions for advice. */
export default function ExpertsPage() {
  const { t } = useTranslation("experts");
  const sends = useQuery(session).data?.permissions.includes("firms.dispatch") ?? false;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <PageTabs items={[
        { key: "dispatches", label: t("tab.dispatches"), children: <DispatchTab sends={sends} /> },
        { key: "stations", label: t("tab.stations"), children: <StationTab sends={sends} /> },
        { key: "advice", label: t("tab.advice"), children: <AdviceTab sends={sends} /> },
        { key: "register", label: t("tab.register"), children: <RegisterTab sends={sends} /> },
      ]} />
    </>
  );
}
