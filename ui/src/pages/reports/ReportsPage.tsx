import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Select, Tabs } from "antd";
import { useTranslation } from "react-i18next";
import { reportCalendar } from "../../api/reporting";
import type { ReportsSearch } from "../../routes";
import { Cities } from "./Cities";
import { Dues } from "./Dues";
import { grouped } from "./reports";
import { ReportDetail } from "./ReportDetail";
import { ReportList } from "./ReportList";
import { ScoreCards } from "./ScoreCards";

/** What regions report: the list of a period, one report, what is due, score cards, cities compared. */
export default function ReportsPage() {
  const search: ReportsSearch = useSearch({ strict: false });
  return search.id ? <ReportDetail id={search.id} key={search.id} /> : <Overview />;
}

const tabs = ["mine", "due", "scores", "cities"];

function Overview() {
  const { t } = useTranslation("reports");
  const search: ReportsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data, error } = useQuery(reportCalendar);
  const period = search.period ?? data?.periods[0]?.id ?? "";
  const choices = grouped(data?.periods ?? []).map((g) => ({ label: t(`kind.${g.kind}`), options: g.ids.map((id) => ({ value: id, label: id })) }));
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        <Select<string> aria-label={t("period")} style={{ width: 130 }} showSearch value={period || undefined} options={choices} onChange={(p) => void navigate({ to: "/reports", search: { ...search, period: p } })} />
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Tabs activeKey={tabs.some((k) => k === search.tab) ? search.tab : tabs[0]} onChange={(tab) => void navigate({ to: "/reports", search: { ...search, tab }, replace: true })} items={[
        { key: "mine", label: t("tab.mine"), children: <ReportList period={period} /> },
        { key: "due", label: t("tab.due"), children: <Dues /> },
        { key: "scores", label: t("tab.scores"), children: <ScoreCards period={period} /> },
        { key: "cities", label: t("tab.cities"), children: <Cities period={period} /> },
      ]} />
      {data?.verified === "unverified" && <p className="dim">{t("calendar.unverified", { source: data.source })}</p>}
    </>
  );
}
