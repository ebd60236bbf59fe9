import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { type Item, items, type Location, locations } from "../../api/material";
import { nodes } from "../../api/queries";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { More, useMay, useStep } from "./parts";

/** Items and locations. */
export function MastersTab() {
  return <div className="stack"><Items /><Locations /></div>;
}

function Items() {
  const { t } = useTranslation("material");
  const { lang, name } = useLang();
  const { keeps } = useMay();
  const [q, setQ] = useState("");
  const [edited, setEdited] = useState<Item | "new">();
  const list = useInfiniteQuery(items({ q }));
  return (
    <section className="panel stack">
      <div className="row"><h2 style={{ margin: 0 }}>{t("items")}</h2><Input.Search style={{ width: 220 }} allowClear aria-label={t("items.search")} placeholder={t("items.search")} onSearch={setQ} /><span className="fill" />{keeps && <Button onClick={() => setEdited("new")}>{t("item.add")}</Button>}</div>
      {list.isError && <Problem error={list.error} />}
      <Table<Item> size="small" rowKey="code" loading={list.isLoading} dataSource={list.data?.pages.flatMap((p) => p.items) ?? []} pagination={false} scroll={{ x: 700 }} locale={{ emptyText: t("items.none") }}
        columns={[
          { title: t("item.code"), key: "code", render: (_, i) => <>{keeps ? <button type="button" className="figbtn mono" onClick={() => setEdited(i)}>{i.code}</button> : <span className="mono">{i.code}</span>} {i.off && <span className="chip">{t("off")}</span>}</> },
          { title: t("name"), key: "name", render: (_, i) => name(i.name) },
          { title: t("unit"), key: "unit", render: (_, i) => unitText(i.unit, lang) },
          { title: t("tracking"), key: "tracking", render: (_, i) => t(`tracking.${i.tracking}`) },
          { title: t("shelf"), key: "shelf", align: "right", render: (_, i) => i.shelf_days || "—" },
          { title: t("actions"), key: "do", width: 110, render: (_, i) => <Button size="small" href={address("/material/labels", { kind: "item", id: i.code })}>{t("label")}</Button> },
        ]} />
      <More list={list} />
      {edited && <ItemForm row={edited === "new" ? undefined : edited} close={() => setEdited(undefined)} />}
    </section>
  );
}

function ItemForm({ row, close }: { row: Item | undefined; close: () => void }) {
  const { t } = useTranslation("material");
  const [form] = Form.useForm<Item>();
  const save = useStep((v: Item) => api.put(`/material/items/${encodeURIComponent(v.code)}`, { ...row, ...v, off: v.off ?? false, rev: row?.rev ?? 0, shelf_days: v.shelf_days ?? undefined, reorder_point: v.reorder_point || undefined, target_stock: v.target_stock || undefined }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={420} title={row?.code ?? t("item.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Item> form={form} layout="vertical" initialValues={row ?? { unit: "{piece}", tracking: "lot" }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="code" label={t("item.code")} rules={[...needed, { pattern: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, message: t("item.code.form") }]}><Input disabled={row !== undefined} maxLength={63} /></Form.Item>
        <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed}><Input maxLength={60} /></Form.Item>
        <Form.Item name={["name", "en"]} label={t("name.en")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="unit" label={t("unit")} extra={t("unit.hint")} rules={needed}><Input maxLength={20} /></Form.Item>
        <Form.Item name="tracking" label={t("tracking")} rules={needed}><Select options={(["lot", "serial", "none"] as const).map((v) => ({ value: v, label: t(`tracking.${v}`) }))} /></Form.Item>
        <Form.Item name="shelf_days" label={t("shelf")}><InputNumber min={0} max={36_500} precision={0} /></Form.Item>
        <Form.Item name="reorder_point" label={t("spares:reorder")}><Input maxLength={20} /></Form.Item>
        <Form.Item name="target_stock" label={t("spares:target")}><Input maxLength={20} /></Form.Item>
        <Form.Item name="off" valuePropName="checked"><Checkbox>{t("off")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}

function Locations() {
  const { t } = useTranslation("material");
  const { name } = useLang();
  const { keeps } = useMay();
  const [edited, setEdited] = useState<Location | "new">();
  const list = useQuery(locations);
  return (
    <section className="panel stack">
      <div className="row"><h2 style={{ margin: 0 }}>{t("locations")}</h2><span className="fill" />{keeps && <Button onClick={() => setEdited("new")}>{t("location.add")}</Button>}</div>
      {list.isError && <Problem error={list.error} />}
      <Table<Location> size="small" rowKey="code" loading={list.isLoading} dataSource={list.data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 700 }} locale={{ emptyText: t("locations.none") }}
        columns={[
          { title: t("location"), key: "code", render: (_, l) => <>{keeps ? <button type="button" className="figbtn mono" onClick={() => setEdited(l)}>{l.code}</button> : <span className="mono">{l.code}</span>} {l.off && <span className="chip">{t("off")}</span>}</> },
          { title: t("name"), key: "name", render: (_, l) => name(l.name) },
          { title: t("location.kind"), key: "kind", render: (_, l) => t(`kind.${l.kind}`) },
          { title: t("place"), key: "path", render: (_, l) => <span className="mono">{l.path}</span> },
          { title: t("actions"), key: "do", width: 110, render: (_, l) => <Button size="small" href={address("/material/labels", { kind: "location", id: l.code })}>{t("label")}</Button> },
        ]} />
      {edited && <LocationForm row={edited === "new" ? undefined : edited} close={() => setEdited(undefined)} />}
    </section>
  );
}

function LocationForm({ row, close }: { row: Location | undefined; close: () => void }) {
  const { t } = useTranslation("material");
  const { name } = useLang();
  const [form] = Form.useForm<Location>();
  const all = useQuery(nodes);
  const save = useStep((v: Location) => api.post("/material/locations", { ...v, rev: row?.rev ?? 0, off: v.off ?? false }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={420} title={row?.code ?? t("location.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Location> form={form} layout="vertical" initialValues={row ?? { kind: "warehouse" }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="code" label={t("location.code")} extra={t("location.code.hint")} rules={[...needed, { pattern: /^[a-z0-9][a-z0-9_-]*(\/[a-z0-9][a-z0-9_-]*)*$/, message: t("location.code.form") }]}><Input disabled={row !== undefined} maxLength={400} /></Form.Item>
        <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed}><Input maxLength={60} /></Form.Item>
        <Form.Item name={["name", "en"]} label={t("name.en")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="kind" label={t("location.kind")} rules={needed}><Select options={(["warehouse", "supermarket", "line_side", "quarantine"] as const).map((v) => ({ value: v, label: t(`kind.${v}`) }))} /></Form.Item>
        <Form.Item name="node" label={t("place")} rules={needed}><Select showSearch={{ optionFilterProp: "label" }} options={(all.data ?? []).map((n) => ({ value: n.id, label: `${name(n.name)} · ${n.path}` }))} /></Form.Item>
        <Form.Item name="off" valuePropName="checked"><Checkbox>{t("off")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}
