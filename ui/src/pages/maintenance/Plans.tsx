import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Popconfirm, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Plan, plans, type PlanState, planWays } from "../../api/maintenance";
import { machines } from "../../api/queries";
import { Priority } from "../../components/alarms/AlarmTable";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed, percent } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";

/** What is to be done again and again, and how far it is to the next time. */
export function Plans({ may }: { may: boolean }) {
  const { t } = useTranslation("maintenance");
  const { name } = useLang();
  const [scope, setScope] = useState<string | undefined>();
  const [open, setOpen] = useState<Partial<Plan> | null>(null);
  const list = useQuery({ ...plans(scope), refetchInterval: 30_000 });
  const end = useChange((p: Plan) => api.del(`/maintenance/plans/${p.id}`, p.rev));
  const every = (p: Plan) => (p.by === "time" ? t("every.time", { days: p.days ?? 0 }) : p.by === "count" ? t("every.count", { parts: fixed(p.parts ?? 0, 0) }) : t("every.alarm", { alarm: p.alarm ?? "" }));
  const rows = list.data ?? [];
  const exportCsv = () => download("maintenance-plans.csv", csv([["path", "title", "by", "days", "parts", "alarm", "last", "due", "used"], ...rows.map((p) => [p.path, p.title, p.by, p.days, p.parts, p.alarm, p.last, p.due, p.used])]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={scope} set={setScope} />
        <span style={{ marginLeft: "auto" }} />
        <Button size="small" disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
        {may && <Button type="primary" onClick={() => setOpen({})}>{t("plan.add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<PlanState> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("plan.none")} /> }}
        columns={[
          { title: t("priority"), key: "priority", width: 90, sorter: (a, b) => a.priority - b.priority, render: (_, p) => <Priority level={p.priority} /> },
          { title: t("what"), key: "what", render: (_, p) => <>{p.title}{p.off && <Tag style={{ marginLeft: 8 }}>{t("plan.off")}</Tag>}</> },
          { title: t("machine"), key: "machine", width: 200, sorter: (a, b) => a.path.localeCompare(b.path), render: (_, p) => <Link to="/machines/$id" params={{ id: p.equipment }}>{name(p.name) || p.equipment}</Link> },
          { title: t("plan.every"), key: "every", width: 190, render: (_, p) => every(p) },
          { title: t("plan.last"), key: "last", width: 170, render: (_, p) => <span className="num">{dateTime(p.last)}</span> },
          { title: t("plan.used"), key: "used", width: 150, sorter: (a, b) => (a.used ?? 0) - (b.used ?? 0), render: (_, p) => <span className="num">{p.used === null ? "—" : percent(p.used, 0)}{p.made === undefined ? "" : ` · ${fixed(p.made, 0)}`}{p.open ? <> · <Link to="/maintenance" search={{ order: p.open }}>{t("order")}</Link></> : null}</span> },
          { title: "", key: "do", width: 150, render: (_, p) => may && (
            <span className="row"><Button size="small" onClick={() => setOpen(p)}>{t("plan.change")}</Button>
              <Popconfirm title={t("plan.end.sure")} onConfirm={() => end.mutate(p)}><Button size="small" danger>{t("plan.end")}</Button></Popconfirm></span>) },
        ]} />
      {open && <PlanForm plan={open} close={() => setOpen(null)} />}
    </div>
  );
}

interface Fields extends Omit<Plan, "checks" | "verify_s"> { lines?: string; verify?: number }

function PlanForm({ plan, close }: { plan: Partial<Plan>; close: () => void }) {
  const { t } = useTranslation("maintenance");
  const { name } = useLang();
  const [f] = Form.useForm<Fields>();
  const by = Form.useWatch("by", f) ?? plan.by ?? "time";
  const all = useQuery(machines());
  const save = useChange(({ lines, verify, ...v }: Fields) => {
    const body = {
      id: plan.id ?? "", rev: plan.rev ?? 0, begin: plan.begin, equipment: v.equipment, title: v.title, by: v.by, days: v.by === "time" ? v.days : undefined, parts: v.by === "count" ? v.parts : undefined, alarm: v.by === "alarm" ? v.alarm : undefined,
      priority: v.priority, off: v.off || undefined, verify_s: verify ? Math.round(verify * 3600) : undefined, checks: (lines ?? "").split("\n").map((l) => l.trim()).filter(Boolean),
    };
    return plan.id ? api.put(`/maintenance/plans/${plan.id}`, body, plan.rev) : api.post("/maintenance/plans", body);
  }, close);
  return (
    <Drawer open onClose={close} size={520} title={plan.id ? plan.title : t("plan.add")} footer={<Button type="primary" loading={save.isPending} onClick={() => f.submit()}>{t("common:save")}</Button>}>
      <Form<Fields> form={f} layout="vertical" onFinish={(v) => save.mutate(v)} initialValues={{ by: "time", days: 30, priority: 3, ...plan, lines: (plan.checks ?? []).join("\n"), verify: plan.verify_s && plan.verify_s / 3600 }}>
        <Form.Item name="equipment" label={t("machine")} rules={[{ required: true }]}><Select showSearch optionFilterProp="label" options={(all.data ?? []).map((m) => ({ value: m.id, label: `${name(m.name)} (${m.path})` }))} /></Form.Item>
        <Form.Item name="title" label={t("what")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="by" label={t("plan.by")}><Select options={planWays.map((w) => ({ value: w, label: t(`by.${w}`) }))} /></Form.Item>
        {by === "time" && <Form.Item name="days" label={t("plan.days")} rules={[{ required: true }]}><InputNumber min={0.01} max={3660} /></Form.Item>}
        {by === "count" && <Form.Item name="parts" label={t("plan.parts")} rules={[{ required: true }]}><InputNumber min={1} /></Form.Item>}
        {by === "alarm" && <Form.Item name="alarm" label={t("plan.alarm")} rules={[{ required: true }]}><Input className="mono" maxLength={300} /></Form.Item>}
        <Form.Item name="priority" label={t("priority")}><InputNumber min={1} max={4} /></Form.Item>
        <Form.Item name="verify" label={t("verify")}><InputNumber min={0.1} max={2160} /></Form.Item>
        <Form.Item name="lines" label={t("checks.lines")}><Input.TextArea autoSize={{ minRows: 2, maxRows: 10 }} /></Form.Item>
        <Form.Item name="off" valuePropName="checked"><Checkbox>{t("plan.off")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}
