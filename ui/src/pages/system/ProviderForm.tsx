import { useMutation } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Select, Switch } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Provider } from "../../api/types";
import { Problem } from "../../components/Status";
import { edit, type Edited, OneGrant, written } from "./Grants";

type Rule = Edited & { claim?: string; value?: string };
interface Entered {
  zh: string; en?: string; issuer: string; client_id: string; secret?: string; address: string; scopes: string[]; name_claim?: string; factor: string[]; off?: boolean;
  grants?: Rule[];
}
interface Described { authorization: string; pkce: boolean; names_self: boolean }

const begun = (old: Provider | undefined): Partial<Entered> => old
  ? { ...old, zh: old.name.zh, en: old.name.en, secret: "", grants: old.rules.flatMap((r) => edit([r.grant]).map((g) => ({ ...g, claim: r.claim, value: r.value }))) }
  : { address: location.origin, scopes: ["profile", "groups"], factor: ["mfa", "otp"], grants: [] };

/** What is entered, as it is stored. */
function stored(e: Entered, old: Provider | undefined): Omit<Provider, "id" | "has_secret"> {
  const { zh, en, grants = [], secret, name_claim, ...rest } = e;
  return {
    ...rest, name: { zh, ...(en && { en }) }, ...(secret && { secret }), ...(name_claim && { name_claim }), rev: old?.rev ?? 0, off: e.off ?? false,
    rules: grants.map(({ claim = "", value = "", ...g }) => ({ claim: claim.trim(), value: value.trim(), grant: written([g])[0] ?? { role: g.role } })),
  };
}

const web = /^(https:\/\/|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:|\/|$))/;

export function ProviderForm({ old, done }: { old: Provider | undefined; done: () => void }) {
  const { t } = useTranslation("providers");
  const [form] = Form.useForm<Entered>();
  const save = useMutation({ mutationFn: (e: Entered) => (old ? api.put(`/providers/${old.id}`, stored(e, old)) : api.post("/providers", stored(e, old))), onSuccess: done });
  const test = useMutation({ mutationFn: (issuer: string) => api.post<Described>("/providers/test", { issuer }) });
  const needed = [{ required: true, message: t("missing") }];
  const address = [...needed, { pattern: web, message: t("address.form") }];
  return (
    <Form<Entered> form={form} layout="vertical" initialValues={begun(old)} onFinish={(e) => save.mutate(e)}>
      <div className="row" style={{ alignItems: "start" }}>
        <Form.Item name="zh" label={t("name.zh")} rules={needed} style={{ flex: 1 }}><Input maxLength={60} /></Form.Item>
        <Form.Item name="en" label={t("name.en")} style={{ flex: 1 }}><Input maxLength={60} /></Form.Item>
      </div>
      <Form.Item name="issuer" label={t("issuer")} extra={t("issuer.more")} rules={address}><Input maxLength={400} autoComplete="off" /></Form.Item>
      <div className="stack" style={{ marginBottom: 16 }}>
        <div><Button loading={test.isPending} onClick={() => void form.validateFields(["issuer"]).then((e) => test.mutate(e.issuer), () => undefined)}>{t("test")}</Button></div>
        {test.data && <Alert type={test.data.pkce ? "success" : "warning"} showIcon role="status" title={t("test.ok", { at: test.data.authorization, pkce: test.data.pkce ? "" : t("test.nopkce"), self: test.data.names_self ? "" : t("test.noself") })} />}
        {test.error && <Problem error={test.error} />}
      </div>
      <div className="row" style={{ alignItems: "start" }}>
        <Form.Item name="client_id" label={t("client")} rules={needed} style={{ flex: 1 }}><Input maxLength={200} autoComplete="off" /></Form.Item>
        <Form.Item name="secret" label={t("secret")} extra={t(old?.has_secret ? "secret.kept" : "secret.none")} style={{ flex: 1 }}><Input.Password maxLength={400} autoComplete="new-password" /></Form.Item>
      </div>
      <Form.Item name="address" label={t("address")} extra={t("address.more")} rules={address}><Input maxLength={400} /></Form.Item>
      <p className="dim">{t("return")}：<span className="mono" style={{ overflowWrap: "anywhere" }}>{old ? `${old.address}/oidc/${old.id}/return` : t("return.later")}</span></p>
      <Form.Item name="scopes" label={t("scopes")} extra={t("scopes.more")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[" ", ","]} maxCount={20} /></Form.Item>
      <Form.Item name="factor" label={t("factor")} extra={t("factor.more")}><Select mode="tags" open={false} suffixIcon={null} tokenSeparators={[" ", ","]} maxCount={20} /></Form.Item>
      <Form.Item name="name_claim" label={t("claim.name")} extra={t("claim.name.more")}><Input maxLength={200} placeholder="preferred_username" /></Form.Item>
      <Rules />
      <Form.Item name="off" label={t("off")} extra={t("off.more")} valuePropName="checked"><Switch /></Form.Item>
      {save.error && <div style={{ marginBottom: 16 }}><Problem error={save.error} /></div>}
      <Button type="primary" htmlType="submit" loading={save.isPending}>{t("common:save")}</Button>
    </Form>
  );
}

/** A claim, its value, and the grant that stands for it. */
function Rules() {
  const { t } = useTranslation("providers");
  const needed = [{ required: true, message: t("missing") }];
  return (
    <Form.List name="grants">
      {(fields, { add, remove }) => (
        <fieldset style={{ border: 0, margin: "0 0 16px", padding: 0 }}>
          <legend style={{ padding: "0 0 8px" }}>{t("rules")}</legend>
          {fields.map((f, i) => (
            <OneGrant key={f.key} at={f.name} no={i + 1} lasting remove={() => remove(f.name)} head={
              <div className="row" style={{ alignItems: "start" }}>
                <Form.Item name={[f.name, "claim"]} label={t("claim")} rules={needed} style={{ flex: 1, marginBottom: 8 }}><Input maxLength={200} placeholder={t("claim.more")} /></Form.Item>
                <Form.Item name={[f.name, "value"]} label={t("value")} rules={needed} style={{ flex: 1, marginBottom: 8 }}><Input maxLength={200} placeholder="county-330624" /></Form.Item>
              </div>} />))}
          <Button onClick={() => add({ role: "officer", reach: "area", claim: "groups" } satisfies Rule)}>{t("rule.add")}</Button>
        </fieldset>
      )}
    </Form.List>
  );
}
