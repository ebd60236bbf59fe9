import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Drawer, Empty, Form, Input, Radio, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { type Advice, adviceList } from "../../api/experts";
import { FirmPicker } from "../../components/FirmPicker";
import { RegionPicker } from "../../components/RegionPicker";
import { day8 } from "../../lib/time";
import { AdviceView } from "./AdviceView";
import { More, Narrow, useExpertsSearch, usePlaces, useStep } from "./parts";

const states = ["asked", "directed", "answered", "closed", "withdrawn"] as const;
export const topics = ["technology", "equipment", "software", "investment", "provider", "policy", "other"] as const;

/** Days are those of China. */
export const today = (): string => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10);

export function AdviceTag({ of }: { of: Advice }) {
  const { t } = useTranslation("experts");
  const late = of.state === "directed" && (of.due ?? "") < today();
  return <><Tag color={of.state === "answered" || of.state === "closed" ? "success" : of.state === "withdrawn" ? "default" : "processing"}>{t(`advice.${of.state}`)}</Tag>{late && <Tag color="error">{t("overdue")}</Tag>}</>;
}

/** Questions for advice: whose, to whom, by when, and what came of them. */
export function AdviceTab({ sends }: { sends: boolean }) {
  const { t } = useTranslation("experts");
  const [search, set] = useExpertsSearch();
  const place = usePlaces();
  const [asking, setAsking] = useState(false);
  const query = { q: search.q, region: search.region, state: search.state, topic: search.topic, overdue: search.overdue };
  const list = useInfiniteQuery(adviceList(query));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="stack">
      <Narrow hint={t("advice.search")}>
        <Select allowClear style={{ width: 130 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state} onChange={(state?: string) => set({ state })} options={states.map((s) => ({ value: s, label: t(`advice.${s}`) }))} />
        <Select allowClear style={{ width: 130 }} aria-label={t("topic")} placeholder={t("topic.all")} value={search.topic} onChange={(topic?: string) => set({ topic })} options={topics.map((s) => ({ value: s, label: t(`topic.${s}`) }))} />
        <Checkbox checked={search.overdue ?? false} onChange={(e) => set({ overdue: e.target.checked || undefined })}>{t("overdue")}</Checkbox>
        <span className="fill" />
        <Button href={address("/advice-export", { ...query, format: "xlsx" })} download>{t("export.xlsx")}</Button>
        <Button href={address("/advice-export", { ...query, format: "csv" })} download>{t("export.csv")}</Button>
        <Button type="primary" onClick={() => setAsking(true)}>{t("advice.ask")}</Button>
      </Narrow>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Advice> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 950 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("advice.none")} /> }}
        columns={[
          { title: t("question"), key: "title", render: (_, a) => <><button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: a.id })}>{a.title}</button><div className="dim">{t(`topic.${a.topic}`)}</div></> },
          { title: t("asker"), key: "asker", width: 220, render: (_, a) => <>{a.called ?? t("asker.region")}<div className="dim">{place(a.region)}</div></> },
          { title: t("state"), key: "state", width: 150, render: (_, a) => <AdviceTag of={a} /> },
          { title: t("answerer"), key: "to", width: 180, render: (_, a) => a.to ?? "—" },
          { title: t("due"), key: "due", width: 110, render: (_, a) => a.due ?? "—" },
          { title: t("asked"), key: "asked", width: 110, render: (_, a) => day8(a.asked_at) },
        ]} />
      <More list={list} />
      {asking && <Ask close={() => setAsking(false)} />}
      {search.id && <AdviceView id={search.id} sends={sends} close={() => set({ id: undefined })} />}
    </div>
  );
}

interface Question { of: "firm" | "region"; firm?: string; region?: string; topic: string; title: string; text: string }

function Ask({ close }: { close: () => void }) {
  const { t } = useTranslation("experts");
  const [form] = Form.useForm<Question>();
  const of = Form.useWatch("of", form) ?? "firm";
  const save = useStep(({ of: whose, ...v }: Question) => api.post("/advice", { ...v, firm: whose === "firm" ? v.firm : undefined, region: whose === "region" ? v.region : undefined }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={620} title={t("advice.ask")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("submit")}</Button>}>
      <Form<Question> form={form} layout="vertical" initialValues={{ of: "firm", topic: "technology" }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="of" label={t("asker")}><Radio.Group options={[{ value: "firm", label: t("asker.firm") }, { value: "region", label: t("asker.region") }]} /></Form.Item>
        {of === "firm" ? <Form.Item name="firm" label={t("firm")} rules={needed}><FirmPicker /></Form.Item> : <Form.Item name="region" label={t("region")} rules={needed}><RegionPicker allowClear={false} style={{ width: "100%" }} /></Form.Item>}
        <Form.Item name="topic" label={t("topic")} rules={needed}><Select options={topics.map((s) => ({ value: s, label: t(`topic.${s}`) }))} /></Form.Item>
        <Form.Item name="title" label={t("question")} rules={needed}><Input maxLength={100} /></Form.Item>
        <Form.Item name="text" label={t("text")} rules={needed}><Input.TextArea maxLength={4000} rows={6} /></Form.Item>
      </Form>
    </Drawer>
  );
}
