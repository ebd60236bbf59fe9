import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageTabs } from "../../components/PageTabs";
import { certificates } from "../../api/queries";
import { Acceptance } from "./Acceptance";
import { Authenticity } from "./Authenticity";
import { BulkAdd } from "./BulkAdd";
import { Certificates } from "./Certificates";
import { DeviceList } from "./DeviceList";
import { Discovery } from "./Discovery";
import { DiscoveryRules } from "./DiscoveryRules";
import { OrderFinder } from "./OrderFinder";
import { Profiles } from "./Profiles";

/** Who is connected, who is down since when and why, and what the wire says. */
export default function DevicesPage() {
  const { t } = useTranslation("devices");
  const waiting = useQuery({ ...certificates, retry: false });
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <PageTabs items={[
        { key: "devices", label: t("tab.devices"), children: <DeviceList /> },
        { key: "discovery", label: t("tab.discovery"), children: <Discovery /> },
        { key: "bulk", label: t("tab.bulk"), children: <BulkAdd /> },
        { key: "rules", label: t("tab.rules"), children: <DiscoveryRules /> },
        { key: "order", label: t("tab.order"), children: <OrderFinder /> },
        { key: "profiles", label: t("tab.profiles"), children: <Profiles /> },
        { key: "acceptance", label: t("tab.acceptance"), children: <Acceptance /> },
        { key: "authenticity", label: t("tab.authenticity"), children: <Authenticity /> },
        { key: "certificates", label: t("tab.certificates", { n: waiting.data?.length ?? 0 }), children: <Certificates rows={waiting.data ?? []} /> },
      ]} />
    </>
  );
}
