import { useTranslation } from "react-i18next";
import { PasswordForm } from "./PasswordForm";
import { Sessions } from "./Sessions";

/** What everybody does with the own account. */
export default function AccountPage() {
  const { t } = useTranslation("account");
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1></div>
      <div className="stack" style={{ gap: 24 }}>
        <section className="panel" style={{ padding: 16 }}><h2>{t("sessions")}</h2><Sessions /></section>
        <section className="panel" style={{ padding: 16 }}><h2>{t("password")}</h2><PasswordForm /></section>
      </div>
    </>
  );
}
