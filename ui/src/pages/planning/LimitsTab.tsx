import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Drawer, Form, Input, InputNumber, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Limit, limits } from "../../api/planning";
import { calendars } from "../../api/queries";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { useChange } from "../production/parts";

/** How many there are of tools and of people with a skill: no plan takes more at once. */
export function LimitsTab({ may }: { may: boolean }) {
  const { t } = useTranslation("planning");
  const list = useQuery(limits);
  const [q, setQ] = useState("");
  const [open, setOpen] = useState<Limit | "new">();
  const rows = (list.data ?? []).filter((l) => l.name.toLowerCase().includes(q.toLowerCase()));
  const inWords = (l: Limit) => (l.shifts?.length ? [...l.shifts.map((s) => `${s.shift} ${s.units}`), `${t("limit.else")} ${l.units}`].join(" · ") : String(l.units));
  const exportCsv = () => download("limits.csv", csv([[t("limit.what"), t("limit.name"), t("limit.units"), t("limit.calendar"), t("limit.shifts"), t("limit.off")], ...rows.map((l) => [t(`limit.${l.what}`), l.name, String(l.units), l.calendar, (l.shifts ?? []).map((s) => `${s.shift} ${s.units}`).join("; "), l.off ? t("common:yes") : ""])]), "text/csv");
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("limit.lead")}</p>
      <div className="row">
        <Input.Search style={{ width: 220 }} allowClear aria-label={t("limit.name")} placeholder={t("limit.name")} onSearch={setQ} />
        <span className="fill" />
        <Button disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
        {may && <Button type="primary" onClick={() => setOpen("new")}>{t("limit.add")}</Button>}
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Limit> size="small" rowKey={(l) => `${l.what}/${l.name}`} loading={list.isLoading} dataSource={rows} pagination={{ pageSize: 25, hideOnSinglePage: true }} scroll={{ x: 700 }} locale={{ emptyText: <Nothing text={t("limit.none")} /> }}
        columns={[
          { title: t("limit.what"), key: "what", width: 120, sorter: (a, b) => a.what.localeCompare(b.what), render: (_, l) => t(`limit.${l.what}`) },
          { title: t("limit.name"), key: "name", width: 220, sorter: (a, b) => a.name.localeCompare(b.name, "zh"), render: (_, l) => <>{may ? <button type="button" className="figbtn" onClick={() => setOpen(l)}>{l.name}</button> : l.name}{l.off && <span className="chip" style={{ marginLeft: 4 }}>{t("limit.off")}</span>}</> },
          { title: t("limit.units"), key: "units", render: (_, l) => <span className="num">{inWords(l)}</span> },
          { title: t("limit.by"), key: "by", width: 240, render: (_, l) => <span className="dim">{l.by} {l.at ? dateTime(l.at) : ""}</span> },
        ]} />
      {open && <LimitForm key={open === "new" ? "" : `${open.what}/${open.name}`} of={open === "new" ? undefined : open} close={() => setOpen(undefined)} />}
    </div>
  );
}

interface Values { what: Limit["what"]; name: string; units: number; calendar?: string; off?: boolean; shifts?: Record<string, number | null> }

function LimitForm({ of, close }: { of: Limit | undefined; close: () => void }) {
  const { t } = useTranslation("planning");
  const { name } = useLang();
  const [form] = Form.useForm<Values>();
  const all = useQuery(calendars).data ?? [];
  const what = Form.useWatch("what", form) ?? of?.what ?? "tool";
  const chosen = Form.useWatch("calendar", form) ?? of?.calendar;
  const calendar = all.find((c) => c.code === chosen);
  const save = useChange((v: Values) => {
    const skilled = what === "skill" && v.calendar;
    return api.put("/plan-limits", {
      what, name: v.name, units: v.units, rev: of?.rev ?? 0, ...(v.off ? { off: true } : {}),
      ...(skilled ? { calendar: v.calendar, shifts: (calendar?.shifts ?? []).map((s) => ({ shift: s.code, units: v.shifts?.[s.code] ?? 0 })) } : {}),
    });
  }, close);
  const needed = [{ required: true, message: t("needed") }];
  const start: Partial<Values> = of ? { ...of, shifts: Object.fromEntries((of.shifts ?? []).map((s) => [s.shift, s.units])) } : { what: "tool", units: 1 };
  return (
    <Drawer open onClose={close} size={460} title={t("limit.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Values> form={form} layout="vertical" initialValues={start} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="what" label={t("limit.what")} rules={needed}><Select disabled={of !== undefined} options={(["tool", "skill"] as const).map((w) => ({ value: w, label: t(`limit.${w}`) }))} /></Form.Item>
        <Form.Item name="name" label={t("limit.name")} extra={t("limit.name.hint")} rules={needed}><Input maxLength={63} disabled={of !== undefined} /></Form.Item>
        <Form.Item name="units" label={t(what === "skill" && calendar ? "limit.units.else" : "limit.units")} rules={needed}><InputNumber min={0} max={10_000} precision={0} /></Form.Item>
        {what === "skill" && <Form.Item name="calendar" label={t("limit.calendar")} extra={t("limit.calendar.hint")}><Select allowClear options={all.map((c) => ({ value: c.code, label: c.code }))} /></Form.Item>}
        {what === "skill" && calendar?.shifts.map((s) => <Form.Item key={s.code} name={["shifts", s.code]} label={t("limit.shift", { shift: name(s.name) || s.code, from: s.start, to: s.end })} rules={needed}><InputNumber min={0} max={10_000} precision={0} /></Form.Item>)}
        <Form.Item name="off" valuePropName="checked"><Checkbox>{t("limit.off.hint")}</Checkbox></Form.Item>
      </Form>
    </Drawer>
  );
}
