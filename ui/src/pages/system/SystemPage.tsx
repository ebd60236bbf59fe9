import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { PageTabs } from "../../components/PageTabs";
import { session } from "../../api/queries";
import { Audit } from "./Audit";
import { HealthTab } from "./HealthTab";
import { Links } from "./Links";
import { North } from "./North";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

/** The node itself: how it fares, who may what, who changed what. */
export default function SystemPage() {
  const { t } = useTranslation("system");
  const me = useQuery(session);
  const may = (p: "engineer" | "administer" | "audit") => me.data?.permissions.includes(p);
  const items = [{ key: "health", label: t("tab.health"), children: <HealthTab /> }];
  if (may("engineer") && me.data?.path === "") items.push({ key: "links", label: t("tab.links"), children: <Links administers={!!may("administer")} /> });
  if (may("engineer") && me.data?.path === "") items.push({ key: "north", label: t("tab.north"), children: <North /> });
  if (may("administer")) {
    items.push({ key: "users", label: t("tab.users"), children: <Users /> }, { key: "tokens", label: t("tab.tokens"), children: <Tokens /> });
  }
  if (may("audit")) items.push({ key: "audit", label: t("tab.audit"), children: <Audit /> });
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <PageTabs items={items} />
    </>
  );
}
