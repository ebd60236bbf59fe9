import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, DatePicker, Drawer, Empty, Form, Input, Modal, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Arrival, arrivals, locations } from "../../api/material";
import { ScopePicker } from "../../components/ScopePicker";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { span, unitText } from "../../lib/format";
import { dateTime, iso, ms, ofPicker, pickerDate } from "../../lib/time";
import { EntryForm } from "./EntryForm";
import { ItemPicker, LocationPicker, More, quantityRule, useMaterialSearch, useMay, useStep } from "./parts";

/** What of an arrival is still to come, as a number; the node decides with the exact one. */
const left = (a: Arrival) => (a.cancelled ? 0 : Math.max(0, Number(a.quantity) - Number(a.received)));

/** Material that is expected: planning lets wait for it what it goes into. */
export function ArrivalsTab() {
  const { t } = useTranslation("material");
  const { lang, name } = useLang();
  const [search, set] = useMaterialSearch();
  const { keeps } = useMay();
  const list = useInfiniteQuery({ ...arrivals({ q: search.q, item: search.item, scope: search.scope, open: search.ended ? undefined : true }), refetchInterval: 30_000 });
  const places = useQuery(locations).data ?? [];
  const [adding, setAdding] = useState(false);
  const [receiving, setReceiving] = useState<Arrival>();
  const [moving, setMoving] = useState<Arrival>();
  const [ending, setEnding] = useState<Arrival>();
  const now = Date.now();
  return (
    <div className="stack">
      <div className="row">
        <Input.Search style={{ width: 220 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("arrivals.search")} placeholder={t("arrivals.search")} onSearch={(q) => set({ q: q || undefined })} />
        <ItemPicker label={t("item")} value={search.item} width={200} onChange={(item) => set({ item })} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("arrivals.ended")}</Checkbox>
        <span className="fill" />
        {keeps && <Button type="primary" onClick={() => setAdding(true)}>{t("arrival.add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} />}
      <Table<Arrival> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data?.pages.flatMap((p) => p.items) ?? []} pagination={false} scroll={{ x: 1250 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("arrivals.none")} /> }}
        columns={[
          { title: t("arrival.due"), key: "due", width: 210, render: (_, a) => <>{dateTime(a.due)}{left(a) > 0 && ms(a.due) < now && <div><b style={{ color: "var(--alarm)" }}>{t("arrival.overdue", { by: span(now - ms(a.due), lang) })}</b></div>}</> },
          { title: t("item"), dataIndex: "item", width: 140 },
          { title: t("quantity"), key: "quantity", align: "right", width: 110, render: (_, a) => <span className="num">{a.quantity} {unitText(a.unit, lang)}</span> },
          { title: t("arrival.received"), key: "received", align: "right", width: 100, render: (_, a) => <span className="num">{a.received}</span> },
          { title: t("to"), key: "to", width: 150, render: (_, a) => name(places.find((l) => l.code === a.to)?.name) || a.to },
          { title: t("supplier"), key: "party", width: 140, render: (_, a) => a.party ?? "—" },
          { title: t("arrival.reference"), key: "reference", width: 130, render: (_, a) => a.reference ?? "—" },
          { title: t("state"), key: "state", width: 90, render: (_, a) => <span className="chip">{t(a.cancelled ? "arrival.cancelled" : left(a) === 0 ? "arrival.complete" : Number(a.received) > 0 ? "arrival.partly" : "arrival.expected")}</span> },
          { title: t("note"), key: "note", width: 160, render: (_, a) => a.steps.map((s) => s.note).filter(Boolean).join("；") },
          { title: t("actions"), key: "do", width: 220, render: (_, a) => keeps && left(a) > 0 && (
            <span className="row">
              <Button size="small" type="primary" onClick={() => setReceiving(a)}>{t("arrival.receive")}</Button>
              <Button size="small" onClick={() => setMoving(a)}>{t("arrival.move")}</Button>
              <Button size="small" onClick={() => setEnding(a)}>{t("common:cancel")}</Button>
            </span>) },
        ]} />
      <More list={list} />
      {adding && <Expect close={() => setAdding(false)} />}
      {receiving && <EntryForm of={undefined} arrival={receiving} keeps={keeps} close={() => setReceiving(undefined)} />}
      {moving && <Move of={moving} close={() => setMoving(undefined)} />}
      {ending && <End of={ending} close={() => setEnding(undefined)} />}
    </div>
  );
}

const dayTime = { showTime: { format: "HH:mm" }, format: "YYYY-MM-DD HH:mm", style: { width: "100%" } } as const;

function Expect({ close }: { close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<{ item: string; quantity: string; to: string; due: Dayjs; party?: string; reference?: string; note?: string }>();
  // One key for what is on the form: pressed twice, or answered by nobody, it is entered once.
  const [key] = useState(() => `${Date.now()}-${Math.random().toString(36).slice(2)}`);
  const save = useStep((v: object) => api.post("/material/arrivals", v), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={460} title={t("arrival.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <p className="dim">{t("arrival.lead")}</p>
      <Form form={form} layout="vertical" onFinish={(v) => save.mutate({ ...v, due: iso(ofPicker(v.due.toDate())), key })}>
        <Form.Item name="item" label={t("item")} rules={needed}><ItemPicker label={t("item")} /></Form.Item>
        <Form.Item name="quantity" label={t("quantity")} extra={t("quantity.hint")} rules={[...needed, quantityRule(t("quantity.bad"))]}><Input maxLength={18} inputMode="decimal" /></Form.Item>
        <Form.Item name="due" label={t("arrival.due")} rules={needed}><DatePicker {...dayTime} /></Form.Item>
        <Form.Item name="to" label={t("to")} rules={needed}><LocationPicker label={t("to")} /></Form.Item>
        <Form.Item name="party" label={t("supplier")}><Input maxLength={200} /></Form.Item>
        <Form.Item name="reference" label={t("arrival.reference")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 2 }} /></Form.Item>
      </Form>
    </Drawer>
  );
}

function Move({ of, close }: { of: Arrival; close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<{ due: Dayjs; quantity: string; note: string }>();
  const save = useStep((v: object) => api.post(`/material/arrivals/${of.id}/state`, { ...v, what: "moved", seen: of.steps.length }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={420} title={`${t("arrival.move")} ${of.item}`} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form form={form} layout="vertical" initialValues={{ due: dayjs(pickerDate(ms(of.due))), quantity: of.quantity }} onFinish={(v) => save.mutate({ ...v, due: iso(ofPicker(v.due.toDate())) })}>
        <Form.Item name="due" label={t("arrival.due")} rules={needed}><DatePicker {...dayTime} /></Form.Item>
        <Form.Item name="quantity" label={t("arrival.total")} rules={[...needed, quantityRule(t("quantity.bad"))]}><Input maxLength={18} inputMode="decimal" /></Form.Item>
        <Form.Item name="note" label={t("why")} rules={needed}><Input maxLength={200} /></Form.Item>
      </Form>
    </Drawer>
  );
}

function End({ of, close }: { of: Arrival; close: () => void }) {
  const { t } = useTranslation("material");
  const [note, setNote] = useState("");
  const save = useStep(() => api.post(`/material/arrivals/${of.id}/state`, { what: "cancelled", note, seen: of.steps.length }), close);
  return (
    <Modal open title={t("arrival.cancel")} okText={t("arrival.cancel")} okButtonProps={{ disabled: !note.trim(), loading: save.isPending }} onOk={() => save.mutate(undefined)} onCancel={close}>
      <Input aria-label={t("why")} placeholder={t("why")} maxLength={200} value={note} onChange={(e) => setNote(e.target.value)} />
    </Modal>
  );
}
