import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, DatePicker, Drawer, Input, InputNumber, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { runSignals } from "../../api/batch";
import { goals, kinds, previewStudy, saveStudy, type Study } from "../../api/models";
import { nodes } from "../../api/queries";
import { SignalSelect } from "../../components/CutForm";
import { Problem, useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { day, iso, ms, ofPicker, pickerDate } from "../../lib/time";
import { Inputs } from "./Inputs";
import { PreviewPanel } from "./PreviewPanel";

const fresh = (): Study => ({ name: { zh: "" }, machines: [], inputs: [], window_min: 10, target: { goal: "normal" }, from: iso(Date.now() - 14 * day), to: iso(Date.now()) });

/** What a model is to be trained for, with a look at what it would learn of. */
export function StudyForm({ study, close }: { study: Study | undefined; close: (id?: string) => void }) {
  const { t } = useTranslation("models");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [s, setS] = useState<Study>(() => study ?? fresh());
  const set = (more: Partial<Study>) => setS({ ...s, ...more });
  const target = (more: Partial<Study["target"]>) => set({ target: { ...s.target, ...more } });
  const machines = (useQuery(nodes).data ?? []).filter((n) => n.level === "equipment");
  const signals = useQuery(runSignals(s.machines[0] ?? "")).data ?? [];
  const look = useMutation({ mutationFn: () => previewStudy(s) });
  const save = useMutation({ mutationFn: () => saveStudy(s), onSuccess: async (got) => { await client.invalidateQueries({ queryKey: ["/model-studies"] }); close(got.id); }, onError: (err) => { message.error(problem(err), 15); } });
  const { goal } = s.target;
  const ready = s.name.zh && s.machines.length > 0 && s.inputs.length > 0 && (goal !== "value" || s.target.signal);
  const number = (label: string, value: number | undefined, put: (v: number) => void, min: number, max: number) => (
    <label className="row" style={{ gap: 4 }}>{label}<InputNumber style={{ width: 90 }} aria-label={label} min={min} max={max} value={value ?? null} onChange={(v) => put(v ?? min)} /></label>
  );
  return (
    <Drawer open size={900} onClose={() => close()} title={t(study ? "edit" : "new")}
      extra={<div className="row"><Button disabled={!ready} loading={look.isPending} onClick={() => look.mutate()}>{t("preview")}</Button><Button type="primary" disabled={!ready} loading={save.isPending} onClick={() => save.mutate()}>{t("common:save")}</Button></div>}>
      <div className="stack">
        <div className="row">
          <Input style={{ width: 260 }} aria-label={t("name.zh")} placeholder={t("name.zh")} maxLength={60} value={s.name.zh} onChange={(e) => set({ name: { ...s.name, zh: e.target.value } })} />
          <Input style={{ width: 260 }} aria-label={t("name.en")} placeholder={t("name.en")} maxLength={60} value={s.name.en} onChange={(e) => set({ name: { ...s.name, en: e.target.value } })} />
        </div>
        <Select mode="multiple" aria-label={t("machines")} placeholder={t("machines.pick")} optionFilterProp="label" maxCount={30} value={s.machines} onChange={(v: string[]) => set({ machines: v })} options={machines.map((m) => ({ value: m.id, label: name(m.name) || m.path, title: m.path }))} />
        <div className="row">
          <Select style={{ width: 240 }} aria-label={t("goal")} value={goal} onChange={(g: Study["target"]["goal"]) => set({ kind: g === "normal" ? "pca" : "trees", target: { goal: g, ...(g === "failure" ? { within_h: 24 } : g === "life" ? { most_h: 240 } : g === "value" ? { ahead_min: s.window_min } : {}) } })} options={goals.map((g) => ({ value: g, label: t(`goal.${g}`) }))} />
          {goal === "value" && <><SignalSelect signals={signals} value={s.target.signal} set={(signal) => target({ signal })} label={t("target.signal")} />{number(t("ahead"), s.target.ahead_min, (v) => target({ ahead_min: v }), 0, 10080)}</>}
          {goal === "failure" && number(t("within"), s.target.within_h, (v) => target({ within_h: v }), 1, 2160)}
          {goal === "life" && number(t("most"), s.target.most_h, (v) => target({ most_h: v }), 1, 8760)}
          {goal !== "normal" && <Select style={{ width: 160 }} aria-label={t("kind")} value={s.kind ?? "trees"} onChange={(kind: NonNullable<Study["kind"]>) => set({ kind })} options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} />}
        </div>
        <p className="dim" style={{ margin: 0 }}>{t(`goal.${goal}.hint`)}</p>
        <Inputs signals={signals} value={s.inputs} set={(inputs) => set({ inputs })} />
        <div className="row">
          {number(t("window"), s.window_min, (v) => set({ window_min: v }), 1, 1440)}
          <Checkbox checked={s.producing ?? false} onChange={(e) => set({ producing: e.target.checked })}>{t("producing")}</Checkbox>
          <label className="row">{t("period")} <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} aria-label={t("period")} value={[dayjs(pickerDate(ms(s.from))), dayjs(pickerDate(ms(s.to)))]}
            onChange={(v: [Dayjs | null, Dayjs | null] | null) => v?.[0] && v[1] && set({ from: iso(ofPicker(v[0].toDate())), to: iso(ofPicker(v[1].toDate())) })} /></label>
        </div>
        <Input.TextArea aria-label={t("note")} placeholder={t("note")} rows={2} maxLength={300} value={s.note} onChange={(e) => set({ note: e.target.value })} />
        {look.error && <Problem error={look.error} />}
        {look.data && <PreviewPanel p={look.data} />}
      </div>
    </Drawer>
  );
}
