import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Empty, Form, Input, Modal, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Call, calls, type Proposal } from "../../api/material";
import { Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { ItemPicker, LocationPicker, More, quantityRule, useMaterialSearch, useMay, useStep } from "./parts";

/** Calls for material: asked for, accepted by somebody or an AGV, delivered. */
export function CallsTab() {
  const { t } = useTranslation("material");
  const [search, set] = useMaterialSearch();
  const { keeps, reports } = useMay();
  const list = useInfiniteQuery({ ...calls({ open: search.ended ? undefined : true }), refetchInterval: 10_000 });
  const [asking, setAsking] = useState(false);
  const [bringing, setBringing] = useState<Call>();
  const [ending, setEnding] = useState<{ call: Call; state: "cancelled" | "requested" }>();
  const accept = useStep((c: Call) => api.post(`/material/calls/${c.id}/state`, { state: "accepted" }));
  const can = keeps || reports;
  return (
    <div className="stack">
      <div className="row">
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("calls.ended")}</Checkbox>
        <span className="fill" />
        {can && <Button type="primary" onClick={() => setAsking(true)}>{t("call")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} />}
      <Table<Call> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data?.pages.flatMap((p) => p.items) ?? []} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("calls.none")} /> }}
        columns={[
          { title: t("at"), key: "at", width: 160, render: (_, c) => (c.steps[0] ? dateTime(c.steps[0].at) : "") },
          { title: t("item"), dataIndex: "item", width: 150 },
          { title: t("quantity"), key: "quantity", align: "right", width: 100, render: (_, c) => <span className="num">{c.quantity}</span> },
          { title: t("to"), dataIndex: "to", width: 150 },
          { title: t("state"), key: "state", width: 110, render: (_, c) => <span className="chip">{t(`call.${c.state}`)}</span> },
          { title: t("carrier"), key: "carrier", width: 120, render: (_, c) => c.carrier ?? "—" },
          { title: t("note"), key: "note", render: (_, c) => c.steps.map((s) => s.note).filter(Boolean).join("；") },
          { title: t("actions"), key: "do", width: 230, render: (_, c) => can && (
            <span className="row">
              {c.state === "requested" && <Button size="small" loading={accept.isPending} onClick={() => accept.mutate(c)}>{t("call.accept")}</Button>}
              {c.state === "accepted" && <Button size="small" type="primary" onClick={() => setBringing(c)}>{t("call.deliver")}</Button>}
              {c.state === "accepted" && <Button size="small" onClick={() => setEnding({ call: c, state: "requested" })}>{t("call.return")}</Button>}
              {c.state !== "delivered" && c.state !== "cancelled" && <Button size="small" onClick={() => setEnding({ call: c, state: "cancelled" })}>{t("common:cancel")}</Button>}
            </span>) },
        ]} />
      <More list={list} />
      {asking && <Ask close={() => setAsking(false)} />}
      {bringing && <Deliver call={bringing} close={() => setBringing(undefined)} />}
      {ending && <End {...ending} close={() => setEnding(undefined)} />}
    </div>
  );
}

function Ask({ close }: { close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<{ item: string; quantity: string; to: string; note?: string }>();
  const save = useStep((v: object) => api.post("/material/calls", v), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={420} title={t("call")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("call")}</Button>}>
      <Form form={form} layout="vertical" onFinish={(v) => save.mutate(v)}>
        <Form.Item name="item" label={t("item")} rules={needed}><ItemPicker label={t("item")} /></Form.Item>
        <Form.Item name="quantity" label={t("quantity")} rules={[...needed, quantityRule(t("quantity.bad"))]}><Input maxLength={18} inputMode="decimal" /></Form.Item>
        <Form.Item name="to" label={t("to")} rules={needed}><LocationPicker label={t("to")} /></Form.Item>
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={1000} autoSize={{ minRows: 2 }} /></Form.Item>
      </Form>
    </Drawer>
  );
}

/** Delivering books the move; which lot is proposed: what expires first, then what came first. */
function Deliver({ call, close }: { call: Call; close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<{ from: string; lot?: string; quantity: string }>();
  const save = useStep((v: object) => api.post(`/material/calls/${call.id}/state`, { ...v, state: "delivered" }), close);
  const proposal = useQuery({ queryKey: ["/material/proposal", call.item, call.quantity], queryFn: ({ signal }) => api.get<Proposal>("/material/proposal", { item: call.item, quantity: call.quantity }, signal) });
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={480} title={`${t("call.deliver")} ${call.item} → ${call.to}`} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("call.deliver")}</Button>}>
      <h3>{t("proposal")}</h3>
      {proposal.isError && <Problem error={proposal.error} />}
      {proposal.data && (
        <div className="stack" style={{ marginBottom: 16 }}>
          {proposal.data.picks.filter((p) => p.location !== call.to).map((p) => (
            <Button key={`${p.lot} ${p.location}`} onClick={() => form.setFieldsValue({ from: p.location, lot: p.number ?? "", quantity: p.quantity })}>{[p.number, p.location, p.quantity, p.expires].filter(Boolean).join(" · ")}</Button>
          ))}
          {proposal.data.short !== "0" && <span className="dim">{t("proposal.short", { n: proposal.data.short })}</span>}
        </div>)}
      <Form form={form} layout="vertical" initialValues={{ quantity: call.quantity }} onFinish={(v) => save.mutate({ ...v, lot: v.lot || undefined })}>
        <Form.Item name="from" label={t("from")} rules={needed}><LocationPicker label={t("from")} /></Form.Item>
        <Form.Item name="lot" label={t("lot")} extra={t("lot.hint")}><Input maxLength={63} /></Form.Item>
        <Form.Item name="quantity" label={t("quantity")} rules={[...needed, quantityRule(t("quantity.bad"))]}><Input maxLength={18} inputMode="decimal" /></Form.Item>
      </Form>
    </Drawer>
  );
}

function End({ call, state, close }: { call: Call; state: "cancelled" | "requested"; close: () => void }) {
  const { t } = useTranslation("material");
  const [note, setNote] = useState("");
  const save = useStep(() => api.post(`/material/calls/${call.id}/state`, { state, note }), close);
  const label = t(state === "cancelled" ? "call.cancel" : "call.return");
  return (
    <Modal open title={label} okText={label} okButtonProps={{ disabled: !note.trim(), loading: save.isPending }} onOk={() => save.mutate(undefined)} onCancel={close}>
      <Input aria-label={t("why")} placeholder={t("why")} maxLength={200} value={note} onChange={(e) => setNote(e.target.value)} />
    </Modal>
  );
}
