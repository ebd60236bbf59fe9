import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, DatePicker, Drawer, Input, InputNumber, Select } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { baselines, type Network, tables } from "../../api/energy";
import { type Replacement, type ReplacementView, saveReplacement } from "../../api/energyshare";
import { nodes } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { day, iso, ms, ofPicker, pickerDate } from "../../lib/time";

const bases = ["class", "grade", "offer"] as const;
const states = ["proposed", "approved", "replaced", "rejected"] as const;

/** The machines of a network that have a meter or a share. */
const meteredBy = (net: Network) => [...new Set(net.meters.flatMap((m) => [...(m.equipment ? [m.equipment] : []), ...(m.shared?.among.map((w) => w.equipment) ?? [])]))];

/** Puts a machine on the list, or changes what the list says. Every saving is a revision. */
export function ReplacementEditor({ net, was, of, close }: { net: Network; was?: ReplacementView | undefined; of?: { equipment: string; from: string; to: string } | undefined; close: () => void }) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Replacement>(() => was ? { ...bare(was), note: "" } : {
    code: "", rev: 0, place: net.place, path: "", equipment: of?.equipment ?? "", name: { zh: "" }, price_fen: 0, from: of?.from ?? iso(Date.now() - 28 * day), to: of?.to ?? iso(Date.now()), basis: "class", state: "proposed", note: "", by: "", at: iso(Date.now()),
  });
  const set = (more: Partial<Replacement>) => setDraft({ ...draft, ...more });
  const places = useQuery(nodes).data ?? [];
  const kept = useQuery(baselines(net.place)).data ?? [];
  const machines = meteredBy(net).map((id) => ({ value: id, label: name(places.find((p) => p.id === id)?.name) || id }));
  const save = useMutation({
    mutationFn: () => saveReplacement(draft),
    onSuccess: async () => { message.success(t("energy:saved.ok")); await client.invalidateQueries({ queryKey: ["energy", net.place, "replacements"] }); close(); },
    onError: (err) => { message.error(problem(err), 10); },
  });
  return (
    <Drawer open size={720} onClose={close} title={t(was ? "replace.edit" : "replace.new")}
      extra={<Button type="primary" disabled={!draft.note.trim() || !draft.code || !draft.name.zh || !draft.equipment} loading={save.isPending} onClick={() => save.mutate()}>{t("common:save")}</Button>}>
      <div className="stack">
        <div className="row">
          <Input style={{ width: 140 }} aria-label={t("energy:code")} placeholder={t("energy:code")} disabled={was !== undefined} value={draft.code} maxLength={40} onChange={(e) => set({ code: e.target.value })} />
          <Select style={{ width: 240 }} aria-label={t("machine")} placeholder={t("machine")} showSearch={{ optionFilterProp: "label" }} value={draft.equipment || null} onChange={(v: string | null) => v && set({ equipment: v })} options={machines} />
          <Input style={{ width: 240 }} aria-label={t("new.name")} placeholder={t("new.name")} value={draft.name.zh} maxLength={60} onChange={(e) => set({ name: { ...draft.name, zh: e.target.value } })} />
        </div>
        <Field label={t("before")}><DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" allowClear={false} aria-label={t("before")} value={[dayjs(pickerDate(ms(draft.from))), dayjs(pickerDate(ms(draft.to)))]}
          onChange={(v: [Dayjs | null, Dayjs | null] | null) => v?.[0] && v[1] && set({ from: iso(ofPicker(v[0].toDate())), to: iso(ofPicker(v[1].toDate())) })} /></Field>
        <div className="row">
          <Field label={t("price")}><InputNumber style={{ width: 140 }} min={0} max={1e10} aria-label={t("price")} value={draft.price_fen / 100} onChange={(v) => set({ price_fen: Math.round((v ?? 0) * 100) })} /></Field>
          <Field label={t("state")}><Select style={{ width: 130 }} aria-label={t("state")} value={draft.state} onChange={(state: Replacement["state"]) => set({ state })} options={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} /></Field>
          <Field label={t("baseline")}><Select allowClear style={{ width: 200 }} aria-label={t("baseline")} value={draft.baseline ?? null} onChange={(code?: string | null) => setDraft(({ baseline: _was, ...x }) => (code ? { ...x, baseline: code } : x))} options={kept.map((b) => ({ value: b.code, label: name(b.name) }))} /></Field>
        </div>
        <Field label={t("basis")}><Select style={{ width: 260 }} aria-label={t("basis")} value={draft.basis} onChange={(basis: Replacement["basis"]) => set({ basis })} options={bases.map((b) => ({ value: b, label: t(`by.${b}`) }))} /></Field>
        {draft.basis === "grade" && <Grade draft={draft} set={set} />}
        {draft.basis !== "class" && <Figures draft={draft} set={set} />}
        <Input.TextArea aria-label={t("note")} placeholder={t("note")} value={draft.note} maxLength={300} rows={2} onChange={(e) => set({ note: e.target.value })} />
      </div>
    </Drawer>
  );
}

