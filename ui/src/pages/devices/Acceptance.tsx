import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, DatePicker, Empty, Form, InputNumber, Progress, Select, Table, Tag, TreeSelect } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { acceptanceDefaults, acceptanceJobs, acceptanceReports, nodes, session } from "../../api/queries";
import type { AcceptanceHead, AcceptanceJob, AcceptanceResult } from "../../api/types";
import { treeOf } from "../../components/ScopePicker";
import { useLang } from "../../i18n/useLang";
import { dateTime, hour, iso, ofPicker, pickerDate } from "../../lib/time";
import { AcceptanceReport } from "./AcceptanceReport";

/** Reports of what each machine delivered, to be signed when a plant is handed over. */
export function Acceptance() {
  const { t } = useTranslation("acceptance");
  const search: { report?: string } = useSearch({ strict: false });
  const me = useQuery(session);
  if (search.report) return <AcceptanceReport id={search.report} />;
  const engineers = me.data?.permissions.includes("engineer");
  return (
    <div className="stack">
      {engineers && <NewReport />}
      <Jobs />
      <h2 style={{ fontSize: 15, margin: 0 }}>{t("reports")}</h2>
      <Reports />
    </div>
  );
}

export function ResultTag({ result }: { result: AcceptanceResult }) {
  const { t } = useTranslation("acceptance");
  return <Tag color={result === "passed" ? "success" : "error"}>{t(`result.${result}`)}</Tag>;
}

interface Fields { places?: string[]; hours: number; span?: [Dayjs, Dayjs]; coverage: number; gap_s: number; silent: number; conflicts: number }

function NewReport() {
  const { t } = useTranslation("acceptance");
  const { name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const usual = useQuery(acceptanceDefaults);
  const plant = useQuery(nodes);
  const [f] = Form.useForm<Fields>();
  const hours = Form.useWatch("hours", f);
  const make = useMutation({
    mutationFn: (v: Fields) => {
      const now = Date.now();
      const [from, to] = v.hours || !v.span ? [now - (v.hours || 1) * hour, now] : [ofPicker(v.span[0].toDate()), ofPicker(v.span[1].toDate())];
      return api.post<AcceptanceJob>("/acceptance-reports", {
        from: iso(from), to: iso(to), places: v.places ?? [], criteria: { coverage: v.coverage / 100, gap_s: v.gap_s, silent: v.silent, conflicts: v.conflicts },
      });
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["acceptance-jobs"] }),
    onError: (err) => { message.error(err.message); },
  });
  if (!usual.data) return null;
  const start = { hours: 1, coverage: usual.data.coverage * 100, gap_s: usual.data.gap_s, silent: usual.data.silent, conflicts: usual.data.conflicts };
  const times = [1, 8, 24, 72, 168].map((n) => ({ value: n, label: t("hours", { n }) }));
  return (
    <Form<Fields> form={f} layout="vertical" initialValues={start} onFinish={(v) => make.mutate(v)} aria-label={t("new")}>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(170px, 1fr))", columnGap: 16 }}>
        <Form.Item name="places" label={t("places")}>
          <TreeSelect multiple allowClear showSearch treeData={treeOf(plant.data ?? [], name)} treeNodeFilterProp="title" placeholder={t("places.all")} maxTagCount={2} />
        </Form.Item>
        <Form.Item name="hours" label={t("time")}><Select options={[...times, { value: 0, label: t("custom") }]} /></Form.Item>
        {hours === 0 && (
          <Form.Item name="span" label={t("custom")} rules={[{ required: true }]} initialValue={[dayjs(pickerDate(Date.now() - hour)), dayjs(pickerDate(Date.now()))]}>
            <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} />
          </Form.Item>)}
        <Form.Item name="coverage" label={t("coverage")} rules={[{ required: true }]}><InputNumber min={0} max={100} step={0.1} suffix="%" style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="gap_s" label={t("gap")} rules={[{ required: true }]}><InputNumber min={0} max={691200} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="silent" label={t("silent")} rules={[{ required: true }]}><InputNumber min={0} precision={0} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="conflicts" label={t("conflicts")} rules={[{ required: true }]}><InputNumber min={0} max={1000} precision={0} style={{ width: "100%" }} /></Form.Item>
      </div>
      <Button type="primary" htmlType="submit" loading={make.isPending}>{t("make")}</Button>
    </Form>
  );
}

export function Jobs({ only }: { only?: string }) {
  const { t } = useTranslation("acceptance");
  const client = useQueryClient();
  const navigate = useNavigate();
  const { data } = useQuery(acceptanceJobs);
  const me = useQuery(session);
  const cancel = useMutation({ mutationFn: (j: AcceptanceJob) => api.del(`/acceptance-jobs/${j.id}`), onSettled: () => client.invalidateQueries({ queryKey: ["acceptance-jobs"] }) });
  const shown = (data ?? []).filter((j) => !only || j.checks === only).filter((j, i) => j.state === "running" || i < 2);
  return (
    <>
      {shown.map((j) => (
        <div key={j.id} className="row" role="status">
          <span>{dateTime(j.question.from)} — {dateTime(j.question.to)}</span>
          {j.state === "running" && j.total > 0 && <Progress style={{ width: 200 }} percent={Math.round((100 * j.done) / j.total)} aria-label={t("progress")} />}
          <span>{t(`job.${j.state}`)}{j.total > 0 && ` · ${t("machines", { done: j.done, total: j.total })}`}</span>
          {j.error && <span className="dim">{j.error}</span>}
          {j.report && <Button size="small" onClick={() => void navigate({ to: "/devices", search: { tab: "acceptance", report: j.report } })}>{t("open")}</Button>}
          {j.state === "running" && me.data?.permissions.includes("engineer") && <Button size="small" onClick={() => cancel.mutate(j)}>{t("common:cancel")}</Button>}
        </div>
      ))}
    </>
  );
}

function Reports() {
  const { t } = useTranslation("acceptance");
  const { name } = useLang();
  const navigate = useNavigate();
  const { data, error, isPending } = useQuery(acceptanceReports);
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <Table<AcceptanceHead> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 800 }}
      locale={{ emptyText: <Empty description={t("none")} /> }}
      columns={[
        { title: t("col.made"), key: "made", render: (_, r) => (
          <button type="button" className="figbtn" onClick={() => void navigate({ to: "/devices", search: { tab: "acceptance", report: r.id } })}>{dateTime(r.made)}<div className="dim">{r.by}</div></button>) },
        { title: t("col.result"), key: "result", render: (_, r) => <ResultTag result={r.result} /> },
        { title: t("col.places"), key: "places", render: (_, r) => r.names.map((p) => name(p.name)).join("、") },
        { title: t("col.time"), key: "time", render: (_, r) => `${dateTime(r.question.from)} — ${dateTime(r.question.to)}` },
        { title: t("col.machines"), key: "machines", align: "right", render: (_, r) => `${r.passed} / ${r.machines}` },
        { title: t("col.revision"), key: "revision", render: (_, r) => <>{r.revision}{r.next && <span className="dim"> · {t("replaced")}</span>}</> },
      ]} />
  );
}
