import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";

const pages = ["/process", "/process/batches", "/process/causes", "/process/experiments"] as const;

/** The pages of the process engineer beside one another. */
export function ProcessLinks({ here }: { here: (typeof pages)[number] }) {
  const { t } = useTranslation("batch");
  return (
    <nav className="row noprint" aria-label={t("pages")}>
      {pages.map((p) => (p === here ? <strong key={p} aria-current="page">{t(`page.${p}`)}</strong> : <Link key={p} to={p}>{t(`page.${p}`)}</Link>))}
    </nav>
  );
}
