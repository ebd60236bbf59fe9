import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Checkbox, Drawer, Empty, Form, Input, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Station, type StationVisit, stations, visits } from "../../api/experts";
import { FirmPicker } from "../../components/FirmPicker";
import { RegionPicker } from "../../components/RegionPicker";
import { dayRule, ExpertPicker, More, Narrow, Past, useExpertsSearch, useOwn, usePlaces, useStep } from "./parts";

/** Experts who are stationed in counties, and what they visited. */
export function StationTab({ sends }: { sends: boolean }) {
  const { t } = useTranslation("experts");
  const [search, set] = useExpertsSearch();
  const place = usePlaces();
  const [adding, setAdding] = useState(false);
  const list = useInfiniteQuery(stations({ q: search.q, region: search.region, now: search.now }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const open = rows.find((r) => r.id === search.id);
  return (
    <div className="stack">
      <Narrow hint={t("station.search")}>
        <Checkbox checked={search.now ?? false} onChange={(e) => set({ now: e.target.checked || undefined })}>{t("station.now")}</Checkbox>
        <span className="fill" />
        {sends && <Button type="primary" onClick={() => setAdding(true)}>{t("station.add")}</Button>}
      </Narrow>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Station> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 800 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("station.none")} /> }}
        columns={[
          { title: t("name"), key: "name", width: 220, render: (_, s) => <><button type="button" className="figbtn" onClick={() => set({ id: s.id })}>{s.name}</button>{s.void && <span className="chip">{t("void.short")}</span>}<div className="dim">{s.organisation}</div></> },
          { title: t("county"), key: "region", width: 140, render: (_, s) => place(s.region) },
          { title: t("validity"), key: "validity", width: 200, render: (_, s) => `${s.from} – ${s.to ?? ""}` },
          { title: t("task"), key: "task", render: (_, s) => s.task || "—" },
          { title: t("visits"), key: "visits", align: "right", width: 90, render: (_, s) => s.visits ?? 0 },
        ]} />
      <More list={list} />
      {(adding || open) && <StationForm row={open} sends={sends} close={() => { setAdding(false); set({ id: undefined }); }} />}
    </div>
  );
}

function StationForm({ row, sends, close }: { row: Station | undefined; sends: boolean; close: () => void }) {
  const { t } = useTranslation("experts");
  const [form] = Form.useForm<Station>();
  const own = useOwn();
  const save = useStep((v: Station) => {
    const body = { ...row, ...v, id: row?.id ?? "", rev: row?.rev ?? 0, to: v.to || undefined, void: v.void ?? false };
    return row ? api.put(`/expert-stations/${row.id}`, body, row.rev) : api.post("/expert-stations", body);
  }, close);
  return (
    <Drawer open onClose={close} size={760} title={row ? `${t("station")}：${row.name}` : t("station.add")} extra={sends && <Button type="primary" loading={save.isPending} onClick={form.submit}>{t("save")}</Button>}>
      <Form<Station> form={form} layout="vertical" disabled={!sends} initialValues={row ?? {}} onFinish={(v) => save.mutate(v)}>
        <div className="row" style={{ alignItems: "flex-start" }}>
          <Form.Item name="expert" label={t("expert")} rules={[{ required: true, message: t("needed") }]} style={{ minWidth: 260 }}><ExpertPicker called={row?.name} disabled={row !== undefined || !sends} /></Form.Item>
          <Form.Item name="region" label={t("county")} rules={[{ required: true, message: t("needed") }]}><RegionPicker allowClear={false} /></Form.Item>
          <Form.Item name="from" label={t("from")} rules={[{ required: true, message: t("needed") }, dayRule(t("day.bad"))]}><Input placeholder="2026-05-01" /></Form.Item>
          <Form.Item name="to" label={t("to")} rules={[dayRule(t("day.bad"))]}><Input placeholder="2026-12-31" /></Form.Item>
        </div>
        <Form.Item name="task" label={t("task")}><Input.TextArea maxLength={500} autoSize={{ minRows: 2 }} /></Form.Item>
        {row && <Form.Item name="void" valuePropName="checked"><Checkbox>{t("void")}</Checkbox></Form.Item>}
      </Form>
      {row && <Visits of={row} may={sends || own.includes(row.expert)} />}
      {row && <Past<Station> path={`/expert-stations/${row.id}`} rev={row.rev} what={(s) => [`${s.from} – ${s.to ?? ""}`, s.task, s.void ? t("void.short") : ""].filter(Boolean).join(" · ")} />}
    </Drawer>
  );
}

interface Told { day: string; firm?: string; notes: string }

function Visits({ of, may }: { of: Station; may: boolean }) {
  const { t } = useTranslation("experts");
  const [form] = Form.useForm<Told>();
  const all = useQuery(visits(of.id));
  const path = `/expert-stations/${of.id}/visits`;
  const add = useStep((v: Told) => api.put(path, { id: "", rev: 0, ...v, firm: v.firm || undefined }), () => form.resetFields());
  const off = useStep((v: StationVisit) => api.put(path, { ...v, void: true }));
  return (
    <section className="stack">
      <h3>{t("visits")}</h3>
      {may && (
        <Form<Told> form={form} layout="vertical" onFinish={(v) => add.mutate(v)}>
          <div className="row" style={{ alignItems: "flex-start" }}>
            <Form.Item name="day" label={t("visit.day")} rules={[{ required: true, message: t("needed") }, dayRule(t("day.bad"))]}><Input placeholder="2026-05-21" style={{ width: 130 }} /></Form.Item>
            <Form.Item name="firm" label={t("firm")} style={{ minWidth: 240 }}><FirmPicker /></Form.Item>
            <Form.Item name="notes" label={t("visit.notes")} rules={[{ required: true, message: t("needed") }]} style={{ flex: 1 }}><Input.TextArea maxLength={2000} autoSize={{ minRows: 1 }} /></Form.Item>
            <Form.Item label=" "><Button htmlType="submit" loading={add.isPending}>{t("visit.add")}</Button></Form.Item>
          </div>
        </Form>)}
      <Table<StationVisit> size="small" rowKey="id" loading={all.isLoading} dataSource={all.data ?? []} pagination={{ pageSize: 10, hideOnSinglePage: true }} locale={{ emptyText: t("visits.none") }} scroll={{ x: 560 }}
        columns={[
          { title: t("visit.day"), dataIndex: "day", width: 110 },
          { title: t("firm"), key: "firm", width: 180, render: (_, v) => v.called ?? "—" },
          { title: t("visit.notes"), key: "notes", render: (_, v) => <span style={{ whiteSpace: "pre-wrap" }}>{v.notes}{v.void && <span className="chip">{t("void.short")}</span>}</span> },
          { title: t("history.who"), dataIndex: "by", width: 90, ellipsis: true },
          { title: t("actions"), key: "do", width: 90, render: (_, v) => may && !v.void && <Button size="small" aria-label={`${t("visit.off")} ${v.day}`} onClick={() => off.mutate(v)}>{t("visit.off")}</Button> },
        ]} />
    </section>
  );
}
