import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { products } from "../../api/queries";
import type { Product } from "../../api/types";

interface Entered { code: string; zh: string; en?: string }

export function Products() {
  const { t } = useTranslation("plant");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Entered>();
  const { data, isPending } = useQuery(products);
  const save = useMutation({
    mutationFn: (e: Entered) => api.put(`/products/${encodeURIComponent(e.code)}`, { id: data?.find((p) => p.code === e.code)?.id ?? "", code: e.code, name: { zh: e.zh, en: e.en ?? "" } }),
    onSuccess: () => { form.resetFields(); message.success(t("common:saved")); return client.invalidateQueries({ queryKey: ["products"] }); },
    onError: (err) => { message.error(err.message); },
  });
  return (
    <div className="stack">
      <Form<Entered> form={form} layout="inline" onFinish={(e) => save.mutate(e)} aria-label={t("prod.add")}>
        <Form.Item name="code" label={t("prod.code")} rules={[{ required: true }]}><Input /></Form.Item>
        <Form.Item name="zh" label={t("name.zh")} rules={[{ required: true }]}><Input /></Form.Item>
        <Form.Item name="en" label={t("name.en")}><Input /></Form.Item>
        <Button type="primary" htmlType="submit" loading={save.isPending}>{t("common:save")}</Button>
      </Form>
      <Table<Product> size="small" rowKey="code" loading={isPending} dataSource={data ?? []} pagination={{ pageSize: 25, hideOnSinglePage: true }}
        columns={[
          { title: t("prod.code"), key: "code", render: (_, p) => <button type="button" className="figbtn mono" onClick={() => form.setFieldsValue({ code: p.code, zh: p.name.zh, en: p.name.en })}>{p.code}</button> },
          { title: t("name.zh"), key: "zh", render: (_, p) => p.name.zh },
          { title: t("name.en"), key: "en", render: (_, p) => p.name.en },
        ]} />
    </div>
  );
}
