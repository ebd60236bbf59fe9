import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { AlarmList } from "./AlarmList";
import { DeliveryTab } from "./DeliveryTab";
import { Limits } from "./Limits";
import { Performance } from "./Performance";

export default function AlarmsPage() {
  const { t } = useTranslation("alarms");
  const me = useQuery(session).data;
  const sends = me?.whole.includes("engineer") ?? false;
  return (
    <div>
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <PageTabs items={[
        { key: "list", label: t("tab.list"), children: <AlarmList /> },
        { key: "limits", label: t("tab.limits"), children: <Limits may={me?.permissions.includes("engineer") ?? false} /> },
        { key: "performance", label: t("tab.performance"), children: <Performance /> },
        ...(sends ? [{ key: "delivery", label: t("tab.delivery"), children: <DeliveryTab /> }] : []),
      ]} />
    </div>
  );
}
