import { useQuery, useQueryClient } from "@tanstack/react-query";
import { App, AutoComplete, Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { addPoint, bearings, changePoint, type Point, type PointEntry, zones } from "../../api/condition";
import { machines, tags } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";

interface Values { zh: string; en?: string; equipment?: string; tag: number; speed: "fixed" | "tag"; rpm?: number; speed_tag?: number; bearing: string; group?: string; teeth?: number; temperature_tag?: number; current_tag?: number }

/** Where vibration is taken, which bearing turns there, and how fast. */
export function PointForm({ point, close }: { point: Point | undefined; close: (saved?: Point) => void }) {
  const { t } = useTranslation("health");
  const { name } = useLang();
  const problem = useProblem();
  const { message } = App.useApp();
  const client = useQueryClient();
  const [form] = Form.useForm<Values>();
  const speed = Form.useWatch("speed", form) ?? (point?.speed_tag ? "tag" : "fixed");
  const [failed, setFailed] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const all = useQuery(tags("")).data ?? [];
  const table = useQuery(zones).data;
  const places = useQuery(machines()).data ?? [];
  const known = useQuery(bearings).data ?? [];
  const option = (x: (typeof all)[number]) => ({ value: x.no, label: `${x.path} ${name(x.title)}` });
  const save = async (v: Values, ended = false) => {
    setBusy(true);
    setFailed(undefined);
    const entry: PointEntry = {
      name: { zh: v.zh, ...(v.en ? { en: v.en } : {}) }, ...(v.equipment ? { equipment: v.equipment } : {}), tag: v.tag, bearing: v.bearing, rev: point?.rev ?? 0, ...(v.group ? { group: v.group } : {}), ...(ended ? { ended } : {}), ...(v.teeth ? { teeth: v.teeth } : {}), ...(v.temperature_tag ? { temperature_tag: v.temperature_tag } : {}), ...(v.current_tag ? { current_tag: v.current_tag } : {}),
      ...(v.speed === "tag" ? (v.speed_tag ? { speed_tag: v.speed_tag } : {}) : v.rpm ? { rpm: v.rpm } : {}),
    };
    try {
      const saved = point ? await changePoint(point.id, entry) : await addPoint(entry);
      await client.invalidateQueries({ queryKey: ["condition"] });
      void message.success(t("form.saved"));
      close(saved);
    } catch (err) {
      setFailed(err);
      setBusy(false);
    }
  };
  const numbers = all.filter((x) => x.kind === "number");
  const waves = all.filter((x) => x.kind === "waveform");
  return (
    <Drawer open size={520} title={t(point ? "point.edit" : "point.add")} onClose={() => close()}>
      <Form form={form} layout="vertical" onFinish={(v: Values) => void save(v)} initialValues={{
        zh: point?.name.zh, en: point?.name.en, equipment: point?.equipment, tag: point?.tag, speed: point?.speed_tag ? "tag" : "fixed", rpm: point?.rpm, speed_tag: point?.speed_tag, bearing: point?.bearing, group: point?.group, teeth: point?.teeth, temperature_tag: point?.temperature_tag, current_tag: point?.current_tag,
      }}>
        <Form.Item name="tag" label={t("form.tag")} rules={[{ required: true }]} {...(waves.length === 0 ? { extra: t("form.none") } : {})}><Select showSearch optionFilterProp="label" options={waves.map(option)} /></Form.Item>
        <Form.Item name="equipment" label={t("form.machine")} tooltip={t("form.machine.why")}><Select allowClear showSearch optionFilterProp="label" placeholder={t("form.machine.own")} options={places.map((m) => ({ value: m.id, label: `${name(m.name)} (${m.path})` }))} /></Form.Item>
        <Form.Item name="zh" label={t("form.zh")} rules={[{ required: true, whitespace: true }]}><Input maxLength={30} /></Form.Item>
        <Form.Item name="en" label={t("form.en")}><Input maxLength={60} /></Form.Item>
        <Form.Item name="bearing" label={t("form.bearing")} rules={[{ required: true, whitespace: true }]}>
          <AutoComplete options={known.map((b) => ({ value: b.name, label: `${b.name} · ${b.balls} × ${b.ball_mm} / ${b.pitch_mm} mm · ${t(b.verified === "published" ? "published" : "unverified")}` }))} filterOption={(input, o) => String(o?.value ?? "").toLowerCase().includes(input.toLowerCase())} />
        </Form.Item>
        <Form.Item name="speed" label={t("form.speed")}><Select options={[{ value: "fixed", label: t("form.speed.fixed") }, { value: "tag", label: t("form.speed.tag") }]} /></Form.Item>
        {speed === "fixed" ? <Form.Item name="rpm" label={t("rpm")}><InputNumber min={0} max={200000} style={{ width: "100%" }} /></Form.Item>
          : <Form.Item name="speed_tag" label={t("form.speed.tag")}><Select showSearch optionFilterProp="label" options={numbers.map(option)} /></Form.Item>}
        <Form.Item name="group" label={t("form.group")}><Select allowClear placeholder={t("form.group.none")} options={(table?.groups ?? []).map((g) => ({ value: g.id, label: name(g.name) }))} /></Form.Item>
        <Form.Item name="teeth" label={t("healthmore:form.teeth")}><InputNumber min={2} max={1000} style={{ width: "100%" }} /></Form.Item>
        <Form.Item name="temperature_tag" label={t("healthmore:form.temperature")}><Select allowClear showSearch optionFilterProp="label" options={numbers.map(option)} /></Form.Item>
        <Form.Item name="current_tag" label={t("healthmore:form.current")}><Select allowClear showSearch optionFilterProp="label" options={numbers.map(option)} /></Form.Item>
        {failed !== undefined && <p role="alert">{problem(failed)}</p>}
        <div className="row">
          <Button type="primary" htmlType="submit" loading={busy}>{t("common:save")}</Button>
          {point && <Button danger loading={busy} onClick={() => void save(form.getFieldsValue(true) as Values, true)}>{t("point.end")}</Button>}
        </div>
      </Form>
    </Drawer>
  );
}
