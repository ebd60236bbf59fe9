import { Button, Checkbox, Form, Input, InputNumber, Modal, Radio } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Command, Entry, JobView, Order } from "../../api/production";
import { useLang } from "../../i18n/useLang";
import { PlacePicker, useChange } from "./parts";
import { ScrapReason } from "./reasons";

type What = "job" | "count" | "operator" | "first_piece";
interface Values { what: What; command?: Command; equipment?: string; good?: number; scrap?: number; rework?: number; counted?: boolean; person?: string; on?: boolean; ok?: boolean; reason?: string; note?: string }

/** Something is said of a job from the desk. */
export function EntryForm({ o, j, close }: { o: Order; j: JobView; close: () => void }) {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const [form] = Form.useForm<Values>();
  const what = Form.useWatch("what", form) ?? "job";
  const command = Form.useWatch("command", form);
  const send = useChange((v: Values) => api.post(`/orders/${o.id}/entries`, bodyOf(j.no, v)), close);
  const kinds = (["job", "count", "operator", ...(j.first ? ["first_piece" as const] : [])] as What[]).map((k) => ({ value: k, label: t(`entry.${k}`) }));
  return (
    <Modal open width={620} title={t("entry.title", { number: o.number, no: j.no, name: name(j.name) })} onCancel={close} footer={[<Button key="c" onClick={close}>{t("common:cancel")}</Button>, <Button key="s" type="primary" loading={send.isPending} onClick={form.submit}>{t("enter")}</Button>]}>
      <Form<Values> form={form} layout="vertical" initialValues={{ what: "job", command: j.commands[0] as Command, equipment: j.equipment, on: true, ok: true }} onFinish={(v) => send.mutate(v)}>
        <Form.Item name="what" label={t("entry.what")}><Radio.Group options={kinds} /></Form.Item>
        {what === "job" && <>
          <Form.Item name="command" label={t("entry.command")} rules={[{ required: true, message: t("needed") }]}><Radio.Group options={j.commands.map((c) => ({ value: c, label: t(`cmd.${c as Command}`) }))} /></Form.Item>
          {(command === "run" || command === "load") && !j.outside && <Form.Item name="equipment" label={t("machine")}><PlacePicker by="id" fits={(n) => n.level === "equipment"} /></Form.Item>}
          {(command === "hold" || command === "abort" || command === "pause") && <Form.Item name="reason" label={t("reason")} rules={command === "pause" ? [] : [{ required: true, message: t("needed") }]}><Input maxLength={100} /></Form.Item>}
        </>}
        {what === "count" && <>
          <div className="row">{(["good", "scrap", "rework"] as const).map((k) => <Form.Item key={k} name={k} label={t(`made.${k}`)}><InputNumber precision={0} /></Form.Item>)}</div>
          <Form.Item name="reason" label={t("scrap.reason")}><ScrapReason /></Form.Item>
          <Form.Item name="counted" valuePropName="checked" extra={t("entry.counted.hint")}><Checkbox>{t("entry.counted")}</Checkbox></Form.Item>
        </>}
        {what === "operator" && <div className="row"><Form.Item name="person" label={t("person")}><Input maxLength={100} /></Form.Item><Form.Item name="on" label={t("entry.onoff")}><Radio.Group options={[{ value: true, label: t("entry.on") }, { value: false, label: t("entry.off") }]} /></Form.Item></div>}
        {what === "first_piece" && <Form.Item name="ok" label={t("entry.first_piece")}><Radio.Group options={[{ value: true, label: t("first.ok") }, { value: false, label: t("first.bad") }]} /></Form.Item>}
        <Form.Item name="note" label={t("note")}><Input.TextArea maxLength={300} rows={2} /></Form.Item>
      </Form>
    </Modal>
  );
}

/** Of the form only what goes with the kind of entry. */
function bodyOf(job: number, v: Values): Entry {
  const common = { job, what: v.what, ...(v.note ? { note: v.note } : {}) };
  const reason = v.reason ? { reason: v.reason } : {};
  switch (v.what) {
    case "job":
      return { ...common, ...reason, ...(v.command ? { command: v.command } : {}), ...(v.equipment && (v.command === "run" || v.command === "load") ? { equipment: v.equipment } : {}) };
    case "count":
      return { ...common, ...reason, good: v.counted ? 0 : (v.good ?? 0), scrap: v.scrap ?? 0, rework: v.rework ?? 0, ...(v.counted ? { counted: true } : {}) };
    case "operator":
      return { ...common, on: v.on ?? true, ...(v.person ? { person: v.person } : {}) };
    case "first_piece":
      return { ...common, ok: v.ok ?? false };
  }
}
