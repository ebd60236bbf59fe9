import { useQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";
import { Alert, Empty, Skeleton } from "antd";
import { useTranslation } from "react-i18next";
import { machineDays } from "../../api/walk";
import { useLang } from "../../i18n/useLang";
import { duration, percent } from "../../lib/format";
import { dateTime, ofMicros } from "../../lib/time";
import { Crumbs } from "./Crumbs";
import { EvidencePanel } from "./EvidencePanel";
import { DayVerdict, useWhose } from "./MachineDaysPage";
import { share } from "./walk";
import "./cockpit.css";

const next = (day: string): string => new Date(Date.parse(`${day}T00:00:00Z`) + 86400_000).toISOString().slice(0, 10);

/** A machine's day: what was proved of it, and the samples below it, which are the firm's to show. */
export default function DayPage() {
  const { t } = useTranslation("cockpit");
  const { lang, name } = useLang();
  const { indicator, machine, day } = useParams({ from: "/app/cockpit/$indicator/machines/$machine/$day" });
  const search = useSearch({ from: "/app/cockpit/$indicator/machines/$machine/$day" });
  const days = useQuery(machineDays(machine, day, next(day)));
  const { firm } = useWhose(machine);
  const d = days.data?.[0];
  const known = d && share(d.known_ms, d.planned_ms);
  return (
    <>
      <Crumbs indicator={indicator} year={search.year ?? Number(day.slice(0, 4))} region={firm?.region} firm={firm && { id: firm.id, name: firm.name }} machine={{ id: machine, name: d ? name(d.name) : "…", month: day.slice(0, 7) }} here={day} />
      <div className="pagehead"><h1>{d ? name(d.name) : ""} {day}</h1><span className="dim">{d?.path}</span></div>
      {days.error && <Alert type="error" showIcon title={days.error.message} />}
      {days.isPending && <Skeleton active />}
      {days.data && !d && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("days.none")} />}
      {d && (
        <dl className="headline">
          <div><dt>{t("counts")}</dt><dd><DayVerdict of={d} /></dd></div>
          <div><dt>{t("planned")}</dt><dd className="num">{duration(d.planned_ms, lang)}</dd></div>
          <div><dt>{t("known.time")}</dt><dd className="num">{duration(d.known_ms, lang)} {known !== undefined && <small className="dim">{percent(known)}</small>}</dd></div>
          <div><dt>{t("revision")}</dt><dd className="num">{d.revision} <small className="dim">{t("as.of", { at: dateTime(ofMicros(d.as_of)) })}</small></dd></div>
          <div style={{ minWidth: 0 }}><dt>{t("digest")}</dt><dd className="mono">{d.digest}</dd></div>
        </dl>
      )}
      <EvidencePanel machine={machine} day={day} search={search} />
    </>
  );
}
