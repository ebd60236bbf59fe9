import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Form, Input, InputNumber } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Defect } from "../../api/marks";
import { chart, type Characteristic, type Measured, type Measurement } from "../../api/quality";
import { Nothing, Waiting } from "../../components/Status";
import { newKey } from "../../lib/key";
import { day, iso } from "../../lib/time";
import { steady } from "../../lib/ranges";
import { ControlChart } from "./ControlChart";
import { CharacteristicPicker, shown, useCharacteristic, useMay, useStep } from "./parts";
import { MarkFlaws } from "./PicturePad";

/** An inspector enters a measurement and sees at once whether the process is still in control. */
export function EntryTab() {
  const { t } = useTranslation("quality");
  const c = useCharacteristic();
  const { reports } = useMay();
  return (
    <div className="stack">
      <div className="row"><CharacteristicPicker /></div>
      {!c ? <Nothing text={t("none.pick")} /> : !reports ? <Nothing text={t("entry.readonly")} /> : <Entry key={c.id} c={c} />}
    </div>
  );
}

interface Typed { values?: number[]; found?: number; size?: number; order?: string; note?: string; defects?: string }

/** "scratch 2, burr 1" as defects. */
function defectsOf(text: string | undefined): Measurement["defects"] {
  return (text ?? "").split(/[,，;；\n]/).map((s) => s.trim()).filter(Boolean).map((s) => {
    const m = /^(.*?)[\s×x*]+(\d+)$/.exec(s);
    return m ? { code: m[1]?.trim() ?? s, count: Number(m[2]) } : { code: s, count: 1 };
  });
}

/** What was typed of defects and what was marked; in marks alone where the kinds are said there. */
const found = (typed: string | undefined, marked: Defect[]): Measurement["defects"] => [...(defectsOf(typed) ?? []), ...marked];

function Entry({ c }: { c: Characteristic }) {
  const { t } = useTranslation("quality");
  const [form] = Form.useForm<Typed>();
  const [said, setSaid] = useState<Measured>();
  const [key, setKey] = useState(newKey);
  const [need, setNeed] = useState(false);
  const [marked, setMarked] = useState<Defect[]>([]);
  const [now] = useState(() => steady(Date.now()) + day);
  const query = useQuery({ ...chart(c.id ?? "", iso(now - 31 * day), iso(now)), refetchInterval: 10_000 });
  const save = useStep((v: Typed) => api.post<Measured>(`/characteristics/${c.id}/measurements`, { values: v.values, found: v.found, size: v.size, order: v.order, note: v.note, defects: c.attribute ? found(v.defects, marked) : undefined, key }), (m) => {
    setSaid(m);
    setKey(newKey());
    setMarked([]);
    form.setFieldsValue({ values: [], note: "", defects: "" });
    form.resetFields(["values", "found"]);
  });
  const view = query.data && { ...query.data, points: query.data.points.slice(-25), envelope: [] };
  const needed = [{ required: true, message: t("needed") }];
  return (
    <>
      {c.tag && <p className="dim">{t("entry.auto")}</p>}
      <section className="panel" aria-label={t("entry.do")}>
        <h2>{t("entry.do")} <span className="dim">{c.unit} {!c.attribute && `${shown(c.lsl, c)} … ${shown(c.usl, c)}`} {c.every}</span></h2>
        <Form<Typed> form={form} layout="vertical" initialValues={{ size: c.attribute ? c.size : undefined }} onFinish={(v) => (marked.some((d) => !d.code) ? setNeed(true) : (setNeed(false), save.mutate(v)))}>
          <div className="row" style={{ alignItems: "flex-start" }}>
            {c.attribute ? (
              <><Form.Item name="found" label={t("entry.found")} rules={needed}><InputNumber min={0} precision={0} autoFocus /></Form.Item><Form.Item name="size" label={t("entry.looked")} rules={needed}><InputNumber min={1} precision={0} /></Form.Item>
                <Form.Item name="defects" label={t("defect")}><Input maxLength={400} placeholder="划伤 2，毛刺 1" /></Form.Item></>
            ) : Array.from({ length: c.size }, (_, i) => <Form.Item key={i} name={["values", i]} label={t("entry.values", { n: i + 1 })} rules={needed}><InputNumber autoFocus={i === 0} style={{ width: 130 }} inputMode="decimal" /></Form.Item>)}
            <Form.Item name="order" label={t("order")}><Input maxLength={40} style={{ width: 140 }} /></Form.Item>
            <Form.Item name="note" label={t("entry.note")}><Input maxLength={1000} /></Form.Item>
          </div>
          {c.attribute && <div style={{ marginBottom: 12 }}><MarkFlaws product={c.item} operation={c.operation} value={marked} onChange={setMarked} /></div>}
          {need && <Alert type="warning" showIcon title={t("flaws:mark.need")} style={{ marginBottom: 12 }} />}
          <Button type="primary" htmlType="submit" loading={save.isPending}>{t("entry.do")}</Button>
        </Form>
      </section>
      {said && <Said m={said} c={c} />}
      <section className="panel" aria-label={t("entry.last")}>
        <h2>{t("entry.last")}</h2>
        {!view ? <Waiting query={query} /> : view.points.length === 0 ? <Nothing text={t("none.points")} /> : <ControlChart id="entry-chart" view={view} from={Date.parse(view.points[0]?.at ?? "")} to={Date.parse(view.points.at(-1)?.at ?? "") + 1} height={240} />}
      </section>
    </>
  );
}

/** What the node said of the measurement. */
function Said({ m, c }: { m: Measured; c: Characteristic }) {
  const { t } = useTranslation("quality");
  const rules = (m.point.rules ?? []).map((r) => t(`rule.${r}` as "rule.n1")).join("，");
  const value = `${shown(m.point.value, c)} ${c.unit ?? ""}`;
  return (
    <div className="stack" role="alert">
      {m.point.outside && <Alert type="error" showIcon title={t("entry.out", { value })} />}
      {rules ? <Alert type="error" showIcon title={t("entry.bad", { rules })} /> : !m.point.outside && !m.warnings.includes("no_limits") && <Alert type="success" showIcon title={t("entry.ok", { value })} />}
      {m.held && <Alert type="warning" showIcon title={t("entry.held", { order: m.held })} />}
      {m.warnings.includes("no_limits") && <Alert type="info" showIcon title={t("entry.nolimits")} />}
      {m.warnings.includes("gauge_drifts") && <Alert type="error" showIcon title={t("entry.drifts")} />}
      {m.warnings.includes("check_due") && <Alert type="warning" showIcon title={t("entry.check")} />}
      {m.warnings.includes("gauge_due") && <Alert type="warning" showIcon title={t("entry.gauge")} />}
    </div>
  );
}
