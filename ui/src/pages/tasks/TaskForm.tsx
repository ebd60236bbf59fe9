import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Form, Input, InputNumber, Popconfirm, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { organisations, type Task, type TaskChange, taskHistory, type TaskRow } from "../../api/ledgers";
import { policies, targets } from "../../api/queries";
import { RegionPicker } from "../../components/RegionPicker";
import { useLang } from "../../i18n/useLang";
import { codeOf } from "../../lib/divisions";
import { unitText } from "../../lib/format";
import { dateTime, ofMicros } from "../../lib/time";
import { useHome } from "../cockpit/CockpitPage";
import { scaleOf } from "./tasks";

type Values = Omit<Task, "planned"> & { planned?: number | null };

/** A task is entered, changed or taken back. */
export function TaskForm({ row, year, keeps, close }: { row: TaskRow | undefined; year: number; keeps: boolean; close: () => void }) {
  const { t } = useTranslation("tasks");
  const { lang, name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const home = useHome();
  const [form] = Form.useForm<Values>();
  const all = useQuery(targets(undefined, year)).data ?? [];
  const units = useQuery(organisations).data?.items ?? [];
  const book = useQuery(policies).data;
  const id: string | undefined = Form.useWatch("target", form) ?? row?.target;
  const target = all.find((r) => r.target.id === id)?.target;
  const measure = row?.measure ?? book?.indicators.find((i) => i.id === target?.indicators[0])?.unit;
  const scale = scaleOf(measure);
  const save = useMutation({
    mutationFn: ({ v, off }: { v: Values; off: boolean }) => {
      const { planned, ...rest } = v;
      const body: Task = {
        ...rest, id: row?.id ?? "", rev: row?.rev ?? 0, year, target: row?.target ?? v.target, ...(row?.parent && { parent: row.parent }), region: codeOf(v.region ?? row?.region ?? ""),
        ...(target?.status === "numeric" && planned !== null && planned !== undefined && { planned: planned / scale }), ...(off && { void: true }),
      };
      return row ? api.put<unknown>(`/target-tasks/${row.id}`, body, row.rev) : api.post<unknown>("/target-tasks", { tasks: [body] });
    },
    onSuccess: async () => { message.success(t("saved")); await client.invalidateQueries(); close(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  const text = target?.status !== "numeric";
  const initial = row ? { ...row, planned: row.planned === undefined ? undefined : Number((row.planned * scale).toFixed(6)) } : { region: codeOf(home ?? "33") };
  return (
    <Drawer open onClose={close} size={680} title={row ? `${row.target} ${name(row.name)} · ${year}` : t("add")}
      extra={keeps && <div className="row">
        {row && <Popconfirm title={t("off.confirm")} onConfirm={() => save.mutate({ v: form.getFieldsValue(), off: true })}><Button danger>{t("off")}</Button></Popconfirm>}
        <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button></div>}>
      <Form form={form} layout="vertical" disabled={!keeps} initialValues={initial} onFinish={(v) => save.mutate({ v, off: false })}>
        {!row && <Form.Item name="target" label={t("target")} rules={[{ required: true }]}><Select showSearch={{ optionFilterProp: "label" }} options={all.map((r) => ({ value: r.target.id, label: `${r.target.id} ${name(r.target.name)}` }))} /></Form.Item>}
        <Form.Item name="region" label={t("region")} rules={[{ required: true }]}><RegionPicker allowClear={false} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="unit" label={t("unit")} rules={[{ required: true }]} extra={target && target.units.length > 0 ? t("unit.policy", { units: target.units.join("、") }) : undefined}><Select showSearch={{ optionFilterProp: "label" }} options={units.map((u) => ({ value: u.id, label: u.called === u.name ? u.name : `${u.name} → ${u.called}` }))} /></Form.Item>
        {id && !text && <Form.Item name="planned" label={`${t("planned")}（${measure === "1" ? "%" : unitText(measure, lang)}）`} rules={[{ required: true }]}><InputNumber min={0} style={{ width: 200 }} /></Form.Item>}
        {id && text && <Form.Item name="progress" label={t("progress")} extra={t("progress.hint")}><Select allowClear style={{ width: 200 }} options={(["open", "running", "done"] as const).map((p) => ({ value: p, label: t(`progress.${p}`) }))} /></Form.Item>}
        <Form.Item name="duty" label={t("duty")}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="person" label={t("person")}><Input maxLength={60} /></Form.Item>
          <Form.Item name="deadline" label={t("deadline")} rules={[{ pattern: /^\d{4}-\d{2}-\d{2}$/, message: t("day.bad") }]}><Input placeholder={`${year}-12-31`} /></Form.Item>
        </div>
        <Form.Item name="remark" label={t("remark")}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item>
      </Form>
      {row && <History of={row} units={new Map(units.map((u) => [u.id, u.name]))} />}
    </Drawer>
  );
}

function History({ of, units }: { of: TaskRow; units: Map<string, string> }) {
  const { t } = useTranslation("tasks");
  const all = useQuery(taskHistory(of.id));
  const scale = scaleOf(of.measure);
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<TaskChange> size="small" rowKey="rev" loading={all.isLoading} pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={[...(all.data?.items ?? [])].reverse()} scroll={{ x: 560 }}
        columns={[
          { title: t("history.time"), key: "at", width: 160, render: (_, c) => dateTime(ofMicros(c.at)) },
          { title: t("history.who"), dataIndex: "who", width: 110, ellipsis: true },
          { title: t("unit"), key: "unit", render: (_, c) => units.get(c.unit) ?? c.unit },
          { title: t("planned"), key: "planned", align: "right", width: 100, render: (_, c) => (c.planned === undefined ? (c.progress ? t(`progress.${c.progress}`) : "—") : Number((c.planned * scale).toFixed(4))) },
          { title: t("person"), key: "person", width: 90, render: (_, c) => c.person || "—" },
        ]} />
    </section>
  );
}
