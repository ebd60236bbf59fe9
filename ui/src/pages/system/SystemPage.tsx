import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageTabs } from "../../components/PageTabs";
import { session } from "../../api/queries";
import { Audit } from "./Audit";
import { Guests } from "./Guests";
import { HealthTab } from "./HealthTab";
import { Links } from "./Links";
import { North } from "./North";
import { Providers } from "./Providers";
import { Roles } from "./Roles";
import { Tokens } from "./Tokens";
import { Users } from "./Users";
import { WhoMay } from "./WhoMay";

/** The node itself: how it fares, who may what, who changed what. */
export default function SystemPage() {
  const { t } = useTranslation("system");
  const me = useQuery(session);
  const may = (p: "administer" | "audit") => me.data?.permissions.includes(p);
  const items = [{ key: "health", label: t("tab.health"), children: <HealthTab /> }];
  if (me.data?.whole.includes("engineer")) items.push({ key: "links", label: t("tab.links"), children: <Links administers={!!may("administer")} /> });
  if (me.data?.whole.includes("engineer")) items.push({ key: "north", label: t("tab.north"), children: <North /> });
  if (may("administer")) {
    items.push({ key: "users", label: t("tab.users"), children: <Users /> }, { key: "guests", label: t("tab.guests"), children: <Guests /> }, { key: "tokens", label: t("tab.tokens"), children: <Tokens /> },
      { key: "roles", label: t("tab.roles"), children: <Roles /> }, { key: "access", label: t("tab.access"), children: <WhoMay /> });
  }
  if (me.data?.whole.includes("administer")) items.push({ key: "providers", label: t("tab.providers"), children: <Providers /> });
  if (me.data?.whole.includes("audit")) items.push({ key: "audit", label: t("tab.audit"), children: <Audit /> });
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <PageTabs items={items} />
    </>
  );
}
