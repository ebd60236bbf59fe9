import { useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Drawer, Form, Input, InputNumber, Table } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Gauge, type GaugeStudy, gauges, studies } from "../../api/quality";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime, day, day8, iso, ms } from "../../lib/time";
import { GaugeDetail } from "./GaugeDetail";
import { PlacePicker, useMay, useQualitySearch, useStep } from "./parts";
import { StudyForm } from "./StudyForm";
import { StudyResult } from "./StudyResult";

/** Gauges with when they are due, and studies of how good measuring is. */
export function GaugesTab() {
  const [search] = useQualitySearch();
  return search.gauge ? <GaugeDetail key={search.gauge} id={search.gauge} /> : <GaugeList />;
}

function GaugeList() {
  const { t } = useTranslation("quality");
  const [, set] = useQualitySearch();
  const { name } = useLang();
  const { plans, reports } = useMay();
  const [editing, setEditing] = useState<Gauge | "new">();
  const [studying, setStudying] = useState<Gauge>();
  const query = useQuery(gauges());
  const found = useQuery(studies());
  const due = (g: Gauge) => (!g.due ? "" : ms(g.due) <= Date.now() ? t("due.over") : ms(g.due) < Date.now() + 30 * day ? t("due.soon") : "");
  return (
    <div className="stack">
      <div className="row"><span className="fill" />{plans && <Button type="primary" onClick={() => setEditing("new")}>{t("gauges.add")}</Button>}</div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Gauge> size="small" rowKey={(g) => g.id ?? ""} loading={query.isLoading} dataSource={query.data ?? []} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 940 }} locale={{ emptyText: <Nothing text={t("gauges.none")} /> }}
        columns={[
          { title: t("number"), dataIndex: "number", width: 120, sorter: (a, b) => a.number.localeCompare(b.number) }, { title: t("name"), key: "name", render: (_, g) => name(g.name) }, { title: t("place"), key: "place", width: 150, render: (_, g) => g.place_name && name(g.place_name) },
          { title: t("resolution"), key: "res", width: 110, align: "right", render: (_, g) => (g.resolution ? `${g.resolution} ${g.unit ?? ""}` : "—") }, { title: t("calibrated"), key: "cal", width: 110, render: (_, g) => (g.calibrated ? day8(g.calibrated) : "—") },
          { title: t("due"), key: "due", width: 190, sorter: (a, b) => ms(a.due ?? 0) - ms(b.due ?? 0), render: (_, g) => (g.due ? <>{day8(g.due)} {due(g) && <span className="chip"><b>{due(g)}</b></span>}</> : "—") },
          { title: "", key: "do", width: 270, render: (_, g) => <span className="row"><Button size="small" aria-label={t("gauges:open.of", { number: g.number })} onClick={() => set({ gauge: g.id })}>{t("gauges:open")}</Button>{reports && <Button size="small" aria-label={`${t("study.add")} ${g.number}`} onClick={() => setStudying(g)}>{t("study.add")}</Button>}{plans && <Button size="small" aria-label={`${t("common:edit")} ${g.number}`} onClick={() => setEditing(g)}>{t("common:edit")}</Button>}</span> },
        ]} />
      <section className="panel" aria-label={t("studies")}>
        <h2>{t("studies")}</h2>
        {found.error && <Problem error={found.error} />}
        <Table<GaugeStudy> size="small" rowKey={(s) => s.id ?? ""} loading={found.isLoading} dataSource={found.data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} locale={{ emptyText: <Nothing text={t("studies.none")} /> }} expandable={{ expandedRowRender: (s) => <StudyResult s={s} /> }}
          columns={[
            { title: t("at"), key: "at", width: 160, render: (_, s) => dateTime(s.at ?? 0) }, { title: t("gauge"), key: "g", width: 140, render: (_, s) => query.data?.find((g) => g.id === s.gauge)?.number ?? "—" }, { title: t("study.name"), dataIndex: "name" }, { title: t("study.method"), key: "m", width: 100, render: (_, s) => t(`method.${s.method}`) },
            { title: `${t("grr")} ${t("percent.study")}`, key: "s", width: 150, align: "right", render: (_, s) => s.result.components.gage_rr?.percent_study?.toFixed(1) ?? "—" }, { title: t("percent.tolerance"), key: "tol", width: 100, align: "right", render: (_, s) => s.result.components.gage_rr?.percent_tolerance?.toFixed(1) ?? "—" },
            { title: t("ndc"), key: "ndc", width: 110, align: "right", render: (_, s) => s.result.ndc ?? "—" }, { title: t("verdict"), key: "v", width: 100, render: (_, s) => <span className="chip">{t(`verdict.${s.result.verdict}` as "verdict.accepted")}</span> },
          ]} />
      </section>
      {editing && <GaugeForm of={editing === "new" ? undefined : editing} close={() => setEditing(undefined)} />}
      {studying && <StudyForm gauge={studying} close={() => setStudying(undefined)} />}
    </div>
  );
}

function GaugeForm({ of, close }: { of: Gauge | undefined; close: () => void }) {
  const { t } = useTranslation("quality");
  type Typed = Omit<Gauge, "calibrated"> & { calibrated?: Dayjs | null };
  const [form] = Form.useForm<Typed>();
  const save = useStep(({ calibrated, ...v }: Typed) => api.post("/gauges", { ...v, name: v.name, id: of?.id, rev: of?.rev ?? 0, ...(calibrated ? { calibrated: iso(calibrated.valueOf()) } : {}) }), close);
  const needed = [{ required: true, message: t("needed") }];
  const { calibrated, ...rest } = of ?? { days: 365 };
  return (
    <Drawer open onClose={close} size={480} title={t(of ? "gauges.edit" : "gauges.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Typed> form={form} layout="vertical" initialValues={{ ...rest, ...(calibrated ? { calibrated: dayjs(calibrated) } : {}) }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="number" label={t("number")} rules={needed}><Input maxLength={40} /></Form.Item>
        <Form.Item name={["name", "zh"]} label={t("name.zh")} rules={needed}><Input maxLength={100} /></Form.Item><Form.Item name={["name", "en"]} label={t("name.en")}><Input maxLength={100} /></Form.Item>
        <Form.Item name="place" label={t("place")} rules={needed}><PlacePicker /></Form.Item>
        <div className="row"><Form.Item name="resolution" label={t("resolution")}><InputNumber min={0} /></Form.Item><Form.Item name="unit" label={t("unit")}><Input maxLength={20} style={{ width: 80 }} /></Form.Item></div>
        <div className="row"><Form.Item name="calibrated" label={t("calibrated")}><DatePicker /></Form.Item><Form.Item name="days" label={t("days")}><InputNumber min={0} max={3650} precision={0} /></Form.Item></div>
        <div className="row"><Form.Item name="master" label={t("gauges:master.number")}><Input maxLength={60} style={{ width: 120 }} /></Form.Item><Form.Item name="reference" label={t("gauges:reference")}><InputNumber style={{ width: 120 }} /></Form.Item><Form.Item name="check_hours" label={t("gauges:check.hours")}><InputNumber min={0} max={8760} precision={0} style={{ width: 120 }} /></Form.Item></div>
        <div className="row"><Form.Item name="tag" label={t("gauges:check.tag")} extra={t("gauges:check.tag.hint")}><Input maxLength={200} style={{ width: 180 }} /></Form.Item><Form.Item name="trigger" label={t("gauges:check.trigger")}><Input maxLength={200} style={{ width: 180 }} /></Form.Item></div>
        <Form.Item name="note" label={t("entry.note")}><Input maxLength={400} /></Form.Item>
      </Form>
    </Drawer>
  );
}
