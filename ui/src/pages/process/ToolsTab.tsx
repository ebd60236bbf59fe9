import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Progress, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { mountTool, removeTool, saveToolType, type ToolState, toolTypes, tools, type TypeLife } from "../../api/process";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { More, PlacePicker, useChange } from "../production/parts";
import { useMay, useProcessSearch } from "./parts";

/** A life: whole parts, tenths of a minute. */
const amount = (of: { measure: ToolState["measure"] }, v: number | null | undefined) => (v === null || v === undefined ? "—" : fixed(v, of.measure === "parts" ? 0 : 1));

const reasons = ["worn", "broken", "planned", "other"] as const;

/** Tools: what is mounted, how much is left of it, and what lives are known of each type. */
export function ToolsTab() {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const { writes, reports } = useMay();
  const [search, set] = useProcessSearch();
  const [mounting, setMounting] = useState<ToolState | "new">();
  const [typing, setTyping] = useState<TypeLife | "new">();
  const [removing, setRemoving] = useState<ToolState>();
  const list = useInfiniteQuery(tools({ scope: search.scope, mounted: search.ended ? undefined : true }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const types = useQuery(toolTypes(search.scope));
  const save = () => download("tools.csv", csv([["machine", "slot", "type", "serial", "mounted", "removed", "reason", "measure", "planned", "used", "low", "median", "high", "advice"],
    ...rows.map((o) => [o.path, o.slot, o.code, o.serial, o.mounted, o.removed, o.reason, o.measure, o.life, o.used, o.prognosis?.low, o.prognosis?.median, o.prognosis?.high, o.prognosis?.advice])]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("tools.past")}</Checkbox><span className="fill" />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>{reports && <Button type="primary" disabled={!types.data?.length} onClick={() => setMounting("new")}>{t("tool.mount")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<ToolState> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1100 }} locale={{ emptyText: <Nothing text={t("tools.none")} /> }}
        columns={[
          { title: t("machine"), key: "machine", sorter: (a, b) => a.path.localeCompare(b.path), render: (_, o) => <>{name(o.name)}{o.slot && <span className="dim"> {o.slot}</span>}</> },
          { title: t("tool"), key: "tool", render: (_, o) => <>{o.code} {name(o.type_name)}{o.serial && <div className="dim mono">{o.serial}</div>}</> },
          { title: t("mounted"), key: "mounted", width: 130, render: (_, o) => <>{shortTime(o.mounted)}<div className="dim">{o.by}</div></> },
          { title: t("used"), key: "used", width: 190, render: (_, o) => (o.used === undefined ? "—" : <><Progress size="small" percent={Math.min(100, Math.round((100 * o.used) / o.life))} status={o.used >= o.life ? "exception" : "normal"} aria-label={t("used")} /><span className="num">{amount(o, o.used)} / {amount(o, o.life)} {t(`measure.${o.measure}`)}</span></>) },
          { title: t("left"), key: "left", width: 190, render: (_, o) => <Left of={o} /> },
          { title: t("advice"), key: "advice", width: 200, render: (_, o) => (o.removed ? <Tag>{t(`reason.${o.reason ?? "other"}`)} {shortTime(o.removed)}</Tag> : o.prognosis && <Advice of={o.prognosis.advice} lot={o.prognosis.lot_left} />) },
          { title: "", key: "do", width: 150, render: (_, o) => reports && !o.removed && <span className="row"><Button size="small" aria-label={`${t("tool.change")} ${o.code}`} onClick={() => setMounting(o)}>{t("tool.change")}</Button><Button size="small" aria-label={`${t("tool.remove")} ${o.code}`} onClick={() => setRemoving(o)}>{t("tool.remove")}</Button></span> },
        ]} />
      <More list={list} />
      <div className="row"><h3 style={{ margin: 0 }}>{t("tool.types")}</h3><span className="fill" />{writes && <Button onClick={() => setTyping("new")}>{t("tool.type.add")}</Button>}</div>
      {types.error && <Problem error={types.error} retry={() => void types.refetch()} />}
      <Table<TypeLife> size="small" rowKey={(y) => y.id ?? ""} loading={types.isLoading} dataSource={types.data ?? []} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("tool.types.none")} /> }}
        columns={[
          { title: t("code"), key: "code", width: 110, sorter: (a, b) => a.code.localeCompare(b.code), render: (_, y) => (writes ? <button type="button" className="figbtn" onClick={() => setTyping(y)}>{y.code}</button> : y.code) }, { title: t("name"), key: "name", render: (_, y) => name(y.name) },
          { title: t("life.planned"), key: "life", width: 130, align: "right", render: (_, y) => <span className="num">{amount(y, y.life)} {t(`measure.${y.measure}`)}</span> }, { title: t("life.expected"), key: "expected", width: 150, align: "right", render: (_, y) => <b className="num">{y.expected === null ? "—" : `${amount(y, y.expected)} ${t(`measure.${y.measure}`)}`}</b> },
          { title: t("lives"), key: "lives", width: 190, render: (_, y) => t("lives.of", { ended: y.lives_ended, broken: y.broken, censored: y.lives_censored }) }, { title: t("shape"), key: "shape", width: 90, align: "right", render: (_, y) => <span className="num">{y.shape === null ? "—" : fixed(y.shape, 1)}</span> },
          { title: t("early"), key: "early", width: 190, render: (_, y) => (y.early_fen === null ? "—" : t("early.of", { n: y.early_changes, yuan: fixed(y.early_fen / 100, 2) })) },
        ]} />
      {mounting && <MountForm of={mounting === "new" ? undefined : mounting} types={types.data ?? []} close={() => setMounting(undefined)} />}
      {typing && <TypeForm of={typing === "new" ? undefined : typing} close={() => setTyping(undefined)} />}
      {removing && <RemoveForm of={removing} close={() => setRemoving(undefined)} />}
    </div>
  );
}

