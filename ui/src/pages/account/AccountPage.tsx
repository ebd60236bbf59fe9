import { useQuery } from "@tanstack/react-query";
import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { ExportPanel } from "../../components/ExportPanel";
import { MyGrants } from "./MyGrants";
import { PasswordForm } from "./PasswordForm";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

/** What everybody does with the own account. */
export default function AccountPage() {
  const { t } = useTranslation("account");
  const me = useQuery(session).data;
  const must = me?.must_enrol;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <div className="stack" style={{ gap: 24 }}>
        {me?.first_password && <Alert type="warning" showIcon title={t("first")} />}
        {must && <Alert type="warning" showIcon title={t("must")} />}
        {me?.first_password && <section className="panel" style={{ padding: 16 }}><h2>{t("first.title")}</h2><PasswordForm first /></section>}
        <section className="panel" style={{ padding: 16 }}><h2>{t("held")}</h2><MyGrants /></section>
        <section className="panel" style={{ padding: 16 }}><h2>{t("factor")}</h2><SecondFactor /></section>
        <section className="panel" style={{ padding: 16 }}><h2>{t("sessions")}</h2><Sessions /></section>
        {me?.whole.includes("administer") && <section className="panel" style={{ padding: 16 }}><h2>{t("export:title")}</h2><ExportPanel path="/export" /></section>}
        {!me?.first_password && <section className="panel" style={{ padding: 16 }}><h2>{t("password")}</h2><PasswordForm /></section>}
      </div>
    </>
  );
}
