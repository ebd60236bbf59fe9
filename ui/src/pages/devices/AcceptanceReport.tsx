import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, App, Button, Checkbox, Spin, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { acceptanceReport, session } from "../../api/queries";
import type { AcceptanceJob, AcceptanceMachine, AcceptanceTag } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { dateTime, ms } from "../../lib/time";
import { Jobs, ResultTag } from "./Acceptance";

/** A share that is not whole never looks whole. */
const percent = (share: number): string => (share < 1 && share >= 0.999995 ? "<100 %" : `${fixed(100 * share, 3)} %`);
const seconds = (us: number): string => `${fixed(us / 1e6, 1)} s`;

export function AcceptanceReport({ id }: { id: string }) {
  const { t } = useTranslation("acceptance");
  const { name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [only, setOnly] = useState(false);
  const me = useQuery(session);
  const { data, error } = useQuery(acceptanceReport(id));
  const check = useMutation({
    mutationFn: () => api.post<AcceptanceJob>(`/acceptance-reports/${id}/check`),
    onSuccess: () => client.invalidateQueries({ queryKey: ["acceptance-jobs"] }), onError: (err) => { message.error(err.message); },
  });
  const back = <Button onClick={() => void navigate({ to: "/devices", search: { tab: "acceptance" } })}>{t("back")}</Button>;
  if (error) return <div className="stack">{back}<Alert type="error" showIcon message={error.message} /></div>;
  if (!data) return <Spin aria-label={t("common:loading")} />;
  const file = (format: string) => address(`/acceptance-reports/${id}/file`, { format });
  const rows = data.content.machines.filter((m) => !only || m.result !== "passed");
  return (
    <div className="stack">
      <div className="row">
        {back}
        <Button type="primary" href={file("pdf")} download>{t("pdf")}</Button>
        <Button href={file("csv")} download>{t("csv")}</Button>
        <Button href={file("json")} download>{t("json")}</Button>
        {me.data?.permissions.includes("engineer") && <Button loading={check.isPending} title={t("check.hint")} onClick={() => check.mutate()}>{t("check")}</Button>}
      </div>
      <Jobs only={id} />
      <h2 style={{ fontSize: 15, margin: 0 }}>{t("report", { id })} <ResultTag result={data.result} /></h2>
      <div>
        {data.names.map((p) => name(p.name)).join("、")} · {dateTime(data.question.from)} — {dateTime(data.question.to)} · {t("col.machines")} {data.passed} / {data.machines} · {t("col.revision")} {data.revision}
        {data.next && <> · <button type="button" className="figbtn" onClick={() => void navigate({ to: "/devices", search: { tab: "acceptance", report: data.next } })}>{t("replaced")}</button></>}
        <div className="dim mono" style={{ overflowWrap: "anywhere" }}>{t("hash")} {data.sha256}</div>
      </div>
      <Checkbox checked={only} onChange={(e) => setOnly(e.target.checked)}>{t("onlyFailed")}</Checkbox>
      <Machines rows={rows} span={(ms(data.question.to) - ms(data.question.from)) * 1000} />
      <details>
        <summary>{t("definitions")}</summary>
        <dl>{data.content.definitions.map((d) => [<dt key={d.id}><b>{name(d.name)}</b> <span className="dim">v{d.version}</span></dt>, <dd key={`${d.id}.text`}>{name(d.text)}</dd>])}</dl>
      </details>
    </div>
  );
}

function Machines({ rows, span }: { rows: AcceptanceMachine[]; span: number }) {
  const { t } = useTranslation("acceptance");
  const { name } = useLang();
  return (
    <Table<AcceptanceMachine> size="small" rowKey="node" dataSource={rows} pagination={{ pageSize: 60, hideOnSinglePage: true }} scroll={{ x: 900 }}
      expandable={{
        expandedRowRender: (m) => <Tags rows={m.tags} span={span} />,
        expandIcon: ({ expanded, onExpand, record }) => (
          <button type="button" className="figbtn" aria-expanded={expanded} aria-label={`${t(expanded ? "collapse" : "expand")} ${name(record.name)}`} onClick={(e) => onExpand(record, e)}>{expanded ? "−" : "+"}</button>),
      }}
      columns={[
        { title: t("col.machine"), key: "machine", render: (_, m) => <>{name(m.name)}<div className="dim mono">{m.path}</div></> },
        { title: t("col.result"), key: "result", render: (_, m) => <ResultTag result={m.result} /> },
        { title: t("col.notMet"), key: "notMet", render: (_, m) => m.verdicts.filter((v) => !v.passed).map((v) => t(`criterion.${v.criterion}`)).join("、") },
        { title: t("col.coverage"), key: "coverage", align: "right", sorter: (a, b) => a.coverage - b.coverage, render: (_, m) => percent(m.coverage) },
        { title: t("col.tags"), key: "tags", align: "right", render: (_, m) => `${m.tags_delivering} / ${m.tags_wanted}` },
        { title: t("col.samples"), key: "samples", align: "right", render: (_, m) => fixed(m.samples, 0) },
        { title: t("col.gap"), key: "gap", align: "right", sorter: (a, b) => a.longest_gap_us - b.longest_gap_us, render: (_, m) => seconds(m.longest_gap_us) },
        { title: t("col.profile"), key: "profile", render: (_, m) => <>{m.profile} v{m.profile_version}<div className="dim mono">{m.driver} {m.address}</div></> },
      ]} />
  );
}

function Tags({ rows, span }: { rows: AcceptanceTag[]; span: number }) {
  const { t } = useTranslation("acceptance");
  const { name } = useLang();
  return (
    <Table<AcceptanceTag> size="small" rowKey="name" dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true }}
      columns={[
        { title: t("col.tag"), key: "tag", render: (_, x) => <>{name(x.title)} <span className="dim mono">{x.name}</span></> },
        { title: t("col.coverage"), key: "coverage", align: "right", render: (_, x) => (x.silent ? t("tag.silent") : percent(x.known_us / span)) },
        { title: t("col.samples"), dataIndex: "samples", align: "right" },
        { title: t("col.bad"), dataIndex: "bad_samples", align: "right" },
        { title: t("col.replaced"), dataIndex: "replaced_samples", align: "right" },
        { title: t("col.gaps"), dataIndex: "gaps", align: "right" },
        { title: t("col.gap"), key: "gap", align: "right", render: (_, x) => seconds(x.longest_gap_us) },
        { title: "", key: "link", render: (_, x) => x.samples_link && <a href={x.samples_link}>{t("samples")}</a> },
      ]} />
  );
}