const Field = ({ label, children }: { label: string; children: ReactNode }) => <label>{label} {children}</label>;

interface Part { draft: Replacement; set: (more: Partial<Replacement>) => void }

function Grade({ draft, set }: Part) {
  const { t } = useTranslation("energyshare");
  const { name } = useLang();
  const all = useQuery(tables).data?.grades ?? [];
  const table = all.find((g) => g.id === draft.grade?.table);
  const row = table?.rows.find((r) => r.size === draft.grade?.size);
  return (
    <>
      <div className="row">
        <Select style={{ width: 340 }} aria-label={t("table")} placeholder={t("table")} value={draft.grade?.table ?? null} options={all.map((g) => ({ value: g.id, label: name(g.name) }))}
          onChange={(id: string | null) => { const g = all.find((x) => x.id === id); if (g) set({ grade: { table: g.id, size: g.rows[0]?.size ?? 0, grade: g.grades[0] ?? 1 }, unit: g.unit }); }} />
        {table && draft.grade && <Select style={{ width: 130 }} aria-label={t("size", { unit: table.by })} value={draft.grade.size} onChange={(size: number) => draft.grade && set({ grade: { ...draft.grade, size } })} options={table.rows.map((r) => ({ value: r.size, label: `${r.size} ${table.by}` }))} />}
        {table && draft.grade && <Select style={{ width: 170 }} aria-label={t("grade")} value={draft.grade.grade} onChange={(grade: number) => draft.grade && set({ grade: { ...draft.grade, grade } })} options={table.grades.map((g, i) => ({ value: g, label: t("grade.n", { n: g, value: `${row?.values[i] ?? "—"} ${table.unit}` }) }))} />}
      </div>
      {table && <p className="dim" style={{ margin: 0 }}>{t("table.source", { name: name(table.name), source: table.source, verified: table.verified === "unverified" ? t("unverified") : table.verified })}</p>}
    </>
  );
}

function Figures({ draft, set }: Part) {
  const { t } = useTranslation("energyshare");
  const offer = draft.basis === "offer";
  return (
    <div className="row">
      <Field label={t("old")}><InputNumber style={{ width: 110 }} min={0} aria-label={t("old")} value={draft.old ?? null} onChange={(v) => set({ old: v ?? 0 })} /></Field>
      {offer && <Field label={t("new")}><InputNumber style={{ width: 110 }} min={0} aria-label={t("new")} value={draft.new ?? null} onChange={(v) => set({ new: v ?? 0 })} /></Field>}
      {offer && <Field label={t("unit")}><Input style={{ width: 120 }} aria-label={t("unit")} value={draft.unit ?? ""} maxLength={40} onChange={(e) => set({ unit: e.target.value })} /></Field>}
      {offer && <Checkbox checked={draft.higher_is_better ?? false} onChange={(e) => set({ higher_is_better: e.target.checked })}>{t("higher")}</Checkbox>}
      <Input style={{ width: 300 }} aria-label={t("source")} placeholder={t("source")} value={draft.source ?? ""} maxLength={200} onChange={(e) => set({ source: e.target.value })} />
    </div>
  );
}

/** What is kept of an entry, without what was computed of it. */
function bare(v: ReplacementView): Replacement {
  const { equipment_path: _path, equipment_name: _name, used: _used, year_kwh: _year, saved_share: _share, saved_kwh_per_year: _kwh, saved_fen_per_year: _fen, payback_years: _years, why: _why, grade_table: _table, measured: _measured, measured_baseline_rev: _rev, ...kept } = v;
  return kept;
}