function Left({ of }: { of: ToolState }) {
  const { t } = useTranslation("process");
  const p = of.prognosis;
  if (!p) return <>—</>;
  if (p.low === null) return <span className="dim">{t("left.few", { n: p.ended })}</span>;
  return <span className="num"><b>{amount(of, p.median)}</b> {t(`measure.${of.measure}`)}<div className="dim">{t("left.between", { low: amount(of, p.low), high: amount(of, p.high) })}</div></span>;
}

function Advice({ of, lot }: { of: NonNullable<ToolState["prognosis"]>["advice"]; lot: number | undefined }) {
  const { t } = useTranslation("process");
  if (of === "none") return <span className="dim">—</span>;
  return <><Tag color={of === "keep" ? "success" : of === "may_not_last" || of === "planned_over" ? "error" : "warning"}>{t(`advice.${of}`)}</Tag>{lot !== undefined && <div className="dim">{t("lot.left", { n: lot })}</div>}</>;
}

interface Mounting { type: string; equipment: string; slot?: string; serial?: string; reason?: (typeof reasons)[number]; note?: string }

function Reason({ needed }: { needed: boolean }) {
  const { t } = useTranslation("process");
  return <Form.Item name="reason" label={t("reason")} rules={needed ? [{ required: true, message: t("needed") }] : []} {...(needed ? {} : { extra: t("reason.hint") })}><Select allowClear={!needed} options={reasons.map((r) => ({ value: r, label: t(`reason.${r}`) }))} /></Form.Item>;
}

function MountForm({ of, types, close }: { of: ToolState | undefined; types: TypeLife[]; close: () => void }) {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const [form] = Form.useForm<Mounting>();
  const save = useChange((v: Mounting) => mountTool(v), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={460} title={t(of ? "tool.change" : "tool.mount")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Mounting> form={form} layout="vertical" initialValues={of ? { type: of.type, equipment: of.equipment, slot: of.slot } : {}} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="type" label={t("tool")} rules={needed}><Select showSearch={{ optionFilterProp: "label" }} options={types.map((y) => ({ value: y.id ?? "", label: `${y.code} ${name(y.name)}` }))} /></Form.Item>
        <Form.Item name="equipment" label={t("machine")} rules={needed}><PlacePicker by="id" fits={(n) => n.level === "equipment"} disabled={of !== undefined} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}><Form.Item name="slot" label={t("slot")}><Input maxLength={40} disabled={of !== undefined} /></Form.Item><Form.Item name="serial" label={t("serial")}><Input maxLength={60} /></Form.Item></div>
        <Reason needed={of !== undefined} />
        <Form.Item name="note" label={t("tool.note")}><Input maxLength={1000} /></Form.Item>
      </Form>
    </Drawer>
  );
}

function RemoveForm({ of, close }: { of: ToolState; close: () => void }) {
  const { t } = useTranslation("process");
  const [form] = Form.useForm<{ reason: (typeof reasons)[number]; note?: string }>();
  const save = useChange((v: { reason: (typeof reasons)[number]; note?: string }) => removeTool(of, v.reason, v.note), close);
  return (
    <Drawer open onClose={close} size={400} title={`${t("tool.remove")} ${of.code}`} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form form={form} layout="vertical" onFinish={(v) => save.mutate(v)}><Reason needed /><Form.Item name="note" label={t("tool.note")}><Input maxLength={1000} /></Form.Item></Form>
    </Drawer>
  );
}

interface TypeFields { code: string; name: { zh: string; en?: string }; place: string; measure: "parts" | "minutes"; life: number; yuan: number }

function TypeForm({ of, close }: { of: TypeLife | undefined; close: () => void }) {
  const { t } = useTranslation("process");
  const [form] = Form.useForm<TypeFields>();
  const save = useChange(({ yuan, ...v }: TypeFields) => saveToolType({ ...v, price_fen: Math.round((yuan ?? 0) * 100), ...(of ? { id: of.id, rev: of.rev } : {}) } as Parameters<typeof saveToolType>[0]), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={460} title={t(of ? "tool.type.edit" : "tool.type.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<TypeFields> form={form} layout="vertical" initialValues={of ? { ...of, yuan: of.price_fen / 100 } : { measure: "minutes" }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="code" label={t("code")} rules={needed}><Input maxLength={40} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}><Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed}><Input maxLength={100} /></Form.Item><Form.Item name={["name", "en"]} label={t("name.en")}><Input maxLength={100} /></Form.Item></div>
        <Form.Item name="place" label={t("tool.place")} rules={needed}><PlacePicker by="id" fits={() => true} /></Form.Item>
        <Form.Item name="measure" label={t("measure")} extra={t("measure.hint")} rules={needed}><Select disabled={of !== undefined} options={(["minutes", "parts"] as const).map((m) => ({ value: m, label: t(`measure.of.${m}`) }))} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}><Form.Item name="life" label={t("life.planned")} rules={needed}><InputNumber min={1} /></Form.Item><Form.Item name="yuan" label={t("price")}><InputNumber min={0} precision={2} /></Form.Item></div>
      </Form>
    </Drawer>
  );
}
