import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { SuspicionTable } from "./SuspicionTable";
import { firmSuspicions } from "./suspicions";

const few = 10; // what is seen at a glance beside the figure

/** The suspect days of a region beside its figure; nothing while there are none. */
export function Suspects({ region }: { region: string | undefined }) {
  const { t } = useTranslation("suspicions");
  const list = useInfiniteQuery(firmSuspicions({ region, show: "all" }, few));
  const first = list.data?.pages[0];
  if (!first || first.items.length === 0) return null;
  const n = { open: 0, contested: 0, upheld: 0, dismissed: 0, ...first.counts };
  return (
    <section className="panel" aria-label={t("suspects")}>
      <div className="row"><h2 style={{ margin: 0 }}>{t("suspects")}</h2><span className="dim" role="status">{t("count", n)}</span><span className="fill" /><Link to="/suspicions" search={{ region, show: "all" }}>{t("suspects.all")}</Link></div>
      <SuspicionTable rows={first.items} loading={false} none={t("none")} />
    </section>
  );
}
