import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { mappings, type Partner } from "../../api/exchange";
import { nodes } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { TryOut } from "./TryOut";
import { formats, ways, written } from "./exchange";

/** One system: by which way, in which words, and how often. */
export function PartnerForm({ of, close, saved }: { of: Partner; close: () => void; saved: () => void }) {
  const { t } = useTranslation("exchange");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const [f] = Form.useForm<Partner>();
  const way = Form.useWatch("way", f) ?? of.way;
  const mapping = Form.useWatch("mapping", f) ?? of.mapping;
  const [tried, setTried] = useState<Partner>();
  const shipped = useQuery(mappings);
  const plant = useQuery(nodes);
  const made = of.rev > 0;
  const whole = (v: Partner) => written({ ...of, ...v, own: v.mapping === "" ? v.own ?? "" : "" });
  const save = useMutation({
    mutationFn: (v: Partner) => (made ? api.put(`/exchange/partners/${of.id}`, whole(v), of.rev) : api.post("/exchange/partners", whole(v))),
    onSuccess: () => { message.success(t("saved")); saved(); close(); },
  });
  return (
    <Drawer open onClose={close} title={t(made ? "change" : "add")} size={640}
      footer={<div className="row"><Button type="primary" loading={save.isPending} onClick={() => f.submit()}>{t("save")}</Button>
        <Button onClick={() => setTried(whole(f.getFieldsValue(true) as Partner))}>{t("try")}</Button></div>}>
      <div className="stack">
        {save.error && <Alert type="error" showIcon title={problem(save.error)} />}
        <Form<Partner> form={f} layout="vertical" initialValues={{ ...of, secret: "" }} onFinish={(v) => save.mutate(v)}>
          <Form.Item name="name" label={t("name")} rules={[{ required: true, whitespace: true }]}><Input maxLength={100} /></Form.Item>
          <Form.Item name="id" label={t("id")} extra={t("id.form")} rules={[{ required: true, pattern: /^[a-z][a-z0-9-]{1,39}$/, message: t("id.form") }]}><Input maxLength={40} disabled={made} className="mono" /></Form.Item>
          <Form.Item name="way" label={t("way")} extra={way === "folder" ? t("folder.hint") : undefined}><Select options={ways.map((w) => ({ value: w, label: t(`way.${w}`) }))} /></Form.Item>
          {way !== "folder" && (
            <>
              <Form.Item name="url" label={t("url")} extra={t(way === "http" ? "url.http" : "url.database")} rules={[{ required: way === "database" }]}><Input maxLength={500} className="mono" /></Form.Item>
              <Form.Item name="secret" label={t("secret")}><Input.Password autoComplete="new-password" maxLength={1000} placeholder={of.has_secret ? t("secret.kept") : ""} /></Form.Item>
            </>
          )}
          {way === "database" && <Form.Item name="schema" label={t("schema")}><Input maxLength={63} className="mono" /></Form.Item>}
          <Form.Item name="format" label={t("format")}><Select options={formats.map((x) => ({ value: x, label: t(`format.${x}`) }))} /></Form.Item>
          <Form.Item name="mapping" label={t("mapping")}>
            <Select options={[...(shipped.data ?? []).map((m) => ({ value: m.id, label: m.verified ? name(m.name) : `${name(m.name)}（${t("mapping.unverified")}）` })), { value: "", label: t("mapping.own") }]} />
          </Form.Item>
          {mapping === "" && <Form.Item name="own" label={t("own")} rules={[{ required: true, whitespace: true, message: t("own.form") }]}><Input.TextArea className="mono" maxLength={65536} autoSize={{ minRows: 8, maxRows: 20 }} /></Form.Item>}
          <Form.Item name="place" label={t("place")}>
            <Select showSearch allowClear optionFilterProp="label" options={(plant.data ?? []).filter((n) => n.level !== "equipment").map((n) => ({ value: n.path, label: `${name(n.name)} (${n.path})` }))} />
          </Form.Item>
          <Form.Item name="jobs" valuePropName="checked"><Checkbox>{t("jobs")}</Checkbox></Form.Item>
          <div className="row">
            <Form.Item name="every_s" label={t("every")} rules={[{ required: true }]}><InputNumber min={1} max={86400} precision={0} /></Form.Item>
            <Form.Item name="silent_s" label={t("silent.after")} rules={[{ required: true }]}><InputNumber min={60} max={2592000} precision={0} /></Form.Item>
          </div>
        </Form>
        {tried && <TryOut partner={tried} />}
      </div>
    </Drawer>
  );
}
