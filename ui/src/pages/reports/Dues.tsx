import { useQuery } from "@tanstack/react-query";
import { Alert, Button } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type ReportLine, reportDues, type StepKind } from "../../api/reporting";
import { session } from "../../api/queries";
import { dateTime } from "../../lib/time";
import { ReportTable } from "./ReportList";
import { StepDialog } from "./StepDialog";

/** What is due or late, and the reminders that wait for the asker's answer. */
export function Dues() {
  const { t } = useTranslation("reports");
  const { data, error, isPending } = useQuery(reportDues);
  const me = useQuery(session);
  const [doing, setDoing] = useState<{ line: ReportLine; what: StepKind }>();
  const may = me.data?.permissions.includes("firms.report");
  const mine = (data ?? []).filter((l) => l.own && l.reminders.length > 0);
  const action = (l: ReportLine) => {
    if (!may || l.own) return null;
    return ["open", "draft", "returned"].includes(l.state) ? <Button size="small" aria-label={`${t("remind")} ${l.name} ${l.period}`} onClick={() => setDoing({ line: l, what: "remind" })}>{t("remind")}</Button> : null;
  };
  return (
    <div className="stack">
      {error && <Alert type="error" showIcon message={error.message} />}
      {mine.flatMap((l) => l.reminders.map((r) => (
        <Alert key={`${l.id}.${r.seq}`} type="warning" showIcon title={`${l.period} ${l.name}：${r.words}`} description={`${r.name} · ${dateTime(r.at)}`}
          action={may && <Button onClick={() => setDoing({ line: l, what: "answer" })}>{t("step.answer")}</Button>} />)))}
      <ReportTable rows={data ?? []} loading={isPending} empty={t("dues.none")} more={action} />
      {doing && <StepDialog of={doing.line} what={doing.what} close={() => setDoing(undefined)} />}
    </div>
  );
}
