import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { EntryList } from "./EntryList";
import { RobotList } from "./RobotList";
import { SettingsTab } from "./SettingsTab";
import { YearList } from "./YearList";

/** The lists that targets are counted from, and what the policy leaves open. */
export default function LedgersPage() {
  const { t } = useTranslation("ledgers");
  const { data: me } = useQuery(session);
  const keeps = me?.permissions.includes("firms.keep") ?? false;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <PageTabs items={[
        { key: "robots", label: t("tab.robots"), children: <RobotList keeps={keeps} /> },
        { key: "returns", label: t("tab.returns"), children: <YearList keeps={keeps} /> },
        { key: "entries", label: t("tab.entries"), children: <EntryList keeps={keeps} /> },
        { key: "settings", label: t("tab.settings"), children: <SettingsTab keeps={keeps} /> },
      ]} />
    </>
  );
}
