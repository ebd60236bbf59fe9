import { useMutation, useQuery } from "@tanstack/react-query";
import { DeleteOutlined } from "@ant-design/icons";
import { App, Button, Drawer, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { characteristics } from "../../api/quality";
import { type Design, type Experiment, type Factor, kinds, type New, plan, type Response, tryPlan, wants } from "../../api/trial";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { PlacePicker } from "../production/parts";
import { useStep, value } from "./parts";

const factor = (): Factor => ({ name: { zh: "" }, low: 0, high: 1, safe_low: 0, safe_high: 1 });
const response = (): Response => ({ name: { zh: "" }, want: "maximum", low: 0, high: 1 });

/** Plans an experiment: factors with safe limits, responses with wishes, a design; its runs are shown before it is kept. */
export function PlanForm({ close }: { close: (id?: string) => void }) {
  const { t } = useTranslation("trial");
  const { message } = App.useApp();
  const problem = useProblem();
  const [draft, setDraft] = useState<New>(() => ({ name: { zh: "" }, place: "", goal: "", factors: [factor(), factor()], responses: [response()], design: { kind: "full", centres: 3, seed: 1 + Math.floor(Math.random() * 999_999) }, key: key() }));
  const [tried, setTried] = useState<Experiment>();
  const set = (more: Partial<New>) => { setDraft({ ...draft, ...more }); setTried(undefined); };
  const attempt = useMutation({ mutationFn: () => tryPlan(draft), onSuccess: setTried, onError: (err) => { message.error(problem(err), 12); } });
  const save = useStep(plan);
  const ready = draft.place && draft.goal.trim() && draft.name.zh?.trim() && draft.factors.every((f) => f.name.zh?.trim()) && draft.responses.every((r) => r.name.zh?.trim());
  return (
    <Drawer open size={980} onClose={() => close()} title={t("new")}
      extra={<span className="row"><Button disabled={!ready} loading={attempt.isPending} onClick={() => attempt.mutate()}>{t("try")}</Button><Button type="primary" disabled={!ready} loading={save.isPending} onClick={() => save.mutate(draft, { onSuccess: (e) => close(e.id) })}>{t("common:save")}</Button></span>}>
      <div className="stack">
        <div className="row">
          <Input style={{ width: 240 }} aria-label={t("name")} placeholder={t("name")} maxLength={60} value={draft.name.zh} onChange={(e) => set({ name: { zh: e.target.value } })} />
          <div style={{ width: 260 }}><PlacePicker by="id" label={t("place")} fits={() => true} value={draft.place || undefined} onChange={(v) => set({ place: v ?? "" })} /></div>
          <Input style={{ width: 160 }} aria-label={t("item")} placeholder={t("item")} maxLength={60} value={draft.item} onChange={(e) => set({ item: e.target.value })} />
        </div>
        <Input.TextArea aria-label={t("goal")} placeholder={t("goal")} rows={2} maxLength={2000} value={draft.goal} onChange={(e) => set({ goal: e.target.value })} />
        <Factors all={draft.factors} set={(factors) => set({ factors })} />
        <Responses all={draft.responses} set={(responses) => set({ responses })} />
        <Shape design={draft.design} set={(design) => set({ design })} />
        {tried && <Tried e={tried} />}
      </div>
    </Drawer>
  );
}

/** Not crypto.randomUUID: on a plain LAN name there is none. */
const key = (): string => `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

function changed<T>(all: T[], i: number, more: Partial<T>): T[] { return all.map((one, n) => (n === i ? { ...one, ...more } : one)); }

function Factors({ all, set }: { all: Factor[]; set: (f: Factor[]) => void }) {
  const { t } = useTranslation("trial");
  const number = (i: number, k: "low" | "high" | "safe_low" | "safe_high") => <td><InputNumber style={{ width: 100 }} aria-label={`${t(k)} ${i + 1}`} value={all[i]?.[k] ?? 0} onChange={(v) => set(changed(all, i, { [k]: v ?? 0 }))} /></td>;
  return (
    <section aria-label={t("factors")}>
      <h3 style={{ margin: 0 }}>{t("factors")}</h3>
      <table className="plain"><thead><tr><th>{t("factor")}</th><th>{t("unit")}</th><th>{t("low")}</th><th>{t("high")}</th><th>{t("safe_low")}</th><th>{t("safe_high")}</th><th aria-hidden /></tr></thead>
        <tbody>{all.map((f, i) => (
          <tr key={i}><td><Input style={{ width: 180 }} aria-label={`${t("factor")} ${i + 1}`} maxLength={60} value={f.name.zh} onChange={(e) => set(changed(all, i, { name: { zh: e.target.value } }))} /></td>
            <td><Input style={{ width: 80 }} aria-label={`${t("unit")} ${i + 1}`} maxLength={20} value={f.unit} onChange={(e) => set(changed(all, i, { unit: e.target.value }))} /></td>
            {number(i, "low")}{number(i, "high")}{number(i, "safe_low")}{number(i, "safe_high")}
            <td><Button size="small" icon={<DeleteOutlined />} disabled={all.length < 2} aria-label={t("remove", { n: i + 1 })} onClick={() => set(all.filter((_, n) => n !== i))} /></td></tr>))}</tbody></table>
      <Button size="small" disabled={all.length >= 15} onClick={() => set([...all, factor()])}>{t("factor.add")}</Button>
    </section>
  );
}

function Responses({ all, set }: { all: Response[]; set: (r: Response[]) => void }) {
  const { t } = useTranslation("trial");
  const { name } = useLang();
  const known = useQuery(characteristics()).data ?? [];
  const number = (i: number, k: "low" | "high" | "target" | "keep_min" | "keep_max", label: string) => <InputNumber style={{ width: 110 }} aria-label={`${label} ${i + 1}`} placeholder={label} value={all[i]?.[k] ?? null} onChange={(v) => { const { [k]: _was, ...rest } = all[i] ?? response(); set(all.map((one, n) => (n === i ? ({ ...rest, ...(v === null ? {} : { [k]: v }) } as Response) : one))); }} />;
  return (
    <section aria-label={t("responses")}>
      <h3 style={{ margin: 0 }}>{t("responses")}</h3>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("responses")}><table className="plain"><thead><tr><th>{t("response")}</th><th>{t("unit")}</th><th>{t("want")}</th><th>{t("range")}</th><th>{t("keep")}</th><th>{t("characteristic")}</th><th aria-hidden /></tr></thead>
        <tbody>{all.map((r, i) => (
          <tr key={i}><td><Input style={{ width: 130 }} aria-label={`${t("response")} ${i + 1}`} maxLength={60} value={r.name.zh} onChange={(e) => set(changed(all, i, { name: { zh: e.target.value } }))} /></td>
            <td><Input style={{ width: 70 }} aria-label={`${t("response.unit")} ${i + 1}`} maxLength={20} value={r.unit} onChange={(e) => set(changed(all, i, { unit: e.target.value }))} /></td>
            <td><Select style={{ width: 120 }} aria-label={`${t("want")} ${i + 1}`} value={r.want} onChange={(want: Response["want"]) => set(changed(all, i, { want }))} options={wants.map((w) => ({ value: w, label: t(`want.${w}`) }))} /></td>
            <td>{r.want !== "watched" && <span className="row" style={{ gap: 4 }}>{number(i, "low", t("range.low"))}{r.want === "target" && number(i, "target", t("range.target"))}{number(i, "high", t("range.high"))}</span>}</td>
            <td><span className="row" style={{ gap: 4 }}>{number(i, "keep_min", t("keep.min"))}{number(i, "keep_max", t("keep.max"))}</span></td>
            <td><Select allowClear style={{ width: 160 }} aria-label={`${t("characteristic")} ${i + 1}`} showSearch={{ optionFilterProp: "label" }} value={r.characteristic ?? null} onChange={(v?: string | null) => { const { characteristic: _was, ...rest } = r; set(all.map((one, n) => (n === i ? { ...rest, ...(v ? { characteristic: v } : {}) } : one))); }} options={known.map((c) => ({ value: c.id ?? "", label: [c.code, name(c.name), c.place_name && name(c.place_name)].filter(Boolean).join(" · ") }))} /></td>
            <td><Button size="small" icon={<DeleteOutlined />} disabled={all.length < 2} aria-label={t("response.remove", { n: i + 1 })} onClick={() => set(all.filter((_, n) => n !== i))} /></td></tr>))}</tbody></table></div>
      <Button size="small" disabled={all.length >= 5} onClick={() => set([...all, response()])}>{t("response.add")}</Button>
    </section>
  );
}

function Shape({ design, set }: { design: Design; set: (d: Design) => void }) {
  const { t } = useTranslation("trial");
  const number = (k: "fraction" | "centres" | "repeat" | "blocks" | "seed", low: number, high: number, least: number) => <label className="row" style={{ gap: 4 }}>{t(k)}<InputNumber style={{ width: 90 }} min={low} max={high} precision={0} aria-label={t(k)} value={design[k] ?? least} onChange={(v) => set({ ...design, [k]: v ?? least })} /></label>;
  return (
    <section aria-label={t("design")}>
      <h3 style={{ margin: 0 }}>{t("design")}</h3>
      <div className="row">
        <Select style={{ width: 240 }} aria-label={t("design")} value={design.kind} onChange={(kind: Design["kind"]) => set({ kind, centres: design.centres, ...(design.seed ? { seed: design.seed } : {}), ...(kind === "fraction" ? { fraction: 1 } : {}), ...(kind === "composite" ? { alpha: "face-centred" } : {}) })} options={kinds.map((k) => ({ value: k, label: t(`design.${k}`) }))} />
        {design.kind === "fraction" && number("fraction", 1, 11, 1)}
        {design.kind === "composite" && <Select style={{ width: 160 }} aria-label={t("alpha")} value={design.alpha ?? "face-centred"} onChange={(alpha: NonNullable<Design["alpha"]>) => set({ ...design, alpha })} options={(["face-centred", "rotatable", "orthogonal"] as const).map((a) => ({ value: a, label: t(`alpha.${a}`) }))} />}
        {number("centres", 0, 20, 0)}{number("repeat", 1, 10, 1)}{number("blocks", 1, 16, 1)}{number("seed", 1, 1_000_000_000, 1)}
      </div>
    </section>
  );
}

function Tried({ e }: { e: Experiment }) {
  const { t } = useTranslation("trial");
  const { name } = useLang();
  return (
    <section aria-label={t("tab.runs")}>
      <p role="status" style={{ margin: 0, fontWeight: 600 }}>{t("runs.n", { n: e.runs.length })}{e.resolution ? `，${t("resolution", { n: e.resolution, words: (e.words ?? []).join(" ") })}` : ""}</p>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("tab.runs")} style={{ maxHeight: 240 }}><table className="plain"><thead><tr><th className="r">{t("no")}</th><th className="r">{t("block")}</th>{e.factors.map((f, k) => <th key={k} className="r">{name(f.name)}</th>)}</tr></thead>
        <tbody>{e.runs.map((r) => <tr key={r.no}><td className="r num">{r.no}</td><td className="r num">{r.block + 1}</td>{r.planned.map((v, k) => <td key={k} className="r num">{value(v)}</td>)}</tr>)}</tbody></table></div>
    </section>
  );
}
