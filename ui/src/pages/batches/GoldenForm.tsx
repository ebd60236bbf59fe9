import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Drawer, Input, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Asked, type Chosen, findRuns, type Golden, type Run, runSignals, saveGolden, tryGolden } from "../../api/batch";
import { CutForm } from "../../components/CutForm";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { duration, fixed } from "../../lib/format";
import type { Range } from "../../lib/ranges";
import { dateTime, iso, ms } from "../../lib/time";
import { PlacePicker } from "../production/parts";

/** A left-out score beyond this is far from what the other runs show. */
const odd = 2;

/** Makes a golden batch: runs are found, chosen, tried and kept with the reason. */
export function GoldenForm({ was, range, close }: { was: Golden | undefined; range: Range; close: (id?: string) => void }) {
  const { t } = useTranslation("batch");
  const { name, lang } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Asked>(() => was ? { ...askOf(was), reason: "" } : { rev: 0, name: { zh: "" }, equipment: "", cut: { by: "state", min_s: 600 }, signals: [], align: "phase", runs: [], reason: "" });
  const [found, setFound] = useState<Run[]>(() => was?.runs.map((r) => ({ from: r.from, to: r.to, ...(r.order ? { order: r.order } : {}) })) ?? []);
  const [tried, setTried] = useState<Golden>();
  const set = (more: Partial<Asked>) => { setDraft({ ...draft, ...more }); setTried(undefined); };
  const signals = useQuery(runSignals(draft.equipment)).data ?? [];
  const fail = (err: unknown) => { message.error(problem(err), 10); };
  const find = useMutation({ mutationFn: () => findRuns({ equipment: draft.equipment, ...(draft.item ? { item: draft.item } : {}), cut: draft.cut, from: iso(range.from), to: iso(range.to) }), onSuccess: (runs) => { setFound(runs.filter((r) => !r.running)); set({ runs: [] }); }, onError: fail });
  const attempt = useMutation({ mutationFn: () => tryGolden({ ...draft, name: named(draft), reason: draft.reason || "—" }), onSuccess: setTried, onError: fail });
  const save = useMutation({ mutationFn: () => saveGolden({ ...draft, name: named(draft) }), onSuccess: async (g) => { message.success(t("saved")); await client.invalidateQueries({ queryKey: ["/golden-batches"] }); close(g.id); }, onError: fail });
  const chosen = new Set(draft.runs.map((r) => r.from));
  const pick = (r: Run, on: boolean) => set({ runs: on ? [...draft.runs, chosenOf(r)] : draft.runs.filter((c) => c.from !== r.from) });
  const score = new Map((tried?.runs ?? []).map((r) => [r.from, r.score]));
  const ready = draft.equipment && draft.signals.length > 0 && draft.runs.length > 0;
  return (
    <Drawer open size={900} onClose={() => close()} title={t(was ? "again" : "new")}
      extra={<span className="row"><Button disabled={!ready} loading={attempt.isPending} onClick={() => attempt.mutate()}>{t("try")}</Button><Button type="primary" disabled={!ready || !draft.reason.trim() || !draft.name.zh?.trim()} loading={save.isPending} onClick={() => save.mutate()}>{t("common:save")}</Button></span>}>
      <div className="stack">
        <div className="row">
          <Input style={{ width: 220 }} aria-label={t("name")} placeholder={t("name")} maxLength={60} value={draft.name.zh} onChange={(e) => set({ name: { ...draft.name, zh: e.target.value } })} />
          <div style={{ width: 260 }}><PlacePicker by="id" label={t("machine")} fits={(n) => n.level === "equipment"} disabled={was !== undefined} value={draft.equipment || undefined} onChange={(v) => { setFound([]); set({ equipment: v ?? "", signals: [], runs: [] }); }} /></div>
          <Input style={{ width: 160 }} aria-label={t("item.only")} placeholder={t("item.only")} maxLength={60} value={draft.item} onChange={(e) => set({ item: e.target.value })} />
        </div>
        <CutForm equipment={draft.equipment} value={draft.cut} set={(cut) => set({ cut })} />
        <Select mode="multiple" maxCount={20} aria-label={t("signals")} placeholder={t("signals")} optionFilterProp="label" value={draft.signals} onChange={(v: string[]) => set({ signals: v })} options={signals.filter((s) => !s.counter).map((s) => ({ value: s.name, label: name(s.title) || s.name }))} />
        <div className="row">
          <Select style={{ width: 320 }} aria-label={t("align")} value={draft.align} onChange={(align: Asked["align"]) => set({ align })} options={(["phase", "warp"] as const).map((a) => ({ value: a, label: t(`align.${a}.hint`) }))} />
          <label className="row" style={{ gap: 4 }}>{t("k")}<InputNumber min={1} max={6} step={0.5} aria-label={t("k")} value={draft.k || 3} onChange={(k) => set({ k: k ?? 3 })} /></label>
          <span className="fill" /><Button disabled={!draft.equipment} loading={find.isPending} onClick={() => find.mutate()}>{t("find.runs")}</Button><span className="dim num">{dateTime(range.from)} – {dateTime(range.to)}</span>
        </div>
        {find.isSuccess && found.length === 0 && <p role="status" style={{ margin: 0 }}>{t("runs.none")}</p>}
        {found.length > 0 && (
          <section aria-label={t("chosen")}>
            <div className="row"><h3 style={{ margin: 0 }}>{t("chosen")}</h3><span className="dim" role="status">{t("chosen.n", { n: draft.runs.length, of: found.length })}</span><span className="fill" />
              <Button size="small" onClick={() => set({ runs: found.slice(0, 100).map(chosenOf) })}>{t("choose.all")}</Button>
              {tried && <Button size="small" onClick={() => set({ runs: draft.runs.filter((r) => (score.get(r.from) ?? 0) <= odd) })}>{t("drop.odd")}</Button>}</div>
            <div className="scroll" tabIndex={0} role="group" aria-label={t("chosen")} style={{ maxHeight: 300 }}><table className="plain">
              <thead><tr><th>{t("good")}</th><th>{t("began")}</th><th className="r">{t("length")}</th><th>{t("order")}</th><th>{t("item")}</th><th className="r" title={t("score.left.out")}>{t("score")}</th></tr></thead>
              <tbody>{found.map((r) => {
                const s = score.get(r.from);
                return <tr key={r.from}><td><Checkbox aria-label={t("good.run", { at: dateTime(r.from) })} checked={chosen.has(r.from)} onChange={(e) => pick(r, e.target.checked)} /></td><td className="num">{dateTime(r.from)}</td><td className="r num">{duration(ms(r.to) - ms(r.from), lang)}</td><td>{r.order || "—"}</td><td>{r.item || "—"}</td><td className="r num">{typeof s === "number" ? `${s > odd ? "▲ " : ""}${fixed(s, 2)}` : "—"}</td></tr>;
              })}</tbody>
            </table></div>
          </section>)}
        {tried && <p role="status" style={{ margin: 0, fontWeight: 600 }}>{t("tried", { n: tried.runs.length, worst: fixed(Math.max(...tried.runs.map((r) => r.score ?? 0)), 2) })}</p>}
        <Input.TextArea aria-label={t("reason.why")} placeholder={t("reason.why")} rows={2} maxLength={1000} value={draft.reason} onChange={(e) => setDraft({ ...draft, reason: e.target.value })} />
        {was && <Checkbox checked={draft.ended ?? false} onChange={(e) => set({ ended: e.target.checked })}>{t("end")}</Checkbox>}
      </div>
    </Drawer>
  );
}

const chosenOf = (r: Run): Chosen => ({ from: r.from, to: r.to, ...(r.order ? { order: r.order } : {}) });
const named = (a: Asked): Asked["name"] => ({ ...a.name, zh: a.name.zh?.trim() || "—" });
const askOf = ({ id, rev, name, equipment, item, cut, signals, align, k, runs, reason, ended }: Golden): Asked => ({
  rev, name, equipment, cut, signals, align, reason, runs: runs.map(({ score: _s, ...r }) => r), ...(id ? { id } : {}), ...(item ? { item } : {}), ...(k ? { k } : {}), ...(ended ? { ended } : {}),
});
