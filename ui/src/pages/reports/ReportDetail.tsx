import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Select, Spin } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { freezeReports, report, type ReportView, type StepKind } from "../../api/reporting";
import { dateTime, day8, ms } from "../../lib/time";
import type { ReportsSearch } from "../../routes";
import { History } from "./History";
import { Parts } from "./Parts";
import { Stations } from "./Stations";
import { StepDialog } from "./StepDialog";
import { Values } from "./Values";
import { Lateness, StateTag } from "./words";

/** One report: values as reported and as computed now, what the level below says, every step. */
export function ReportDetail({ id }: { id: string }) {
  const { t } = useTranslation("reports");
  const search: ReportsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data: v, error } = useQuery(report(id, search.revision));
  const back = <Button onClick={() => void navigate({ to: "/reports", search: { period: id.split(".")[0] } })}>{t("back")}</Button>;
  if (error) return <div className="stack"><div>{back}</div><Alert type="error" showIcon message={error.message} /></div>;
  if (!v) return <Spin aria-label={t("common:loading")} />;
  const file = (format: string) => address(`/reports/${id}/file`, { format, revision: search.revision });
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}>
        <h1>{v.name} · {v.period_name}</h1><StateTag state={v.state} /><span className="fill" />
        {v.versions.length > 1 && (
          <Select<number> aria-label={t("version.label")} style={{ width: 120 }} value={search.revision ?? v.revision} options={v.versions.map((o) => ({ value: o.revision, label: t("version", { n: o.revision }) }))}
            onChange={(n) => void navigate({ to: "/reports", search: { ...search, revision: n === v.revision ? undefined : n } })} />)}
        {back}<Button href={file("xlsx")} download>{t("xlsx")}</Button><Button href={file("pdf")} download>{t("pdf")}</Button>
      </div>
      <div className="row dim">
        <span>{t("asOf", { day: v.last_day })}</span><span>{t("due")} {day8(ms(v.due) - 1)}</span>{v.owing && <Lateness of={v} />}
        {v.revision > 0 && <span>{t("revision")} {v.revision}</span>}{v.accepted > 0 && <span>{t("accepted")} {v.accepted}</span>}
      </div>
      {v.question && <Alert type="warning" showIcon title={`${t("question")}：${v.question}`} />}
      {v.reminders.map((r) => <Alert key={r.seq} type="warning" showIcon title={`${t("reminder")}：${r.words}`} description={`${r.name} · ${dateTime(r.at)}`} />)}
      <Stations v={v} />
      <Steps v={v} />
      <Values v={v} />
      {v.parts.length > 0 && <Parts v={v} />}
      <History v={v} />
    </div>
  );
}

/** What can be done now: buttons for what the asker may, words for what others may. */
function Steps({ v }: { v: ReportView }) {
  const { t } = useTranslation("reports");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [what, setWhat] = useState<StepKind>();
  const freeze = useMutation({
    mutationFn: (below: boolean) => freezeReports(v.period, v.region, below),
    onSuccess: async (done) => {
      message.success(t("freeze.done", { n: done.reports.length }) + (done.stood > 0 ? t("freeze.stood", { n: done.stood }) : "") + (done.elsewhere ? t("freeze.elsewhere", { n: done.elsewhere }) : ""));
      await Promise.all(["report", "reports", "report-dues"].map((key) => client.invalidateQueries({ queryKey: [key] })));
    },
    onError: (err) => { message.error(err.message, 10); },
  });
  const changed = (s: string) => v.differs || (s !== "revise" && s !== "decline"); // without a difference there is nothing to answer
  const mine = v.can.filter((c) => c.may && changed(c.what));
  const others = v.can.filter((c) => !c.may && changed(c.what));
  return (
    <div className="row">
      {mine.map((c) => c.what === "freeze"
        ? <span key={c.what} className="row">
            <Button type="primary" title={t("freeze.hint")} loading={freeze.isPending} onClick={() => freeze.mutate(false)}>{t("freeze")}</Button>
            {v.level !== "county" && <Button title={t("freeze.hint")} loading={freeze.isPending} onClick={() => freeze.mutate(true)}>{t("freeze.below")}</Button>}
          </span>
        : <Button key={c.what} type={c.what === "submit" || c.what === "approve" || c.what === "explain" ? "primary" : "default"} onClick={() => setWhat(c.what as StepKind)}>{t(`step.${c.what}`)}</Button>)}
      {others.length > 0 && <span className="dim">{t("can", { steps: others.map((c) => t("can.step", { who: t(`who.${c.by}`), step: t(`step.${c.what}`) })).join("；") })}</span>}
      {mine.length + others.length === 0 && <span className="dim">{t("can.none")}</span>}
      {what && <StepDialog of={v} what={what} close={() => setWhat(undefined)} />}
    </div>
  );
}
