import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Drawer, Input, Select } from "antd";
import { DeleteOutlined } from "@ant-design/icons";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Ask, type Baseline, everies, type Network, saveBaseline, tryBaseline, type Variable, variableKinds } from "../../api/energy";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { day, iso, ms, ofPicker, pickerDate } from "../../lib/time";
import { PlacePicker } from "../production/parts";
import { Fit } from "./BaselinesTab";

/** Makes a baseline: tried first, then kept with its reason. Every saving is a revision. */
export function BaselineEditor({ net, was, close }: { net: Network; was: Baseline | undefined; close: (code?: string) => void }) {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Ask>(() => was ? { ...askOf(was), note: "" } : {
    code: "", rev: 0, place: net.place, name: { zh: "" }, meter: net.meters.find((m) => !m.above)?.code ?? "", every: "day", kind: "linear",
    variables: [{ name: "parts", kind: "good" }], from: iso(Date.now() - 28 * day), to: iso(Date.now()), note: "",
  });
  const [tried, setTried] = useState<Baseline>();
  const set = (more: Partial<Ask>) => { setDraft({ ...draft, ...more }); setTried(undefined); };
  const fail = (err: unknown) => { message.error(problem(err), 10); };
  const attempt = useMutation({ mutationFn: () => tryBaseline({ ...draft, note: draft.note || "—" }), onSuccess: setTried, onError: fail });
  const save = useMutation({
    mutationFn: () => saveBaseline(draft),
    onSuccess: async (b) => { message.success(t("saved.ok")); await client.invalidateQueries({ queryKey: ["energy", net.place] }); close(b.code); },
    onError: fail,
  });
  const variables = (change: (v: Variable[]) => Variable[]) => set({ variables: change([...draft.variables]) });
  return (
    <Drawer open size={860} onClose={() => close()} title={t(was ? "baseline.again" : "baseline.new")}
      extra={<span className="row"><Button loading={attempt.isPending} onClick={() => attempt.mutate()}>{t("try")}</Button><Button type="primary" disabled={!draft.note.trim() || !draft.code || !draft.name.zh} loading={save.isPending} onClick={() => save.mutate()}>{t("common:save")}</Button></span>}>
      <div className="stack">
        <div className="row">
          <Input style={{ width: 140 }} aria-label={t("code")} placeholder={t("code")} disabled={was !== undefined} value={draft.code} maxLength={40} onChange={(e) => set({ code: e.target.value })} />
          <Input style={{ width: 220 }} aria-label={t("name")} placeholder={t("name")} value={draft.name.zh} maxLength={60} onChange={(e) => set({ name: { ...draft.name, zh: e.target.value } })} />
          <Select style={{ width: 200 }} aria-label={t("meter")} showSearch={{ optionFilterProp: "label" }} value={draft.meter} onChange={(meter: string) => set({ meter })} options={net.meters.map((m) => ({ value: m.code, label: name(m.name) }))} />
          <Select style={{ width: 110 }} aria-label={t("every")} value={draft.every} onChange={(every: Ask["every"]) => set({ every })} options={everies.map((e) => ({ value: e, label: t(`every.${e}`) }))} />
        </div>
        <label>{t("made.of")} <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} aria-label={t("made.of")} value={[dayjs(pickerDate(ms(draft.from))), dayjs(pickerDate(ms(draft.to)))]}
          onChange={(v: [Dayjs | null, Dayjs | null] | null) => v?.[0] && v[1] && set({ from: iso(ofPicker(v[0].toDate())), to: iso(ofPicker(v[1].toDate())) })} /></label>
        <section aria-label={t("variables")}>
          <h3 style={{ margin: 0 }}>{t("variables")}</h3>
          <table className="plain">
            <thead><tr><th>{t("name")}</th><th>{t("kind")}</th><th>{t("where")}</th><th aria-hidden /></tr></thead>
            <tbody>{draft.variables.map((v, i) => (
              <tr key={i}>
                <td><Input style={{ width: 140 }} aria-label={`${t("name")} ${i + 1}`} value={v.name} maxLength={40} onChange={(e) => variables((all) => all.map((one, n) => (n === i ? { ...one, name: e.target.value } : one)))} /></td>
                <td><Select style={{ width: 150 }} aria-label={`${t("kind")} ${i + 1}`} value={v.kind} onChange={(kind: Variable["kind"]) => variables((all) => all.map((one, n) => (n === i ? { name: one.name, kind } : one)))} options={variableKinds.map((k) => ({ value: k, label: t(`variable.${k}`) }))} /></td>
                <td style={{ minWidth: 220 }}>{v.kind === "meter" ? <Select style={{ width: 200 }} aria-label={`${t("meter")} ${i + 1}`} value={v.meter ?? null} onChange={(meter: string | null) => meter && variables((all) => all.map((one, n) => (n === i ? { ...one, meter } : one)))} options={net.meters.filter((m) => m.code !== draft.meter).map((m) => ({ value: m.code, label: name(m.name) }))} />
                  : v.kind === "weekend" ? "" : <PlacePicker by="id" label={`${t("where")} ${i + 1}`} fits={() => true} value={v.place} onChange={(place) => variables((all) => all.map((one, n) => (n === i ? (place ? { ...one, place } : { name: one.name, kind: one.kind }) : one)))} />}</td>
                <td><Button size="small" icon={<DeleteOutlined />} aria-label={t("remove", { name: v.name })} onClick={() => variables((all) => all.filter((_, n) => n !== i))} /></td>
              </tr>))}</tbody>
          </table>
          <Button size="small" disabled={draft.variables.length >= 8} onClick={() => variables((all) => [...all, { name: `x${all.length + 1}`, kind: "busy_hours" }])}>{t("variable.add")}</Button>
        </section>
        <Input.TextArea aria-label={t("reason.why")} placeholder={t("reason.why")} value={draft.note} maxLength={300} rows={2} onChange={(e) => setDraft({ ...draft, note: e.target.value })} />
        {tried && <><div role="status" style={{ fontWeight: 600 }}>{tried.accepted ? t("would.pass") : t("would.fail")}</div><Fit b={tried} /></>}
      </div>
    </Drawer>
  );
}

const askOf = (b: Baseline): Ask => ({ code: b.code, rev: b.rev, place: b.place, name: b.name, meter: b.meter, every: b.every, kind: b.kind, variables: b.variables, from: b.from, to: b.to, note: b.note });
