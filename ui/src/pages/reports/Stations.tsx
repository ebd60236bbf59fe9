import { Alert } from "antd";
import { useTranslation } from "react-i18next";
import type { ReportStation, ReportView } from "../../api/reporting";
import { dateTime } from "../../lib/time";

/** Other nodes on a report's way, and since when one cannot be reached. */
export function Stations({ v }: { v: ReportView }) {
  const { t } = useTranslation("reports");
  const told = (s: ReportStation) => (s.connected ? t("station.up") : s.since ? t("station.away", { at: dateTime(s.since) }) : t("station.never"));
  const own = v.own_at;
  const above = v.above_at?.node === own?.node ? undefined : v.above_at;
  return (
    <>
      {v.refused && <Alert type="error" showIcon title={t("refused", { why: v.refused })} />}
      {own && <Alert type={own.connected ? "info" : "warning"} showIcon title={t("station.own", { name: own.name })} description={told(own)} />}
      {above && <Alert type={above.connected ? "info" : "warning"} showIcon title={t("station.above", { name: above.name })} description={told(above)} />}
    </>
  );
}
