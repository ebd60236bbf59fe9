import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Drawer, Empty, Form, Input, Select, Table } from "antd";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Organisation, organisations, type Unit, type UnitChange, unitHistory } from "../../api/ledgers";
import { regions } from "../../api/queries";
import { RegionPicker } from "../../components/RegionPicker";
import { codeOf } from "../../lib/divisions";
import { dateTime, ofMicros } from "../../lib/time";
import type { TasksSearch } from "../../routes";

const levels = ["province", "city", "county", "central"] as const;

/** The register of units: how they were called, when, and what came after. */
export function UnitList({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("tasks");
  const search: TasksSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: TasksSearch) => void navigate({ to: "/tasks", search: { ...search, ...more }, replace: true });
  const list = useQuery(organisations);
  const names = new Map((useQuery(regions).data ?? []).map((r) => [r.code, r.name]));
  const [adding, setAdding] = useState(false);
  const all = list.data?.items ?? [];
  const prefix = search.region ? codeOf(search.region).replace(/(00){1,2}$/, "") : "";
  const rows = all.filter((u) => u.region.startsWith(prefix) && (!search.q || `${u.name}${u.short ?? ""}${u.called}`.includes(search.q)) && (search.ended || !u.to));
  const open = all.find((u) => u.id === search.id);
  return (
    <div className="stack">
      <div className="row">
        <Input.Search style={{ width: 280 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("unit.search")} placeholder={t("unit.search")} onSearch={(q) => set({ q: q || undefined })} />
        <RegionPicker value={search.region} onChange={(region) => set({ region })} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("unit.ended")}</Checkbox>
        {keeps && <Button type="primary" onClick={() => setAdding(true)}>{t("unit.add")}</Button>}
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Organisation> size="small" rowKey="id" loading={list.isPending} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("unit.none")} /> }}
        columns={[
          { title: t("unit.name"), key: "name", width: 300, render: (_, u) => <><button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: u.id })}>{u.name}</button>{u.short && <span className="dim"> {u.short}</span>}{u.verified === "unverified" && <span className="chip">{t("unverified")}</span>}</> },
          { title: t("unit.level"), key: "level", width: 90, render: (_, u) => t(`level.${u.level}`) },
          { title: t("region"), key: "region", width: 100, render: (_, u) => names.get(u.region) ?? u.region },
          { title: t("unit.span"), key: "span", width: 200, render: (_, u) => (u.from || u.to ? `${u.from ?? ""} – ${u.to ?? ""}` : <span className="dim">{t("unit.span.none")}</span>) },
          { title: t("unit.called"), key: "called", render: (_, u) => (u.called === u.name ? <span className="dim">—</span> : u.called) },
        ]} />
      {(adding || open) && <UnitForm unit={open} all={all} keeps={keeps} close={() => { setAdding(false); set({ id: undefined }); }} />}
    </div>
  );
}

function UnitForm({ unit, all, keeps, close }: { unit: Organisation | undefined; all: readonly Organisation[]; keeps: boolean; close: () => void }) {
  const { t } = useTranslation("tasks");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Unit>();
  const save = useMutation({
    mutationFn: (v: Unit) => {
      const body = { ...v, id: unit?.id ?? "", rev: unit?.rev ?? 0, successors: v.successors ?? [], verified: v.verified ?? "" };
      return unit ? api.put<unknown>(`/organisations/${unit.id}`, body, unit.rev) : api.post<unknown>("/organisations", body);
    },
    onSuccess: async () => { message.success(t("saved")); await client.invalidateQueries(); close(); },
    onError: (err) => { message.error(err.message, 10); },
  });
  const day = { pattern: /^\d{4}-\d{2}-\d{2}$/, message: t("day.bad") };
  return (
    <Drawer open onClose={close} size={640} title={unit?.name ?? t("unit.add")} extra={keeps && <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form form={form} layout="vertical" disabled={!keeps} initialValues={unit ?? { level: "county", successors: [] }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="name" label={t("unit.name")} rules={[{ required: true }]}><Input maxLength={100} /></Form.Item>
        <Form.Item name="short" label={t("unit.short")} extra={t("unit.short.hint")}><Input maxLength={60} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="level" label={t("unit.level")} rules={[{ required: true }]}><Select style={{ width: 140 }} options={levels.map((l) => ({ value: l, label: t(`level.${l}`) }))} /></Form.Item>
          <Form.Item name="region" label={t("region")} rules={[{ required: true }]}><RegionPicker allowClear={false} /></Form.Item>
          <Form.Item name="from" label={t("unit.from")} rules={[day]}><Input placeholder="2018-10-25" /></Form.Item>
          <Form.Item name="to" label={t("unit.to")} rules={[day]}><Input placeholder="2024-01-01" /></Form.Item>
        </div>
        <Form.Item name="successors" label={t("unit.successors")} extra={t("unit.successors.hint")}><Select mode="multiple" showSearch={{ optionFilterProp: "label" }} options={all.filter((u) => u.id !== unit?.id).map((u) => ({ value: u.id, label: u.name }))} /></Form.Item>
        <Form.Item name="duty" label={t("unit.duty")}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="source" label={t("unit.source")} style={{ minWidth: 320 }}><Input maxLength={200} /></Form.Item>
          <Form.Item name="verified" label={t("unit.verified")}><Select allowClear style={{ width: 140 }} options={[{ value: "read", label: t("verified") }, { value: "unverified", label: t("unverified") }]} /></Form.Item>
        </div>
      </Form>
      {unit && unit.rev > 0 && <History id={unit.id} />}
    </Drawer>
  );
}

function History({ id }: { id: string }) {
  const { t } = useTranslation("tasks");
  const all = useQuery(unitHistory(id));
  return (
    <section className="stack">
      <h3>{t("history")}</h3>
      <Table<UnitChange> size="small" rowKey="rev" loading={all.isLoading} pagination={{ pageSize: 10, hideOnSinglePage: true }} dataSource={[...(all.data?.items ?? [])].reverse()}
        columns={[
          { title: t("history.time"), key: "at", width: 160, render: (_, c) => dateTime(ofMicros(c.at)) },
          { title: t("history.who"), dataIndex: "who", width: 120, ellipsis: true },
          { title: t("unit.name"), dataIndex: "name" },
          { title: t("unit.span"), key: "span", width: 200, render: (_, c) => `${c.from ?? ""} – ${c.to ?? ""}` },
        ]} />
    </section>
  );
}
