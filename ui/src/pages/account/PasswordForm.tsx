import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input } from "antd";
import { useTranslation } from "react-i18next";
import { api, ApiError } from "../../api/client";
import { useProblem } from "../../components/Status";
import { dateTime } from "../../lib/time";

interface Entered { old?: string; new: string; again: string }

const least = 10; // as the node has it

/** first: there is no old password to ask for. */
export function PasswordForm({ first }: { first?: boolean }) {
  const { t } = useTranslation("account");
  const { message } = App.useApp();
  const [form] = Form.useForm<Entered>();
  const problem = useProblem();
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (e: Entered) => api.put("/session/password", { ...(e.old && { old: e.old }), new: e.new }),
    onSuccess: () => { form.resetFields(); message.success(t("password.saved")); return Promise.all([client.invalidateQueries({ queryKey: ["sessions"] }), client.invalidateQueries({ queryKey: ["session"] })]); },
  });
  const err = save.error;
  const words = err instanceof ApiError && err.status === 401 ? t("password.wrong") : err instanceof ApiError && err.until ? t("password.locked", { at: dateTime(err.until) }) : err ? problem(err) : "";
  return (
    <Form<Entered> form={form} layout="vertical" requiredMark={false} style={{ maxWidth: 400 }} onFinish={(e) => save.mutate(e)}>
      {words && <Alert type="error" showIcon title={words} role="alert" style={{ marginBottom: 12 }} />}
      {!first && <Form.Item name="old" label={t("password.old")} rules={[{ required: true, message: t("password.missing") }]}><Input.Password autoComplete="current-password" maxLength={256} /></Form.Item>}
      <Form.Item name="new" label={t("password.new")} extra={t("password.rule")} rules={[{ required: true, message: t("password.missing") }, { min: least, message: t("password.short", { n: least }) }]}><Input.Password autoComplete="new-password" maxLength={256} /></Form.Item>
      <Form.Item name="again" label={t("password.again")} dependencies={["new"]}
        rules={[{ required: true, message: t("password.missing") }, ({ getFieldValue }) => ({ validator: (_, v) => (!v || v === getFieldValue("new") ? Promise.resolve() : Promise.reject(new Error(t("password.differ")))) })]}>
        <Input.Password autoComplete="new-password" maxLength={256} />
      </Form.Item>
      <Button type="primary" htmlType="submit" loading={save.isPending}>{t(first ? "first.save" : "password.save")}</Button>
    </Form>
  );
}
