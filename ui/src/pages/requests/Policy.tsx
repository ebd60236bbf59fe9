import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Form, Input, InputNumber, Radio, Select, Skeleton, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { SharingKept, SharingPolicy, SharingRules } from "../../api/types";
import { sharingHistory, sharingPolicy } from "../../api/walk";
import { dateTime, ofMicros } from "../../lib/time";
import { type Fields, fieldsOf, rulesOf } from "./policy";

/** What this node shares with those above it, from now on. */
export function Policy() {
  const { t } = useTranslation("requests");
  const { data, error } = useQuery({ ...sharingPolicy, refetchOnWindowFocus: false });
  if (error) return <Alert type="error" showIcon title={error.message} />;
  if (!data) return <Skeleton active />;
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("policy.hint")}</p>
      {data.rev === 0 ? <Alert type="warning" showIcon title={t("policy.none")} /> : <p style={{ margin: 0 }}>{t("policy.rev", { rev: data.rev, at: dateTime(ofMicros(data.at ?? 0)), who: data.who ?? "" })}</p>}
      <PolicyForm key={data.rev} of={data} />
      <Revisions />
    </div>
  );
}

function PolicyForm({ of }: { of: SharingPolicy }) {
  const { t } = useTranslation("requests");
  const client = useQueryClient();
  const [form] = Form.useForm<Fields>();
  const mode = Form.useWatch("mode", form) ?? fieldsOf(of.policy).mode;
  const [said, setSaid] = useState<{ ok: boolean; text: string }>();
  const [busy, setBusy] = useState(false);
  const send = async (v: Fields) => {
    setBusy(true);
    try {
      const saved = await api.put<SharingPolicy>("/sharing-policy", rulesOf({ ...fieldsOf(of.policy), ...v }), of.rev);
      client.setQueryData(sharingPolicy.queryKey, saved);
      await client.invalidateQueries({ queryKey: sharingHistory.queryKey });
      setSaid({ ok: true, text: t("saved") });
    } catch (err) {
      setSaid({ ok: false, text: (err as Error).message });
    }
    setBusy(false);
  };
  return (
    <Form<Fields> form={form} layout="vertical" className="panel" style={{ maxWidth: 760 }} initialValues={fieldsOf(of.policy)} onFinish={(v) => void send(v)}>
      <Form.Item name="mode" label={t("mode")}><Radio.Group options={(["all", "some", "withdrawn"] as const).map((m) => ({ value: m, label: t(`mode.${m}`) }))} /></Form.Item>
      {mode === "withdrawn" && <Form.Item name="withdrawn" label={t("withdrawn")} extra={t("reason.hint")} rules={[{ required: true, whitespace: true }]}><Input.TextArea maxLength={300} autoSize={{ minRows: 2, maxRows: 4 }} /></Form.Item>}
      {mode === "some" && (
        <>
          <Form.Item name="model" valuePropName="checked"><Checkbox>{t("model")}</Checkbox></Form.Item>
          <Form.Item name="figures" valuePropName="checked"><Checkbox>{t("figures")}</Checkbox></Form.Item>
          <Form.Item name="records" label={t("records")} extra={t("records.hint")}><Select mode="tags" options={of.known_records.map((k) => ({ value: k, label: k }))} /></Form.Item>
          <Form.Item name="tags" label={t("tags")} extra={t("tags.hint")}><Input.TextArea autoSize={{ minRows: 2, maxRows: 8 }} className="mono" /></Form.Item>
        </>
      )}
      {mode !== "withdrawn" && (
        <>
          <Form.Item name="auto" label={t("auto")} extra={t("auto.hint")}><Input.TextArea autoSize={{ minRows: 1, maxRows: 6 }} className="mono" /></Form.Item>
          <Form.Item name="hours" label={t("auto.hours")}><InputNumber min={1} max={8760} /></Form.Item>
        </>
      )}
      <div className="row"><Button type="primary" htmlType="submit" loading={busy}>{t("save")}</Button></div>
      {said && <Alert style={{ marginTop: 12 }} type={said.ok ? "success" : "error"} showIcon title={said.text} />}
    </Form>
  );
}

function Revisions() {
  const { t } = useTranslation("requests");
  const { data } = useQuery(sharingHistory);
  if (!data || data.length === 0) return null;
  const sum = (p: SharingRules) => (p.withdrawn ? t("sum.withdrawn", { reason: p.withdrawn }) : p.all ? t("sum.all")
    : t("sum.some", { model: t(p.model ? "yes" : "no"), figures: t(p.figures?.length ? "yes" : "no"), records: p.records?.length ?? 0, tags: p.tags?.length ?? 0, auto: p.evidence?.length ?? 0 }));
  return (
    <details>
      <summary>{t("revisions")}</summary>
      <Table<SharingKept> size="small" rowKey="rev" dataSource={data} pagination={{ pageSize: 20, hideOnSinglePage: true }}
        columns={[{ title: "#", dataIndex: "rev", width: 60 }, { title: t("made"), key: "at", width: 180, render: (_, k) => dateTime(ofMicros(k.at ?? 0)) }, { title: t("who"), dataIndex: "who", width: 160 }, { title: t("mode"), key: "what", render: (_, k) => sum(k.policy) }]} />
    </details>
  );
}
