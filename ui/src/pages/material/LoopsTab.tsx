import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Empty, Form, Input, InputNumber, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { type Loop, loops } from "../../api/material";
import { Problem } from "../../components/Status";
import { duration } from "../../lib/format";
import { useLang } from "../../i18n/useLang";
import { ItemPicker, LocationPicker, quantityRule, useMay, useStep } from "./parts";

/** Kanban loops: how many cards go round, and a call for one container. */
export function LoopsTab() {
  const { t } = useTranslation("material");
  const { lang } = useLang();
  const { keeps, reports } = useMay();
  const list = useQuery(loops);
  const [edited, setEdited] = useState<Loop | "new">();
  const call = useStep((l: Loop) => api.post("/material/calls", { loop: l.id }));
  return (
    <div className="stack">
      <div className="row"><span className="dim">{t("loops.formula")}</span><span className="fill" />{keeps && <Button type="primary" onClick={() => setEdited("new")}>{t("loop.add")}</Button>}</div>
      {list.isError && <Problem error={list.error} />}
      <Table<Loop> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data ?? []} pagination={false} scroll={{ x: 1000 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("loops.none")} /> }}
        columns={[
          { title: t("item"), key: "item", width: 150, render: (_, l) => <>{keeps ? <button type="button" className="figbtn" onClick={() => setEdited(l)}>{l.item}</button> : l.item} {l.off && <span className="chip">{t("off")}</span>}</> },
          { title: t("way"), key: "way", render: (_, l) => `${l.from} → ${l.to}` },
          { title: t("loop.container"), dataIndex: "container", align: "right", width: 110 },
          { title: t("loop.demand"), dataIndex: "demand", align: "right", width: 120 },
          { title: t("loop.lead"), key: "lead", align: "right", width: 120, render: (_, l) => duration(l.lead_ms, lang) },
          { title: t("loop.safety"), key: "safety", align: "right", width: 100, render: (_, l) => `${l.safety_ppm / 10_000} %` },
          { title: t("loop.cards"), key: "cards", align: "right", width: 110, render: (_, l) => <span className="num">{l.own ? t("loop.own", { own: l.own, cards: l.cards }) : l.cards}</span> },
          { title: t("actions"), key: "do", width: 200, render: (_, l) => (
            <span className="row">
              {(keeps || reports) && !l.off && <Button size="small" loading={call.isPending} aria-label={`${t("loop.call")} ${l.item} ${l.to}`} onClick={() => call.mutate(l)}>{t("loop.call")}</Button>}
              <Button size="small" href={address("/material/labels", { kind: "card", id: l.id })}>{t("loop.print")}</Button>
            </span>) },
        ]} />
      {edited && <LoopForm row={edited === "new" ? undefined : edited} close={() => setEdited(undefined)} />}
    </div>
  );
}

interface Typed extends Omit<Loop, "lead_ms" | "safety_ppm"> { hours: number; safety: number }

function LoopForm({ row, close }: { row: Loop | undefined; close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<Typed>();
  const save = useStep(({ hours, safety, ...v }: Typed) => api.post("/material/loops", {
    ...v, id: row?.id ?? "", cards: row?.cards ?? 0, rev: row?.rev ?? 0, off: v.off ?? false, own: v.own ?? undefined, lead_ms: Math.round(hours * 3_600_000), safety_ppm: Math.round(safety * 10_000),
  }), close);
  const needed = [{ required: true, message: t("needed") }];
  const amount = [...needed, quantityRule(t("quantity.bad"))];
  return (
    <Drawer open onClose={close} size={440} title={row ? row.item : t("loop.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Typed> form={form} layout="vertical" initialValues={row ? { ...row, hours: row.lead_ms / 3_600_000, safety: row.safety_ppm / 10_000 } : { safety: 20, hours: 4 }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="item" label={t("item")} rules={needed}><ItemPicker label={t("item")} /></Form.Item>
        <Form.Item name="from" label={t("loop.from")} rules={needed}><LocationPicker label={t("loop.from")} /></Form.Item>
        <Form.Item name="to" label={t("loop.to")} rules={needed}><LocationPicker label={t("loop.to")} /></Form.Item>
        <Form.Item name="container" label={t("loop.container")} rules={amount}><Input inputMode="decimal" /></Form.Item>
        <Form.Item name="demand" label={t("loop.demand")} rules={amount}><Input inputMode="decimal" /></Form.Item>
        <Form.Item name="hours" label={t("loop.hours")} rules={needed}><InputNumber min={0.01} max={8760} /></Form.Item>
        <Form.Item name="safety" label={t("loop.safety.percent")} rules={needed}><InputNumber min={0} max={1000} /></Form.Item>
        <Form.Item name="own" label={t("loop.own.label")} extra={t("loop.own.hint")}><InputNumber min={1} max={10_000} precision={0} /></Form.Item>
        <Form.Item name="off" valuePropName="checked"><Checkbox>{t("off")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}
