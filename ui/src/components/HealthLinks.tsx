import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

const pages = ["/health", "/health/models"] as const;

/** The pages of the maintenance engineer about how machines are. */
export function HealthLinks({ here }: { here: (typeof pages)[number] }) {
  const { t } = useTranslation("models");
  return (
    <nav className="row noprint" aria-label={t("pages")}>
      {pages.map((p) => (p === here ? <strong key={p} aria-current="page">{t(`page.${p}`)}</strong> : <Link key={p} to={p}>{t(`page.${p}`)}</Link>))}
    </nav>
  );
}
