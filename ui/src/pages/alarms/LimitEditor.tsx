import { useMutation, useQuery } from "@tanstack/react-query";
import { App, Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { backtest, type Limit, limitKinds, type LimitTerms, limitVersions, type Stage } from "../../api/alarms";
import { api } from "../../api/client";
import { machine, machines } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { dateTime, day, iso, minute } from "../../lib/time";
import { useChange } from "../production/parts";
import { BacktestView } from "./BacktestView";

interface Fields extends Omit<LimitTerms, "stage"> { equipment: string }

/** A limit: what it is, what it would have done, its versions. */
export function LimitEditor({ limit, may, close }: { limit: Partial<Limit>; may: boolean; close: () => void }) {
  const { t } = useTranslation("alarms");
  const { name, lang } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const [f] = Form.useForm<Fields>();
  const equipment = Form.useWatch("equipment", f) ?? limit.equipment;
  const kind = Form.useWatch("kind", f) ?? limit.kind ?? "hi";
  const tagNo = Form.useWatch("tag", f) ?? limit.tag;
  const all = useQuery(machines());
  const one = useQuery({ ...machine(equipment ?? ""), enabled: Boolean(equipment) });
  const versions = useQuery({ ...limitVersions(limit.id ?? ""), enabled: Boolean(limit.id) });
  const numbers = (one.data?.tags ?? []).filter((tag) => tag.kind === "number");
  const tag = numbers.find((n) => n.no === tagNo);
  const unit = unitText(tag?.unit ?? limit.unit, lang);
  const [days, setDays] = useState(30);
  const [within, setWithin] = useState(60);
  const written = (v: Fields, stage: Stage): LimitTerms => {
    const { equipment: _, ...terms } = v;
    const named = (n?: LimitTerms["text"]) => (n?.zh ? n : undefined);
    return { ...Object.fromEntries(Object.entries(terms).filter(([, x]) => x !== null && x !== undefined)), consequence: named(v.consequence), response: named(v.response), stage } as LimitTerms;
  };
  const save = useChange(async ({ v, stage }: { v: Fields; stage: Stage }) => (limit.id ? api.put(`/alarms/limits/${limit.id}`, written(v, stage), limit.rev) : api.post("/alarms/limits", written(v, stage))), close);
  const tried = useMutation({
    mutationFn: (v: Fields) => backtest({ ...written(v, "draft"), text: v.text ?? { zh: "-" }, reason: v.reason || "-", from: iso(Date.now() - days * day), to: iso(Date.now()), within_s: (within * minute) / 1000 }),
    onError: (err) => { void message.error(problem(err), 10); },
  });
  const submit = (stage: Stage) => void f.validateFields().then((v) => save.mutate({ v, stage }), () => undefined);
  const tryIt = () => void f.validateFields(["equipment", "tag", "kind", "value", "window_s", "priority"]).then(() => tried.mutate(f.getFieldsValue(true) as Fields), () => undefined);
  return (
    <Drawer open onClose={close} size={760} title={limit.id ? `${name(limit.text)} · ${limit.signal}` : t("limits.add")}
      footer={may && (
        <div className="row">
          <Button loading={save.isPending} onClick={() => submit("draft")}>{t("save.draft")}</Button>
          {limit.id && <Button type="primary" loading={save.isPending} onClick={() => submit("live")}>{t("save.live")}</Button>}
          {limit.id && <Button danger loading={save.isPending} onClick={() => submit("retired")}>{t("save.retired")}</Button>}
        </div>)}>
      <div className="stack">
        <Form<Fields> form={f} layout="vertical" disabled={!may} initialValues={{ kind: "hi", priority: 3, on_delay_s: limit.id ? 0 : 5, off_delay_s: 0, deadband: 0, ...limit, reason: "" }}>
          <div className="row" style={{ alignItems: "start" }}>
            <Form.Item name="equipment" label={t("machine")} rules={[{ required: true }]} style={{ width: 300 }}><Select disabled={Boolean(limit.id)} showSearch optionFilterProp="label" onChange={() => f.setFieldValue("tag", undefined)} options={(all.data ?? []).map((m) => ({ value: m.id, label: `${name(m.name)} (${m.path})` }))} /></Form.Item>
            <Form.Item name="tag" label={t("signal")} rules={[{ required: true }]} style={{ width: 300 }}><Select disabled={Boolean(limit.id)} showSearch optionFilterProp="label" loading={one.isLoading && Boolean(equipment)} options={numbers.map((n) => ({ value: n.no, label: `${name(n.title)} ${n.name}${n.unit ? ` (${unitText(n.unit, lang)})` : ""}` }))} /></Form.Item>
          </div>
          <div className="row" style={{ alignItems: "start" }}>
            <Form.Item name="kind" label={t("kind")} style={{ width: 140 }}><Select options={limitKinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} /></Form.Item>
            <Form.Item name="value" label={t(kind === "rate" ? "value.rate" : "value", { unit })} rules={[{ required: true }]}><InputNumber style={{ width: 150 }} /></Form.Item>
            {kind === "deviation" && <Form.Item name="target" label={t("target", { unit })}><InputNumber style={{ width: 130 }} /></Form.Item>}
            {kind === "deviation" && <Form.Item name="against" label={t("against")} style={{ width: 190 }}><Select allowClear showSearch optionFilterProp="label" options={numbers.filter((n) => n.no !== tagNo).map((n) => ({ value: n.no, label: `${name(n.title)} ${n.name}` }))} /></Form.Item>}
            {kind === "rate" && <Form.Item name="window_s" label={t("window")} rules={[{ required: true }]}><InputNumber min={1} max={86400} style={{ width: 120 }} /></Form.Item>}
            <Form.Item name="deadband" label={t("deadband", { unit })}><InputNumber min={0} style={{ width: 120 }} /></Form.Item>
            <Form.Item name="on_delay_s" label={t("on")}><InputNumber min={0} max={86400} style={{ width: 110 }} /></Form.Item>
            <Form.Item name="off_delay_s" label={t("off")}><InputNumber min={0} max={86400} style={{ width: 110 }} /></Form.Item>
            <Form.Item name="priority" label={t("priority")} style={{ width: 100 }}><Select options={[1, 2, 3, 4].map((n) => ({ value: n, label: t(`priority.${n}` as "priority.1") }))} /></Form.Item>
          </div>
          <section className="panel" aria-label={t("try")}>
            <div className="row">
              <h2 style={{ margin: 0 }}>{t("try")}</h2>
              <Select disabled={false} aria-label={t("try.days")} value={days} onChange={setDays} style={{ width: 130 }} options={[1, 7, 30, 90].map((n) => ({ value: n, label: t("try.last", { days: n }) }))} />
              <label className="row">{t("try.within")}<InputNumber disabled={false} min={1} max={10080} value={within} onChange={(v) => setWithin(v ?? 60)} style={{ width: 80 }} />{t("try.minutes")}</label>
              <Button disabled={false} loading={tried.isPending} onClick={tryIt}>{t("try.run")}</Button>
            </div>
            {tried.data ? <BacktestView result={tried.data} tag={tagNo ?? 0} within={within} limit={kind === "hi" || kind === "lo" ? (f.getFieldValue("value") as number) : undefined} /> : <p className="dim" style={{ margin: "8px 0 0" }}>{t("try.lead")}</p>}
          </section>
          <div className="row" style={{ alignItems: "start", marginTop: 12 }}>
            <Form.Item name={["text", "zh"]} label={t("words.zh")} rules={[{ required: true }]} style={{ width: 330 }}><Input maxLength={100} /></Form.Item>
            <Form.Item name={["text", "en"]} label={t("words.en")} style={{ width: 330 }}><Input maxLength={100} /></Form.Item>
            <Form.Item name={["consequence", "zh"]} label={t("consequence")} style={{ width: 330 }}><Input maxLength={300} /></Form.Item>
            <Form.Item name={["response", "zh"]} label={t("response")} style={{ width: 330 }}><Input maxLength={300} /></Form.Item>
            <Form.Item name="reason" label={t("reason")} rules={[{ required: true }]} style={{ width: "100%" }}><Input maxLength={300} /></Form.Item>
          </div>
        </Form>
        {versions.data && (
          <section className="panel" aria-label={t("versions")}>
            <h2>{t("versions")}</h2>
            <table className="plain">
              <thead><tr><th>{t("version")}</th><th>{t("stage")}</th><th className="r">{t("value", { unit })}</th><th>{t("by")}</th><th>{t("reason")}</th></tr></thead>
              <tbody>{versions.data.map((v) => <tr key={v.rev}><td className="num">{v.rev} · {dateTime(v.at)}</td><td>{t(`stage.${v.stage}`)}</td><td className="r num">{v.value}</td><td>{v.by}</td><td>{v.reason}</td></tr>)}</tbody>
            </table>
          </section>)}
      </div>
    </Drawer>
  );
}
