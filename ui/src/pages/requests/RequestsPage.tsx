import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { Policy } from "./Policy";
import { Reads } from "./Reads";
import { Received } from "./Received";

/** The firm's side: who asked, what was decided and seen, and what is shared at all. */
export default function RequestsPage() {
  const { t } = useTranslation("requests");
  const { data: me } = useQuery(session);
  const decides = me?.whole.includes("administer") ?? false;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <PageTabs items={[
        { key: "requests", label: t("tab.requests"), children: <Received decides={decides} /> },
        { key: "reads", label: t("tab.reads"), children: <Reads /> },
        ...(decides ? [{ key: "policy", label: t("tab.policy"), children: <Policy /> }] : []),
      ]} />
    </>
  );
}
