import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Empty, Form, Input, InputNumber, Modal, Popconfirm, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { discoveryRules, drivers, nodes, profiles } from "../../api/queries";
import type { DiscoveryRule } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { hasSealed, lines, pairs } from "../plant/node";

type RuleFields = Omit<DiscoveryRule, "params"> & { params: string };

/** Which devices become which machines, and where to look for them. */
export function DiscoveryRules() {
  const { t } = useTranslation("discovery");
  const { message } = App.useApp();
  const client = useQueryClient();
  const { data, error, isPending } = useQuery(discoveryRules);
  const [open, setOpen] = useState<Partial<DiscoveryRule>>();
  const changed = () => client.invalidateQueries({ queryKey: ["discovery-rules"] });
  const drop = useMutation({ mutationFn: (r: DiscoveryRule) => api.del(`/discovery-rules/${r.id}`, r.rev), onSettled: changed, onError: (err) => { message.error(err.message); } });
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <div className="stack">
      <div className="row"><Button type="primary" onClick={() => setOpen({ auto: false, off: false })}>{t("rule.add")}</Button><span className="dim">{t("rule.hint")}</span></div>
      <Table<DiscoveryRule> size="small" rowKey="id" loading={isPending} dataSource={data ?? []} pagination={false} scroll={{ x: 800 }}
        locale={{ emptyText: <Empty description={t("rule.none")} /> }}
        columns={[
          { title: t("rule.name"), key: "name", render: (_, r) => <button type="button" className="figbtn" onClick={() => setOpen(r)}>{r.name}{r.off && <span className="dim"> · {t("rule.off")}</span>}</button> },
          { title: t("driver"), dataIndex: "driver" },
          { title: t("rule.where"), key: "where", render: (_, r) => <span className="mono">{r.where}{r.every_min ? ` / ${r.every_min} min` : ""}</span> },
          { title: t("rule.fits"), key: "fits", render: (_, r) => <span className="mono">{[r.is, r.title, r.address, r.says].filter(Boolean).join(" · ") || "*"}</span> },
          { title: t("rule.makes"), key: "makes", render: (_, r) => <span className="mono">{[r.profile, r.place].filter(Boolean).join(" → ")}</span> },
          { title: t("rule.auto"), key: "auto", render: (_, r) => t(r.auto ? "rule.auto.yes" : "rule.auto.no") },
          { title: "", key: "do", align: "right", render: (_, r) => <Popconfirm title={t("rule.end.confirm")} onConfirm={() => drop.mutate(r)}><Button size="small" danger>{t("rule.end")}</Button></Popconfirm> },
        ]} />
      {open && <RuleForm rule={open} close={() => setOpen(undefined)} saved={changed} />}
    </div>
  );
}

function RuleForm({ rule, close, saved }: { rule: Partial<DiscoveryRule>; close: () => void; saved: () => void }) {
  const { t } = useTranslation("discovery");
  const { name } = useLang();
  const { message } = App.useApp();
  const [f] = Form.useForm<RuleFields>();
  const driver = Form.useWatch("driver", f) ?? rule.driver;
  const params = Form.useWatch("params", f) ?? lines(rule.params ?? {});
  const kinds = useQuery(drivers);
  const known = useQuery(profiles);
  const plant = useQuery(nodes);
  const save = useMutation({
    mutationFn: (v: RuleFields) => {
      const { id: _id, rev: _rev, ...old } = rule;
      const body = Object.fromEntries(Object.entries({ ...old, ...v, params: pairs(v.params) }).filter(([, x]) => x !== undefined && x !== null && x !== ""));
      return rule.id ? api.put(`/discovery-rules/${rule.id}`, { ...body, id: rule.id, rev: rule.rev }, rule.rev) : api.post("/discovery-rules", { id: "", rev: 0, ...body });
    },
    onSuccess: () => { message.success(t("common:saved")); saved(); close(); },
    onError: (err) => { message.error(err.message); saved(); },
  });
  const mine = (known.data ?? []).filter((p) => p.drivers.includes(driver)).map((p) => ({ value: p.id, label: `${name(p.title)} (${p.id})` }));
  return (
    <Modal open onCancel={close} title={t(rule.id ? "rule.change" : "rule.add")} okText={t("common:save")} cancelText={t("common:cancel")} confirmLoading={save.isPending} onOk={() => f.submit()} width={720}>
      <Form<RuleFields> form={f} layout="vertical" initialValues={{ ...rule, params: lines(rule.params ?? {}) }} onFinish={(v) => save.mutate(v)}>
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", columnGap: 16 }}>
          <Form.Item name="name" label={t("rule.name")} rules={[{ required: true }]}><Input /></Form.Item>
          <Form.Item name="driver" label={t("driver")} rules={[{ required: true }]}><Select options={(kinds.data ?? []).filter((d) => d.discovers).map((d) => ({ value: d.kind, label: d.kind }))} /></Form.Item>
          <Form.Item name="where" label={t("rule.where")}><Input placeholder={kinds.data?.find((d) => d.kind === driver)?.example.search} /></Form.Item>
          <Form.Item name="every_min" label={t("rule.every")}><InputNumber min={0} max={10080} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="is" label={t("rule.is")}><Select allowClear showSearch optionFilterProp="label" options={mine} /></Form.Item>
          <Form.Item name="title" label={t("rule.title")}><Input /></Form.Item>
          <Form.Item name="address" label={t("rule.address")}><Input /></Form.Item>
          <Form.Item name="says" label={t("rule.says")}><Input placeholder="product=SDM630" /></Form.Item>
          <Form.Item name="profile" label={t("rule.profile")}><Select allowClear showSearch optionFilterProp="label" options={mine} /></Form.Item>
          <Form.Item name="params" label={t("params")} extra={hasSealed(params) && t("common:params.sealed")}><Input.TextArea autoSize={{ minRows: 1 }} /></Form.Item>
          <Form.Item name="place" label={t("col.place")} rules={[{ required: true }]}>
            <Select showSearch optionFilterProp="label" options={(plant.data ?? []).filter((n) => n.level !== "equipment").map((n) => ({ value: n.path, label: `${name(n.name)} (${n.path})` }))} />
          </Form.Item>
        </div>
        <div className="row">
          <Form.Item name="auto" valuePropName="checked" noStyle><Checkbox>{t("rule.auto.yes")}</Checkbox></Form.Item>
          <Form.Item name="off" valuePropName="checked" noStyle><Checkbox>{t("rule.off")}</Checkbox></Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
