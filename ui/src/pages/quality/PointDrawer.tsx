import { Button, Drawer, Form, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { causes, type Point, type View } from "../../api/quality";
import { dateTime } from "../../lib/time";
import { CaseForm } from "./CaseForm";
import { shown, useMay, useStep } from "./parts";

/** A point of a chart: what was measured, what it breaks, what people say of it. */
export function PointDrawer({ view, point, close }: { view: View; point: Point; close: () => void }) {
  const { t } = useTranslation("quality");
  const { reports } = useMay();
  const c = view.characteristic;
  const [form] = Form.useForm<{ cause?: string; text: string }>();
  const [reporting, setReporting] = useState(false);
  const say = useStep((v: { cause?: string; text: string }) => api.post(`/characteristics/${c.id}/notes`, { ...v, subgroup: point.id, at: point.at }), () => form.resetFields());
  const notes = view.notes.filter((n) => n.subgroup === point.id);
  const rules = (point.rules ?? []).map((r) => t(`rule.${r}` as "rule.n1"));
  const rows: [string, string][] = [
    [t("at"), dateTime(point.at)], [t("value"), shown(point.value, c)], [t("center"), shown(point.center, c)], [t("lcl"), shown(point.lcl, c)], [t("ucl"), shown(point.ucl, c)],
    [t("spread"), shown(point.spread, c)], [t("values"), (point.values ?? []).map((v) => shown(v, c)).join("  ")], [t("broken"), [...rules, ...(point.outside ? [t("outside")] : [])].join("，") || t("point.none")], [t("by"), point.by ?? "—"], [t("order"), point.order ?? "—"],
  ];
  return (
    <Drawer open onClose={close} size={480} title={t("point")} extra={reports && <Button onClick={() => setReporting(true)}>{t("case.open")}</Button>}>
      <div className="stack">
        <table className="plain"><tbody>{rows.map(([k, v]) => <tr key={k}><th scope="row">{k}</th><td className="num">{v}</td></tr>)}</tbody></table>
        <h3>{t("notes")}</h3>
        {notes.length === 0 ? <p className="dim">{t("notes.none")}</p> : <ul>{notes.map((n) => <li key={n.id}>{n.cause && <span className="chip">{t(`cause.${n.cause}` as "cause.tool")}</span>} {n.text} <span className="dim">{n.by} {dateTime(n.said ?? n.at)}</span></li>)}</ul>}
        {reports && (
          <Form form={form} layout="vertical" onFinish={(v) => say.mutate(v)}>
            <Form.Item name="cause" label={t("note.cause")}><Select allowClear aria-label={t("note.cause")} options={causes.map((k) => ({ value: k, label: t(`cause.${k}`) }))} /></Form.Item>
            <Form.Item name="text" label={t("note.text")} rules={[{ required: true, message: t("needed") }]}><Input.TextArea maxLength={1000} autoSize={{ minRows: 2 }} /></Form.Item>
            <Button type="primary" htmlType="submit" loading={say.isPending}>{t("note.add")}</Button>
          </Form>)}
      </div>
      {reports && !point.by?.startsWith("tag:") && <Withdraw view={view} point={point} close={close} />}
      {reporting && <CaseForm characteristic={c} subgroup={point.id} order={point.order} close={() => setReporting(false)} />}
    </Drawer>
  );
}

/** What was mistyped is withdrawn, with the reason. */
function Withdraw({ view, point, close }: { view: View; point: Point; close: () => void }) {
  const { t } = useTranslation("quality");
  const drop = useStep((v: { reason: string }) => api.post(`/characteristics/${view.characteristic.id}/measurements/${point.id}/withdrawal`, { at: point.at, reason: v.reason }), close);
  return (
    <Form name="withdrawal" layout="vertical" onFinish={(v: { reason: string }) => drop.mutate(v)} style={{ marginTop: 24 }}>
      <p className="dim">{t("withdraw.hint")}</p>
      <Form.Item name="reason" label={t("withdrawn.reason")} rules={[{ required: true, message: t("needed") }]}><Input maxLength={400} /></Form.Item>
      <Button danger htmlType="submit" loading={drop.isPending}>{t("withdraw")}</Button>
    </Form>
  );
}
