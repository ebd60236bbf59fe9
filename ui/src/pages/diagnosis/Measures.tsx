import { Button, Empty, Form, Input, InputNumber, Modal, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { Measure } from "../../api/diagnosis";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { everyNode } from "./PlanForm";
import { useChange } from "./useChange";
import type { PartProps } from "./Workspace";

interface Fields { title: string; requirements: string[]; benefit?: string; benefitYuan: number; costYuan: number; provider?: string; months: number }

/** Fen are shown as ten thousand yuan, as budgets are. */
export const wan = (fen: number): string => fixed(fen / 1_000_000, 2);

/** What the team proposes, with benefit, cost and who can do it. */
export function Measures({ d, e, may }: PartProps) {
  const { t } = useTranslation("diagnosis");
  const [open, setOpen] = useState<Measure | "new" | null>(null);
  const change = useChange(d, () => setOpen(null));
  const can = may && !["closed", "followed", "cancelled"].includes(d.state);
  const rows = d.measures.filter((m) => !m.dropped);
  const drop = (m: Measure) => change.mutate({ method: "post", part: "measures", body: { ...m, dropped: true } });
  return (
    <section className="panel stack">
      {can && <div><Button type="primary" onClick={() => setOpen("new")}>{t("measure.new")}</Button></div>}
      <Table<Measure> size="small" rowKey={(m) => m.id ?? ""} dataSource={rows} pagination={false} scroll={{ x: 800 }} locale={{ emptyText: <Empty description={t("measure.none")} /> }}
        columns={[
          { title: t("measure.title"), key: "title", render: (_, m) => <>{m.title}<div className="dim">{m.benefit}</div></> },
          { title: t("measure.requirements"), key: "requirements", render: (_, m) => <span className="mono">{m.requirements.join(" ")}</span> },
          { title: t("measure.benefit"), key: "b", align: "right", render: (_, m) => wan(m.benefit_fen) },
          { title: t("measure.cost"), key: "c", align: "right", render: (_, m) => wan(m.cost_fen) },
          { title: t("measure.payback"), key: "p", align: "right", render: (_, m) => (m.benefit_fen > 0 ? fixed((12 * m.cost_fen) / m.benefit_fen, 1) : "—") },
          { title: t("measure.provider"), key: "provider", render: (_, m) => m.provider ?? "—" },
          { title: t("measure.months"), dataIndex: "months", align: "right" },
          ...(can ? [{ title: t("col.actions"), key: "do", render: (_: unknown, m: Measure) => <div className="row"><Button size="small" onClick={() => setOpen(m)}>{t("common:edit")}</Button><Button size="small" onClick={() => drop(m)}>{t("measure.drop")}</Button></div> }] : []),
        ]} />
      {open && <MeasureForm e={e} start={open === "new" ? undefined : open} busy={change.isPending} close={() => setOpen(null)}
        save={(v) => change.mutate({ method: "post", part: "measures", body: {
          ...(open === "new" ? {} : { id: open.id }), title: v.title, requirements: v.requirements ?? [], months: v.months,
          benefit_fen: Math.round(v.benefitYuan * 1_000_000), cost_fen: Math.round(v.costYuan * 1_000_000), ...(v.benefit ? { benefit: v.benefit } : {}), ...(v.provider ? { provider: v.provider } : {}),
        } })} />}
    </section>
  );
}

function MeasureForm({ e, start, busy, close, save }: { e: PartProps["e"]; start: Measure | undefined; busy: boolean; close: () => void; save: (v: Fields) => void }) {
  const { t } = useTranslation("diagnosis");
  const { name } = useLang();
  const [f] = Form.useForm<Fields>();
  const asked = everyNode(e.elements).flatMap((n) => n.requirements);
  const initial: Partial<Fields> = start
    ? { title: start.title, requirements: start.requirements, benefit: start.benefit ?? "", benefitYuan: start.benefit_fen / 1_000_000, costYuan: start.cost_fen / 1_000_000, provider: start.provider ?? "", months: start.months }
    : { requirements: [], benefitYuan: 0, costYuan: 0, months: 6 };
  return (
    <Modal open title={t(start ? "measure.edit" : "measure.new")} okText={t("common:save")} cancelText={t("common:cancel")} onCancel={close} onOk={() => f.submit()} confirmLoading={busy} width={640}>
      <Form<Fields> form={f} layout="vertical" initialValues={initial} onFinish={save}>
        <Form.Item name="title" label={t("measure.title")} rules={[{ required: true, message: t("measure.title.needed") }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="requirements" label={t("measure.requirements")}>
          <Select mode="multiple" optionFilterProp="label" options={asked.map((r) => ({ value: r.id, label: `${r.id} ${name(r.text)}` }))} />
        </Form.Item>
        <Form.Item name="benefit" label={t("measure.text")}><Input.TextArea rows={2} maxLength={300} /></Form.Item>
        <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(180px, 1fr))", columnGap: 16 }}>
          <Form.Item name="benefitYuan" label={t("measure.benefit")}><InputNumber min={0} max={1e8} precision={2} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="costYuan" label={t("measure.cost")}><InputNumber min={0} max={1e8} precision={2} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="months" label={t("measure.months")}><InputNumber min={0} max={120} precision={0} style={{ width: "100%" }} /></Form.Item>
          <Form.Item name="provider" label={t("measure.provider")}><Input maxLength={60} /></Form.Item>
        </div>
      </Form>
    </Modal>
  );
}
