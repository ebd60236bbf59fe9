import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, InputNumber, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { drivers } from "../../api/queries";
import type { DeviceValue, List } from "../../api/types";
import { measured } from "../../lib/format";
import { pairs } from "../plant/node";
import { orderPoints } from "./discovery";

interface Fields { driver: string; address: string; params: string; table: string; register: number }

/** The same registers read in every order: a person sees which one makes sense. */
export function OrderFinder() {
  const { t } = useTranslation("discovery");
  const known = useQuery(drivers);
  const [f] = Form.useForm<Fields>();
  const driver = Form.useWatch("driver", f) ?? "modbus-tcp";
  const read = useMutation({
    mutationFn: async (v: Fields) => (await api.post<List<DeviceValue>>("/devices/read", {
      driver: v.driver, address: v.address, params: pairs(v.params), points: orderPoints(v.table, v.register),
    })).items,
  });
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("order.hint")}</p>
      <Form<Fields> form={f} layout="inline" initialValues={{ driver: "modbus-tcp", table: "holding", register: 0, params: "unit=1" }} onFinish={(v) => read.mutate(v)}>
        <Form.Item name="driver" label={t("driver")}><Select style={{ width: 130 }} options={(known.data ?? []).filter((d) => d.kind.startsWith("modbus")).map((d) => ({ value: d.kind, label: d.kind }))} /></Form.Item>
        <Form.Item name="address" label={t("order.address")} rules={[{ required: true }]}><Input style={{ width: 190 }} placeholder={known.data?.find((d) => d.kind === driver)?.example.address} /></Form.Item>
        <Form.Item name="params" label={t("order.params")}><Input.TextArea autoSize={{ minRows: 1 }} style={{ width: 120 }} /></Form.Item>
        <Form.Item name="table" label={t("order.table")}><Select style={{ width: 110 }} options={["holding", "input"].map((value) => ({ value, label: value }))} /></Form.Item>
        <Form.Item name="register" label={t("order.register")}><InputNumber min={0} max={65532} /></Form.Item>
        <Button type="primary" htmlType="submit" loading={read.isPending}>{t("order.read")}</Button>
      </Form>
      {read.error && <Alert type="error" showIcon message={read.error.message} />}
      {read.data && (
        <Table<DeviceValue> size="small" rowKey="address" dataSource={read.data} pagination={false}
          columns={[
            { title: t("order.as"), dataIndex: "address", render: (v: string) => <span className="mono">{v}</span> },
            { title: t("devices:v.raw"), dataIndex: "raw", render: (v?: string) => <span className="mono">{v}</span> },
            { title: t("devices:v.rawvalue"), key: "value", align: "right", render: (_, v) => (v.raw_value === undefined ? v.error ?? v.quality : measured(v.raw_value)) },
          ]} />
      )}
    </div>
  );
}
