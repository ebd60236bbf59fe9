import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { Levels } from "./Levels";
import { Orders } from "./Orders";
import { Plans } from "./Plans";

export default function MaintenancePage() {
  const { t } = useTranslation("maintenance");
  const me = useQuery(session).data;
  return (
    <div>
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <PageTabs items={[
        { key: "orders", label: t("orders"), children: <Orders may={me?.permissions.includes("report") ?? false} /> },
        { key: "plans", label: t("plans"), children: <Plans may={me?.permissions.includes("engineer") ?? false} /> },
        { key: "spares", label: t("spares:levels"), children: <Levels /> },
      ]} />
    </div>
  );
}
