import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Form, Input, Modal } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Calendar } from "../../api/types";
import { useProblem } from "../../components/Status";
import { bars, calendarOf, type Draft, draftOf } from "./calendar";

/** Shifts, breaks and free days of a calendar, with the week drawn as it is typed. */
export function CalendarForm({ calendar, close }: { calendar: Calendar; close: () => void }) {
  const { t } = useTranslation("plant");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [form] = Form.useForm<Draft>();
  const draft = Form.useWatch([], form) as Draft | undefined;
  const save = useMutation({
    mutationFn: (d: Draft) => api.put(`/calendars/${d.code}`, calendarOf(d, calendar)),
    onSuccess: () => {
      void message.success(t("common:saved"));
      close();
      return client.invalidateQueries({ queryKey: ["calendars"] });
    },
  });
  const need = [{ required: true, message: t("cal.need") }];
  const days = [...t("weekday")].map((label, i) => ({ label, value: i + 1 }));
  const clock = { rules: [{ required: true, pattern: /^\d\d:\d\d$/, message: t("cal.clock") }], style: { marginBottom: 8, width: 90 } };
  return (
    <Modal open width={880} title={calendar.code ? t("cal.edit") : t("cal.add")} onCancel={close} okText={t("common:save")} confirmLoading={save.isPending}
      onOk={() => void form.validateFields().then((d) => save.mutate(d), () => undefined)}>
      {save.error && <Alert type="error" showIcon style={{ marginBottom: 12 }} title={problem(save.error)} />}
      <Form form={form} layout="vertical" initialValues={draftOf(calendar)} requiredMark={false}>
        <div className="row" style={{ alignItems: "start" }}>
          <Form.Item name="code" label={t("prod.code")} rules={[{ required: true, pattern: /^[a-z0-9][a-z0-9_-]{0,62}$/, message: t("cal.code") }]} style={{ marginBottom: 8 }}><Input disabled={calendar.code !== ""} className="mono" /></Form.Item>
          <Form.Item name="zh" label={t("name.zh")} rules={need} style={{ marginBottom: 8 }}><Input /></Form.Item>
          <Form.Item name="en" label={t("name.en")} style={{ marginBottom: 8 }}><Input /></Form.Item>
          <Form.Item name="zone" label={t("cal.zone")} rules={need} style={{ marginBottom: 8 }}><Input className="mono" /></Form.Item>
        </div>
        <Form.List name="shifts">
          {(fields, { add, remove }) => (
            <>
              {fields.map((f) => (
                <fieldset key={f.key} className="panel" style={{ margin: "0 0 8px", padding: 8 }}>
                  <legend className="dim" style={{ margin: 0, border: 0, width: "auto", fontSize: "inherit" }}>{t("cal.shift")} {f.name + 1} <Button type="link" size="small" danger onClick={() => remove(f.name)}>{t("cal.remove")}</Button></legend>
                  <div className="row" style={{ alignItems: "start" }}>
                    <Form.Item name={[f.name, "code"]} label={t("prod.code")} rules={need} style={{ marginBottom: 8, width: 110 }}><Input className="mono" /></Form.Item>
                    <Form.Item name={[f.name, "zh"]} label={t("name.zh")} rules={need} style={{ marginBottom: 8, width: 110 }}><Input /></Form.Item>
                    <Form.Item name={[f.name, "en"]} label={t("name.en")} style={{ marginBottom: 8, width: 110 }}><Input /></Form.Item>
                    <Form.Item name={[f.name, "start"]} label={t("cal.start")} {...clock}><Input className="mono" placeholder="08:00" /></Form.Item>
                    <Form.Item name={[f.name, "end"]} label={t("cal.end")} tooltip={t("cal.end.hint")} {...clock}><Input className="mono" placeholder="08:00" /></Form.Item>
                    <Form.Item name={[f.name, "breaks"]} label={t("cal.breaks")} style={{ marginBottom: 8, flex: 1 }}><Input placeholder="10:00-10:20, 12:00-12:40" /></Form.Item>
                  </div>
                  <Form.Item name={[f.name, "weekdays"]} label={t("cal.days")} style={{ marginBottom: 0 }}><Checkbox.Group options={days} /></Form.Item>
                </fieldset>))}
              <Button onClick={() => add({ code: "", zh: "", en: "", start: "08:00", end: "16:00", weekdays: [1, 2, 3, 4, 5], breaks: "" })}>{t("cal.shift.add")}</Button>
            </>)}
        </Form.List>
        <div className="row" style={{ alignItems: "start", marginTop: 12 }}>
          <Form.Item name="holidays" label={`${t("cal.holidays")} ${t("cal.perline")}`} style={{ flex: 1 }}><Input.TextArea className="mono" autoSize={{ minRows: 3, maxRows: 8 }} placeholder="2026-10-01 国庆节" /></Form.Item>
          <Form.Item name="workdays" label={`${t("cal.workdays")} ${t("cal.perline")}`} style={{ flex: 1 }}><Input.TextArea className="mono" autoSize={{ minRows: 3, maxRows: 8 }} placeholder="2026-10-10 调休上班" /></Form.Item>
        </div>
      </Form>
      {draft?.shifts && <Week draft={draft} labels={days.map((d) => d.label)} title={t("cal.week")} />}
    </Modal>
  );
}

function Week({ draft, labels, title }: { draft: Draft; labels: string[]; title: string }) {
  return (
    <figure aria-label={title} style={{ margin: 0 }}>
      <figcaption className="dim">{title}（0–24 h）</figcaption>
      {labels.map((label, i) => (
        <div key={i} className="row" style={{ flexWrap: "nowrap", gap: 6 }}>
          <span style={{ width: 16 }}>{label}</span>
          <span style={{ position: "relative", flex: 1, height: 12, background: "var(--line)" }}>
            {bars(draft, i + 1).map(([a, b, pause]) => (
              <span key={`${a}/${b}/${pause}`} style={{ position: "absolute", left: `${(a / 1440) * 100}%`, width: `${((b - a) / 1440) * 100}%`, top: 0, bottom: 0, background: pause ? "var(--panel)" : "var(--accent)" }} />))}
          </span>
        </div>))}
    </figure>
  );
}
