import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, DatePicker, Drawer, Input, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Question, runSignals, screen } from "../../api/batch";
import { characteristics } from "../../api/quality";
import { CutForm, SignalSelect } from "../../components/CutForm";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { day, iso, ms, ofPicker, pickerDate } from "../../lib/time";
import { PlacePicker } from "../production/parts";

/** Asks what was different about bad runs. */
export function QuestionForm({ close }: { close: (id?: string) => void }) {
  const { t } = useTranslation("batch");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [q, setQ] = useState<Question>(() => ({ equipment: "", cut: { by: "time", every_s: 1800 }, answer: { kind: "characteristic" }, from: iso(Date.now() - 7 * day), to: iso(Date.now()), seed: 1 }));
  const set = (more: Partial<Question>) => setQ({ ...q, ...more });
  const signals = useQuery(runSignals(q.equipment)).data ?? [];
  const all = useQuery(characteristics()).data ?? [];
  const send = useMutation({ mutationFn: () => screen(q), onSuccess: async (s) => { await client.invalidateQueries({ queryKey: ["/cause-screenings"] }); close(s.id); }, onError: (err) => { message.error(problem(err), 15); } });
  const job = q.cut.by === "job";
  const ready = q.equipment && (q.answer.kind === "scrap" || (q.answer.kind === "characteristic" ? q.answer.characteristic : q.answer.signal));
  return (
    <Drawer open size={820} onClose={() => close()} title={t("causes.new")} extra={<Button type="primary" disabled={!ready} loading={send.isPending} onClick={() => send.mutate()}>{t("ask")}</Button>}>
      <div className="stack">
        <div className="row">
          <div style={{ width: 280 }}><PlacePicker by="id" label={t("machine")} fits={(n) => n.level === "equipment"} value={q.equipment || undefined} onChange={(v) => set({ equipment: v ?? "", signals: [] })} /></div>
          <Input style={{ width: 180 }} aria-label={t("item.only")} placeholder={t("item.only")} maxLength={60} value={q.item} onChange={(e) => set({ item: e.target.value })} />
        </div>
        <div className="row">
          <Select style={{ width: 160 }} aria-label={t("answer")} value={q.answer.kind} onChange={(kind: Question["answer"]["kind"]) => set({ answer: { kind }, ...(kind === "scrap" ? { cut: { by: "job" } } : {}) })} options={(["characteristic", "scrap", "signal"] as const).map((k) => ({ value: k, label: t(`answer.${k}`) }))} />
          {q.answer.kind === "characteristic" && <Select style={{ width: 300 }} aria-label={t("characteristic")} placeholder={t("characteristic")} showSearch={{ optionFilterProp: "label" }} value={q.answer.characteristic ?? null} onChange={(v: string | null) => v && set({ answer: { kind: "characteristic", characteristic: v } })} options={all.map((c) => ({ value: c.id ?? "", label: [c.code, name(c.name), c.place_name && name(c.place_name)].filter(Boolean).join(" · ") }))} />}
          {q.answer.kind === "signal" && <SignalSelect signals={signals} value={q.answer.signal} set={(signal) => set({ answer: { kind: "signal", signal } })} label={t("signal")} />}
        </div>
        <CutForm equipment={q.equipment} value={q.cut} set={(cut) => set({ cut, ...(cut.by === "job" ? {} : { people: false, lots: false }) })} />
        <label className="row">{t("period")} <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} aria-label={t("period")} value={[dayjs(pickerDate(ms(q.from))), dayjs(pickerDate(ms(q.to)))]}
          onChange={(v: [Dayjs | null, Dayjs | null] | null) => v?.[0] && v[1] && set({ from: iso(ofPicker(v[0].toDate())), to: iso(ofPicker(v[1].toDate())) })} /></label>
        <Select mode="multiple" aria-label={t("explain.by")} placeholder={t("explain.by")} optionFilterProp="label" value={q.signals ?? []} onChange={(v: string[]) => set({ signals: v })} options={signals.map((s) => ({ value: s.name, label: name(s.title) || s.name }))} />
        {job && <div className="row"><Checkbox checked={q.people ?? false} onChange={(e) => set({ people: e.target.checked })}>{t("people")}</Checkbox><Checkbox checked={q.lots ?? false} onChange={(e) => set({ lots: e.target.checked })}>{t("lots")}</Checkbox></div>}
        <Input.TextArea aria-label={t("note")} placeholder={t("note")} rows={2} maxLength={1000} value={q.note} onChange={(e) => set({ note: e.target.value })} />
      </div>
    </Drawer>
  );
}
