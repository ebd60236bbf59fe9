import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { TenantsMade } from "../../api/types";
import { parameters } from "./tenants";
import { Said } from "../../components/Said";

interface Fields { id: string; zh: string; en?: string; code?: string; template?: string; set?: string }

/** Takes one firm in: checked as it is written, made once. */
export function AddTenant({ close, made }: { close: () => void; made: () => void }) {
  const { t } = useTranslation("tenants");
  const [form] = Form.useForm<Fields>();
  const [checked, setChecked] = useState(false);
  const send = useMutation({
    mutationFn: ({ dry, f }: { dry: boolean; f: Fields }) => api.post<TenantsMade>("/tenants", {
      template: f.template || undefined, dry_run: dry,
      firms: [{ id: f.id, name: { zh: f.zh, en: f.en || undefined }, code: f.code || undefined, set: parameters(f.set ?? "") }],
    }),
    onSuccess: (out, { dry }) => { setChecked(dry && out.problems.length === 0); if (out.made.length > 0) made(); },
    onError: () => setChecked(false),
  });
  const ask = (dry: boolean): void => void form.validateFields().then((f) => send.mutate({ dry, f }), () => undefined);
  const one = send.data?.made[0];
  return (
    <Modal open title={t("add")} onCancel={close} width={640} footer={one
      ? <Button type="primary" onClick={close}>{t("common:close")}</Button>
      : <><Button onClick={() => ask(true)} loading={send.isPending}>{t("check")}</Button><Button type="primary" onClick={() => ask(false)} loading={send.isPending}>{t("add")}</Button></>}>
      <div className="stack">
        {one && <Alert type="success" showIcon message={t("made", { user: one.user })} description={<span className="mono">{`${location.origin}/signin?link=${one.link}`}</span>} />}
        {checked && <Alert type="success" showIcon message={t("checked")} />}
        {send.error && <Alert type="error" showIcon message={send.error.message} />}
        {send.data && send.data.problems.length > 0 && <Alert type="error" showIcon message={t("problems")} description={send.data.problems.map((p) => <div key={p.what}><Said text={p.what} /></div>)} />}
        {!one && (
          <Form form={form} layout="vertical" onValuesChange={() => setChecked(false)}>
            <Form.Item name="id" label={t("id")} extra={t("id.hint")} rules={[{ required: true, pattern: /^[a-z][a-z0-9]{1,19}$/, message: t("id.hint") }]}><Input autoComplete="off" /></Form.Item>
            <Form.Item name="zh" label={t("name")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
            <Form.Item name="en" label={t("name.en")}><Input maxLength={100} /></Form.Item>
            <Form.Item name="code" label={t("code")}><Input maxLength={18} className="mono" /></Form.Item>
            <Form.Item name="template" label={t("template")}><Input.TextArea rows={6} className="mono" spellCheck={false} /></Form.Item>
            <Form.Item name="set" label={t("set")}><Input.TextArea rows={2} className="mono" spellCheck={false} /></Form.Item>
          </Form>)}
      </div>
    </Modal>
  );
}
