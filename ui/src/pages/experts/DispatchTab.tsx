import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Empty, Form, Input, InputNumber, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { diagnoses } from "../../api/diagnosis";
import { type Dispatch, dispatches } from "../../api/experts";
import { dateTime } from "../../lib/time";
import { DispatchView } from "./DispatchView";
import { fields, More, Narrow, useExpertsSearch, usePlaces, useStep } from "./parts";

const states = ["open", "staffed", "done", "cancelled"] as const;

export function DispatchTag({ state }: { state: Dispatch["state"] }) {
  const { t } = useTranslation("experts");
  return <Tag color={state === "staffed" || state === "done" ? "success" : state === "open" ? "processing" : "default"}>{t(`state.${state}`)}</Tag>;
}

/** Teams that were asked for, and who was sent. */
export function DispatchTab({ sends }: { sends: boolean }) {
  const { t } = useTranslation("experts");
  const [search, set] = useExpertsSearch();
  const place = usePlaces();
  const [asking, setAsking] = useState(search.diagnosis !== undefined);
  const list = useInfiniteQuery(dispatches({ q: search.q, region: search.region, state: search.state }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="stack">
      <Narrow hint={t("dispatch.search")}>
        <Select allowClear style={{ width: 140 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state} onChange={(state?: string) => set({ state })} options={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <span className="fill" />
        {sends && <Button type="primary" onClick={() => setAsking(true)}>{t("dispatch.ask")}</Button>}
      </Narrow>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Dispatch> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 950 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("dispatch.none")} /> }}
        columns={[
          { title: t("diagnosis"), key: "title", render: (_, d) => <button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: d.id })}>{d.title}</button> },
          { title: t("firm"), key: "firm", width: 220, render: (_, d) => <>{d.firm.name}<div className="dim">{place(d.firm.region)}</div></> },
          { title: t("days"), key: "days", width: 190, render: (_, d) => `${d.from} – ${d.to}` },
          { title: t("state"), key: "state", width: 100, render: (_, d) => <DispatchTag state={d.state} /> },
          { title: t("accepted"), key: "accepted", align: "right", width: 90, render: (_, d) => `${d.assignments.filter((a) => a.state === "accepted").length} / ${d.wanted}` },
          { title: t("team"), key: "team", width: 200, render: (_, d) => d.assignments.filter((a) => a.state === "assigned" || a.state === "accepted").map((a) => `${a.name}（${t(`answer.${a.state}`)}）`).join("、") || "—" },
          { title: t("asked"), key: "asked", width: 150, render: (_, d) => dateTime(d.asked_at) },
        ]} />
      <More list={list} />
      {asking && <Ask diagnosis={search.diagnosis} close={() => { setAsking(false); set({ diagnosis: undefined }); }} />}
      {search.id && <DispatchView id={search.id} sends={sends} close={() => set({ id: undefined })} />}
    </div>
  );
}

interface Wanted { diagnosis: string; wanted: number; fields?: string[]; note?: string }

function Ask({ diagnosis, close }: { diagnosis: string | undefined; close: () => void }) {
  const { t } = useTranslation("experts");
  const [form] = Form.useForm<Wanted>();
  const [q, setQ] = useState("");
  const found = useQuery(diagnoses({ q, limit: 50 }));
  const [, set] = useExpertsSearch();
  const save = useStep(async (v: Wanted) => {
    const made = await api.post<Dispatch>("/expert-dispatches", { ...v, fields: v.fields ?? [] });
    close();
    set({ diagnosis: undefined, id: made.id });
  });
  const going = (found.data?.items ?? []).filter((d) => !["closed", "followed", "cancelled"].includes(d.state));
  return (
    <Drawer open onClose={close} size={560} title={t("dispatch.ask")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("submit")}</Button>}>
      <Form<Wanted> form={form} layout="vertical" initialValues={{ diagnosis, wanted: 2 }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="diagnosis" label={t("diagnosis")} rules={[{ required: true, message: t("needed") }]}>
          <Select showSearch={{ filterOption: false, onSearch: setQ }} loading={found.isFetching} placeholder={t("diagnosis.pick")} notFoundContent={t("diagnosis.none")} options={going.map((d) => ({ value: d.id, label: `${d.firm.name} · ${d.title}` }))} />
        </Form.Item>
        <Form.Item name="wanted" label={t("wanted")} rules={[{ required: true, message: t("needed") }]}><InputNumber min={1} max={20} precision={0} /></Form.Item>
        <Form.Item name="fields" label={t("field")} extra={t("field.hint")}><Select mode="multiple" showSearch={{ optionFilterProp: "label" }} options={fields.map((f) => ({ value: f, label: t(`field.${f}`) }))} /></Form.Item>
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={500} rows={3} /></Form.Item>
      </Form>
    </Drawer>
  );
}
