import { useInfiniteQuery } from "@tanstack/react-query";
import { Form, Input, InputNumber, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Order, orders, stepAt } from "../../api/production";
import { fixed } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { useChange } from "./parts";

/** A part of the quantity becomes an order of its own. */
export function SplitOrder({ o, close, made }: { o: Order; close: () => void; made: (id: string) => void }) {
  const { t } = useTranslation("production");
  const [form] = Form.useForm<{ number: string; quantity: number }>();
  const send = useChange(async (v: { number: string; quantity: number }) => { made((await stepAt<Order>(`/orders/${o.id}/split`, o.rev, v)).id); }, close);
  const needed = { required: true, message: t("needed") };
  return (
    <Modal open title={t("split.title", { number: o.number })} onCancel={close} onOk={form.submit} confirmLoading={send.isPending} okText={t("do.split")} cancelText={t("common:cancel")}>
      <p className="dim">{t("split.hint", { n: fixed(o.quantity, 0) })}</p>
      <Form form={form} layout="vertical" initialValues={{ number: `${o.number}-1` }} onFinish={(v) => send.mutate(v)}>
        <Form.Item name="number" label={t("split.number")} rules={[needed, { pattern: /^[A-Za-z0-9][A-Za-z0-9._/-]*$/, message: t("number.bad") }]}><Input maxLength={40} /></Form.Item>
        <Form.Item name="quantity" label={t("split.quantity")} rules={[needed]}><InputNumber min={1} max={o.quantity - 1} precision={0} style={{ width: "100%" }} /></Form.Item>
      </Form>
    </Modal>
  );
}

/** Another order of the same product is taken in. */
export function MergeOrder({ o, close }: { o: Order; close: () => void }) {
  const { t } = useTranslation("production");
  const [other, setOther] = useState<string>();
  const list = useInfiniteQuery(orders({ product: o.product, state: "forecast,released" }));
  const fit = (list.data?.pages ?? []).flatMap((p) => p.items).filter((x) => x.id !== o.id && x.kind === o.kind);
  const send = useChange(() => stepAt(`/orders/${o.id}/merge`, o.rev, { other }), close);
  return (
    <Modal open title={t("merge.title", { number: o.number })} onCancel={close} onOk={() => send.mutate(undefined)} confirmLoading={send.isPending} okText={t("do.merge")} okButtonProps={{ disabled: !other }} cancelText={t("common:cancel")}>
      <p className="dim">{t("merge.hint")}</p>
      <Select style={{ width: "100%" }} aria-label={t("merge.other")} placeholder={t("merge.other")} showSearch={{ optionFilterProp: "label" }} value={other} onChange={setOther} notFoundContent={t("merge.none")}
        options={fit.map((x) => ({ value: x.id, label: `${x.number} · ${fixed(x.quantity, 0)} · ${shortTime(x.due)}` }))} />
    </Modal>
  );
}

/** An order is held or cancelled, which needs a reason. */
export function WithReason({ o, what, close }: { o: Order; what: "held" | "cancelled"; close: () => void }) {
  const { t } = useTranslation("production");
  const [reason, setReason] = useState("");
  const send = useChange(() => stepAt(`/orders/${o.id}/state`, o.rev, { what, reason }), close);
  return (
    <Modal open title={t(`${what}.title`, { number: o.number })} onCancel={close} onOk={() => send.mutate(undefined)} confirmLoading={send.isPending} okText={t(what === "held" ? "do.hold" : "do.cancel")} okButtonProps={{ danger: what === "cancelled", disabled: !reason.trim() }} cancelText={t("common:back")}>
      <label>{t("reason")}<Input.TextArea rows={3} maxLength={300} value={reason} onChange={(e) => setReason(e.target.value)} /></label>
    </Modal>
  );
}
