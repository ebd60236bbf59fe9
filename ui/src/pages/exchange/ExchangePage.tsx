import { useTranslation } from "react-i18next";
import { PageTabs } from "../../components/PageTabs";
import { Books } from "./Books";
import { Messages } from "./Messages";
import { Partners } from "./Partners";

/** Business systems: who they are, what came and goes, and whether both books agree. */
export default function ExchangePage() {
  const { t } = useTranslation("exchange");
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><p className="dim" style={{ margin: 0 }}>{t("hint")}</p></div>
      <PageTabs items={[
        { key: "partners", label: t("tab.partners"), children: <Partners /> },
        { key: "messages", label: t("tab.messages"), children: <Messages /> },
        { key: "books", label: t("tab.books"), children: <Books /> },
      ]} />
    </>
  );
}
