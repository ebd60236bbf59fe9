import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { nodes } from "../../api/queries";
import type { NorthRow, NorthTarget } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { written } from "./north";

const kinds = ["mqtt", "sparkplug"] as const;

/** One target: where it is, as whom, and what it gets. */
export function NorthForm({ target, close, saved }: { target: Partial<NorthRow>; close: () => void; saved: () => void }) {
  const { t } = useTranslation("north");
  const { name } = useLang();
  const { message } = App.useApp();
  const [f] = Form.useForm<NorthTarget>();
  const kind = Form.useWatch("kind", f) ?? target.kind;
  const plant = useQuery(nodes);
  const body = (v: NorthTarget) => ({ id: "", rev: 0, ...written({ ...target, ...v }) });
  const save = useMutation({
    mutationFn: (v: NorthTarget) => (target.id ? api.put(`/north-targets/${target.id}`, body(v), target.rev) : api.post("/north-targets", body(v))),
    onSuccess: () => { message.success(t("common:saved")); saved(); close(); },
    onError: (err) => { message.error(err.message); saved(); },
  });
  const test = useMutation({
    mutationFn: (v: NorthTarget) => api.post<{ ok: boolean; detail?: string }>("/north-targets/test", body(v)), onError: (err) => { message.error(err.message); },
  });
  return (
    <Drawer open onClose={close} title={t(target.id ? "change" : "add")} size={560}
      footer={<div className="row"><Button type="primary" loading={save.isPending} onClick={() => f.submit()}>{t("common:save")}</Button>
        <Button loading={test.isPending} onClick={() => void f.validateFields().then((v) => test.mutate(v), () => undefined)}>{t("test")}</Button></div>}>
      <div className="stack">
        {test.data && <Alert type={test.data.ok ? "success" : "error"} showIcon message={test.data.ok ? t("test.ok") : test.data.detail} />}
        <Form<NorthTarget> form={f} layout="vertical" initialValues={{ ...target, password: "" }} onFinish={(v) => save.mutate(v)}>
          <Form.Item name="name" label={t("name")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name="kind" label={t("kind")}><Select options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
          <Form.Item name="url" label={t("url")} rules={[{ required: true }]}><Input placeholder="mqtts://broker.example:8883" maxLength={300} /></Form.Item>
          {kind === "sparkplug" ? (
            <>
              <Form.Item name="group" label={t("group")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
              <Form.Item name="edge" label={t("edge")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
              <Form.Item name="host" label={t("host")}><Input maxLength={100} /></Form.Item>
            </>
          ) : (
            <>
              <Form.Item name="prefix" label={t("prefix")}><Input maxLength={200} /></Form.Item>
              <Form.Item name="retain" valuePropName="checked"><Checkbox>{t("retain")}</Checkbox></Form.Item>
            </>
          )}
          <Form.Item name="paths" label={t("paths")}>
            <Select mode="multiple" showSearch optionFilterProp="label" options={(plant.data ?? []).map((n) => ({ value: n.path, label: `${name(n.name)} (${n.path})` }))} />
          </Form.Item>
          <Form.Item name="user" label={t("user")}><Input autoComplete="off" maxLength={200} /></Form.Item>
          <Form.Item name="password" label={t("password")}><Input.Password autoComplete="new-password" placeholder={target.has_password ? t("password.kept") : ""} /></Form.Item>
          <Form.Item name="client_id" label={t("client")}><Input maxLength={100} /></Form.Item>
          <Form.Item name="ca" label={t("ca")}><Input.TextArea className="mono" autoSize={{ minRows: 2, maxRows: 8 }} /></Form.Item>
        </Form>
      </div>
    </Drawer>
  );
}
