import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { FirmImport } from "./FirmImport";
import { FirmList } from "./FirmList";

/** The registry of firms: looked through, kept, imported. */
export default function FirmsPage() {
  const { t } = useTranslation("firms");
  const { data: me } = useQuery(session);
  const keeps = me?.permissions.includes("firms.keep") ?? false;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <PageTabs items={[
        { key: "list", label: t("tab.list"), children: <FirmList keeps={keeps} /> },
        ...(keeps ? [{ key: "import", label: t("tab.import"), children: <FirmImport /> }] : []),
      ]} />
    </>
  );
}
