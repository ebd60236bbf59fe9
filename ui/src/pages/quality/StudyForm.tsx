import { Button, Drawer, Form, Input, InputNumber, Select } from "antd";
import { type ClipboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Gauge, GaugeStudy } from "../../api/quality";
import { StudyResult } from "./StudyResult";
import { useStep } from "./parts";

interface Typed { name: string; method: "anova" | "range"; tolerance?: number }

/** A study of repeatability and reproducibility, entered in a table: a column for each operator and trial, a row for each part. */
export function StudyForm({ gauge, close }: { gauge: Gauge; close: () => void }) {
  const { t } = useTranslation("quality");
  const [form] = Form.useForm<Typed>();
  const [parts, setParts] = useState(10);
  const [people, setPeople] = useState("A, B, C");
  const [trials, setTrials] = useState(2);
  const [cells, setCells] = useState<Record<string, string>>({});
  const [done, setDone] = useState<GaugeStudy>();
  const operators = people.split(/[,，]/).map((s) => s.trim()).filter(Boolean);
  const key = (p: number, o: string, k: number) => `${p} ${o} ${k}`;
  const all = Array.from({ length: parts }, (_, p) => operators.flatMap((o) => Array.from({ length: trials }, (_, k) => ({ p, o, k, text: cells[key(p, o, k)] ?? "" })))).flat();
  const full = all.length > 0 && all.every((c) => c.text.trim() !== "" && Number.isFinite(Number(c.text)));
  const save = useStep((v: Typed) => api.post<GaugeStudy>(`/gauges/${gauge.id}/studies`, { ...v, gauge: gauge.id, readings: all.map((c) => ({ part: String(c.p + 1), operator: c.o, value: Number(c.text) })) }), setDone);
  const paste = (e: ClipboardEvent, p: number, o: string, k: number) => {
    const lines = e.clipboardData.getData("text").trim().split(/\r?\n/);
    if (lines.length < 2 && !lines[0]?.includes("\t")) return;
    e.preventDefault();
    const columns = operators.flatMap((x) => Array.from({ length: trials }, (_, n) => [x, n] as const));
    const first = columns.findIndex(([x, n]) => x === o && n === k);
    const more: Record<string, string> = {};
    lines.forEach((line, row) => line.split("\t").forEach((text, col) => {
      const to = columns[first + col];
      if (to && p + row < parts) more[key(p + row, to[0], to[1])] = text.trim();
    }));
    setCells((was) => ({ ...was, ...more }));
  };
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={860} title={`${t("study.add")} ${gauge.number}`} extra={!done && <Button type="primary" disabled={!full} loading={save.isPending} onClick={form.submit}>{t("study.save")}</Button>}>
      {done ? <StudyResult s={done} /> : (
        <>
          <Form<Typed> form={form} layout="vertical" initialValues={{ method: "anova" }} onFinish={(v) => save.mutate(v)}>
            <div className="row" style={{ alignItems: "flex-start" }}>
              <Form.Item name="name" label={t("study.name")} rules={needed}><Input maxLength={120} /></Form.Item><Form.Item name="tolerance" label={t("tolerance")}><InputNumber min={0} /></Form.Item>
              <Form.Item name="method" label={t("study.method")}><Select aria-label={t("study.method")} style={{ width: 120 }} options={(["anova", "range"] as const).map((m) => ({ value: m, label: t(`method.${m}`) }))} /></Form.Item>
            </div>
          </Form>
          <div className="row" style={{ marginBottom: 12 }}>
            <label>{t("study.parts")} <InputNumber min={2} max={50} value={parts} onChange={(v) => setParts(v ?? 2)} aria-label={t("study.parts")} /></label>
            <label>{t("study.operators")} <Input style={{ width: 200 }} value={people} onChange={(e) => setPeople(e.target.value)} aria-label={t("study.operators")} /></label>
            <label>{t("study.trials")} <InputNumber min={2} max={5} value={trials} onChange={(v) => setTrials(v ?? 2)} aria-label={t("study.trials")} /></label>
          </div>
          <p className="dim">{t("study.paste")}</p>
          <div className="scroll" tabIndex={0} role="region" aria-label={t("studies")}>
            <table className="plain">
              <thead><tr><th>#</th>{operators.flatMap((o) => Array.from({ length: trials }, (_, k) => <th key={`${o}${k}`}>{o} {k + 1}</th>))}</tr></thead>
              <tbody>{Array.from({ length: parts }, (_, p) => (
                <tr key={p}><th scope="row">{p + 1}</th>{operators.flatMap((o) => Array.from({ length: trials }, (_, k) => (
                  <td key={`${o}${k}`}><Input size="small" style={{ width: 84 }} inputMode="decimal" aria-label={t("study.value", { part: p + 1, operator: o, trial: k + 1 })} value={cells[key(p, o, k)] ?? ""} onPaste={(e) => paste(e, p, o, k)} onChange={(e) => setCells({ ...cells, [key(p, o, k)]: e.target.value })} /></td>)))}</tr>))}</tbody>
            </table>
          </div>
        </>)}
    </Drawer>
  );
}
