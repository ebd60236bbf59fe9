import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Form, Input, Select } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { nodes, profiles } from "../../api/queries";
import type { Candidate, Trial } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { pairs } from "../plant/node";
import { type AdoptForm, adoptForm, becomes, machineOf, takenOver } from "./discovery";
import { Readings, TrialAlert } from "./Readings";

/** A found device becomes a machine, or takes the place of its former address or self. */
export function AdoptDrawer({ candidate, close }: { candidate: Candidate; close: () => void }) {
  const { t } = useTranslation("discovery");
  return (
    <Drawer open onClose={close} size="large" title={`${t(`do.${candidate.standing as "new"}`)} · ${candidate.title}`}>
      {becomes(candidate) ? <Adopt candidate={candidate} close={close} /> : <TakeOver candidate={candidate} close={close} />}
    </Drawer>
  );
}

function useDone(close: () => void, text: string) {
  const { message } = App.useApp();
  const client = useQueryClient();
  return {
    onSuccess: async () => {
      message.success(text);
      for (const key of ["candidates", "nodes", "devices", "machines"]) await client.invalidateQueries({ queryKey: [key] });
      close();
    },
    onError: (err: Error) => { message.error(err.message); },
  };
}

function Adopt({ candidate, close }: { candidate: Candidate; close: () => void }) {
  const { t } = useTranslation("discovery");
  const { name } = useLang();
  const [f] = Form.useForm<AdoptForm>();
  const known = useQuery(profiles);
  const plant = useQuery(nodes);
  const mine = (known.data ?? []).filter((p) => p.drivers.includes(candidate.device.driver));
  const classOf = (id: string) => mine.find((p) => p.id === id)?.class ?? "";
  const places = (plant.data ?? []).filter((n) => n.level !== "equipment" && n.level !== "enterprise");
  const trial = useMutation({
    mutationFn: () => api.post<Trial>("/devices/test", {
      driver: candidate.device.driver, address: candidate.device.address, params: pairs(f.getFieldValue("params")), profile: f.getFieldValue("profile"),
    }),
  });
  const save = useMutation({ mutationFn: (v: AdoptForm) => api.post("/nodes", machineOf(candidate, v, classOf(v.profile), pairs(v.params))), ...useDone(close, t("adopted")) });
  const chosen = (id: string) => {
    const p = mine.find((x) => x.id === id);
    if (p && !f.getFieldValue("code")) f.setFieldsValue({ code: `${p.class}-${(plant.data?.length ?? 0) + 1}`, zh: p.title.zh, en: p.title.en });
  };
  return (
    <Form<AdoptForm> form={f} layout="vertical" initialValues={adoptForm(candidate)} onFinish={(v) => save.mutate(v)}>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(220px, 1fr))", columnGap: 16 }}>
        <Form.Item name="profile" label={t("col.profile")} rules={[{ required: true }]}>
          <Select showSearch optionFilterProp="label" onChange={chosen} options={mine.map((p) => ({ value: p.id, label: `${name(p.title)} (${p.id})` }))} />
        </Form.Item>
        <Form.Item name="params" label={t("params")}><Input.TextArea autoSize={{ minRows: 1 }} /></Form.Item>
        <Form.Item name="place" label={t("col.place")} rules={[{ required: true }]}>
          <Select showSearch optionFilterProp="label" options={places.map((n) => ({ value: n.path, label: `${name(n.name)} (${n.path})` }))} />
        </Form.Item>
        <Form.Item name="code" label={t("code")} rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9_-]{0,62}$/, message: t("code.hint") }]}><Input /></Form.Item>
        <Form.Item name="zh" label={t("name.zh")} rules={[{ required: true }]}><Input /></Form.Item>
        <Form.Item name="en" label={t("name.en")}><Input /></Form.Item>
      </div>
      <div className="row" style={{ marginBottom: 12 }}>
        <Form.Item name="nc" valuePropName="checked" noStyle><Checkbox>{t("plant:nc")}</Checkbox></Form.Item>
        <Form.Item name="excluded" valuePropName="checked" noStyle><Checkbox>{t("plant:excluded")}</Checkbox></Form.Item>
      </div>
      <div className="row">
        <Button onClick={() => trial.mutate()} loading={trial.isPending}>{t("try")}</Button>
        <Button type="primary" htmlType="submit" loading={save.isPending}>{t("do.new")}</Button>
      </div>
      {trial.error && <Alert style={{ marginTop: 12 }} type="error" showIcon message={trial.error.message} />}
      {trial.data && (
        <div className="stack" style={{ marginTop: 12 }}>
          <TrialAlert trial={trial.data} />
          <Readings rows={trial.data.values ?? []} />
        </div>
      )}
    </Form>
  );
}

function TakeOver({ candidate, close }: { candidate: Candidate; close: () => void }) {
  const { t } = useTranslation("discovery");
  const plant = useQuery(nodes);
  const node = plant.data?.find((n) => n.id === candidate.node);
  const save = useMutation({
    mutationFn: async () => {
      if (node) await api.put(`/nodes/${node.id}`, takenOver(node, candidate), node.rev);
    },
    ...useDone(close, t("takenover")),
  });
  return (
    <div className="stack">
      <Alert showIcon type="info" message={t(`explain.${candidate.standing as "moved"}`, {
        path: candidate.path, from: node?.equipment?.device.address ?? "", to: candidate.device.address,
        old: node?.equipment?.device.serial ?? "", serial: candidate.identity?.serial ?? "",
      })} />
      <div><Button type="primary" disabled={!node} loading={save.isPending} onClick={() => save.mutate()}>{t(`do.${candidate.standing as "moved"}`)}</Button></div>
    </div>
  );
}
