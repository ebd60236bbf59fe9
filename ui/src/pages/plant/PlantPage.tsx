import { useTranslation } from "react-i18next";
import { PageTabs } from "../../components/PageTabs";
import { Calendars } from "./Calendars";
import { Nodes } from "./Nodes";
import { PlantFile } from "./PlantFile";
import { Products } from "./Products";

/** The plant as it is from now on: hierarchy, machines, calendars, products. */
export default function PlantPage() {
  const { t } = useTranslation("plant");
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <PageTabs items={[
        { key: "nodes", label: t("tab.nodes"), children: <Nodes /> },
        { key: "calendars", label: t("tab.calendars"), children: <Calendars /> },
        { key: "products", label: t("tab.products"), children: <Products /> },
        { key: "file", label: t("tab.file"), children: <PlantFile /> },
      ]} />
    </>
  );
}
