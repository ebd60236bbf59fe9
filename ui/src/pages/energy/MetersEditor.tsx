import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Drawer, Input, InputNumber, Select } from "antd";
import { DeleteOutlined } from "@ant-design/icons";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { media, type Meter, meterRevisions, type Network, saveMeters, tables, type TariffUse } from "../../api/energy";
import { nodes } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso, ofPicker, pickerDate, shortTime } from "../../lib/time";
import { ChargesEditor } from "./ChargesEditor";
import { SharingEditor } from "./SharingEditor";

/** Lays the meters of a place out. Every saving is a revision with its reason. */
export function MetersEditor({ net, close }: { net: Network; close: (saved?: Network) => void }) {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [draft, setDraft] = useState<Network>({ ...net, note: "" });
  const [from, setFrom] = useState<Dayjs | null>(net.rev === 0 ? dayjs(pickerDate(Date.now() - 35 * 24 * 3_600_000)) : null);
  const all = useQuery(nodes).data ?? [];
  const past = useQuery(meterRevisions(net.place)).data ?? [];
  const place = all.find((n) => n.id === net.place);
  const machines = all.filter((n) => n.equipment && place && n.path.startsWith(`${place.path}/`)).map((n) => ({ value: n.id, label: `${name(n.name)} ${n.path.slice((place?.path.length ?? 0) + 1)}` }));
  const save = useMutation({
    mutationFn: () => saveMeters({ ...draft, from: iso(from ? ofPicker(from.toDate()) : Date.now()) }),
    onSuccess: async (saved) => { message.success(t("saved.ok")); await client.invalidateQueries({ queryKey: ["energy"] }); close(saved); },
    onError: (err) => { message.error(problem(err), 10); },
  });
  const meters = (change: (m: Meter[]) => Meter[]) => setDraft({ ...draft, meters: change([...draft.meters]) });
  const set = (i: number, more: (m: Meter) => Meter) => meters((ms) => ms.map((m, n) => (n === i ? more(m) : m)));
  return (
    <Drawer open size={1180} onClose={() => close()} title={`${t("editor")} · ${name(place?.name)}`} extra={<Button type="primary" disabled={!draft.note.trim()} loading={save.isPending} onClick={() => save.mutate()}>{t("common:save")}</Button>}>
      <div className="stack">
        <div className="row">
          <label>{t("in.force")} <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" aria-label={t("in.force")} placeholder={t("now")} value={from} onChange={(d: Dayjs | null) => setFrom(d)} /></label>
          <Input style={{ width: 360 }} maxLength={300} aria-label={t("reason.why")} placeholder={t("reason.why")} value={draft.note} onChange={(e) => setDraft({ ...draft, note: e.target.value })} />
        </div>
        <div className="scroll" tabIndex={0} role="group" aria-label={t("editor")} style={{ maxHeight: "55vh" }}><table className="plain">
          <thead><tr><th>{t("code")}</th><th>{t("name")}</th><th>{t("medium")}</th><th>{t("above")}</th><th>{t("machine")} / {t("formula")}</th><th>{t("signal")}</th><th>{t("reads")}</th><th>{t("limit")} kW</th><th aria-hidden /></tr></thead>
          <tbody>{draft.meters.map((m, i) => (
            <tr key={i}>
              <td><Input style={{ width: 110 }} aria-label={`${t("code")} ${i + 1}`} value={m.code} maxLength={40} onChange={(e) => set(i, (x) => ({ ...x, code: e.target.value }))} /></td>
              <td><Input style={{ width: 120 }} aria-label={`${t("name")} ${i + 1}`} value={m.name.zh} maxLength={60} onChange={(e) => set(i, (x) => ({ ...x, name: { ...x.name, zh: e.target.value } }))} /></td>
              <td><Select style={{ width: 90 }} aria-label={`${t("medium")} ${i + 1}`} value={m.medium} onChange={(medium: Meter["medium"]) => set(i, (x) => ({ ...x, medium }))} options={media.map((k) => ({ value: k, label: t(`medium.${k}`) }))} /></td>
              <td><Select style={{ width: 120 }} allowClear aria-label={`${t("above")} ${i + 1}`} value={m.above ?? null} onChange={(above?: string | null) => set(i, ({ above: _was, ...x }) => (above ? { ...x, above } : x))} options={draft.meters.filter((o) => o.code !== m.code).map((o) => ({ value: o.code, label: o.code }))} /></td>
              {m.formula !== undefined ? <td colSpan={3}><Input style={{ width: 420 }} aria-label={`${t("formula")} ${i + 1}`} value={m.formula} maxLength={500} onChange={(e) => set(i, (x) => ({ ...x, formula: e.target.value }))} /></td> : (
                <>
                  <td><Select style={{ width: 200 }} aria-label={`${t("machine")} ${i + 1}`} showSearch={{ optionFilterProp: "label" }} value={m.equipment ?? null} onChange={(v: string | null) => v && set(i, (x) => ({ ...x, equipment: v }))} options={machines} /></td>
                  <td><Input style={{ width: 120 }} aria-label={`${t("signal")} ${i + 1}`} value={m.signal ?? ""} maxLength={80} onChange={(e) => set(i, (x) => ({ ...x, signal: e.target.value }))} /></td>
                  <td><Select style={{ width: 90 }} aria-label={`${t("reads")} ${i + 1}`} value={m.reads ?? "counter"} onChange={(reads: "counter" | "rate") => set(i, (x) => ({ ...x, reads }))} options={(["counter", "rate"] as const).map((k) => ({ value: k, label: t(`reads.${k}`) }))} /></td>
                </>)}
              <td><InputNumber style={{ width: 90 }} min={0} aria-label={`${t("limit")} ${i + 1}`} disabled={m.medium !== "electricity"} value={m.limit_kw ?? null} onChange={(v) => set(i, ({ limit_kw: _was, ...x }) => (v ? { ...x, limit_kw: v } : x))} /></td>
              <td><Button size="small" icon={<DeleteOutlined />} aria-label={t("remove", { name: m.code })} onClick={() => meters((ms) => ms.filter((_, n) => n !== i))} /></td>
            </tr>))}</tbody>
        </table></div>
        <div className="row">
          <Button size="small" onClick={() => meters((ms) => [...ms, { code: `m_${ms.length + 1}`, name: { zh: "" }, medium: "electricity", signal: "energy.active", reads: "counter" }])}>{t("meter.add")}</Button>
          <Button size="small" onClick={() => meters((ms) => [...ms, { code: `v_${ms.length + 1}`, name: { zh: "" }, medium: "electricity", formula: "" }])}>{t("meter.computed")}</Button>
        </div>
        <SharingEditor meters={draft.meters} machines={machines} change={(ms) => setDraft({ ...draft, meters: ms })} />
        <ChargesEditor all={draft.charges ?? []} change={(charges) => setDraft({ ...draft, charges })} />
        <TariffUses all={draft.tariffs} change={(tariffs) => setDraft({ ...draft, tariffs })} />
        {past.length > 0 && <section aria-label={t("revisions")}><h3 style={{ margin: 0 }}>{t("revisions")}</h3><ul style={{ margin: 0 }}>{past.slice(0, 20).map((n) => <li key={n.rev}>{t("revision", { n: n.rev, at: shortTime(n.from), by: n.by })}：{n.note}</li>)}</ul></section>}
      </div>
    </Drawer>
  );
}

function TariffUses({ all, change }: { all: TariffUse[]; change: (t: TariffUse[]) => void }) {
  const { t } = useTranslation("energy");
  const { name } = useLang();
  const known = useQuery(tables).data?.tariffs ?? [];
  const set = (i: number, more: Partial<TariffUse>) => change(all.map((u, n) => (n === i ? { ...u, ...more } : u)));
  return (
    <section aria-label={t("tariffs")}>
      <h3 style={{ margin: 0 }}>{t("tariffs")}</h3>
      <table className="plain">
        <thead><tr><th>{t("tariff")}</th><th>{t("first.day")}</th><th>{t("base")}</th><th aria-hidden /></tr></thead>
        <tbody>{all.map((u, i) => (
          <tr key={i}>
            <td><Select style={{ width: 300 }} aria-label={`${t("tariff")} ${i + 1}`} value={u.tariff || null} onChange={(v: string | null) => v && set(i, { tariff: v })} options={known.map((k) => ({ value: k.id, label: `${name(k.name)}${k.verified === "unverified" ? `（${t("unverified")}）` : ""}` }))} /></td>
            <td><Input style={{ width: 130 }} aria-label={`${t("first.day")} ${i + 1}`} value={u.day} maxLength={10} onChange={(e) => set(i, { day: e.target.value })} /></td>
            <td><InputNumber style={{ width: 120 }} min={0} max={100} step={0.01} aria-label={`${t("base")} ${i + 1}`} value={u.base_micro_cny / 1e6} onChange={(v) => set(i, { base_micro_cny: Math.round((v ?? 0) * 1e6) })} /></td>
            <td><Button size="small" icon={<DeleteOutlined />} aria-label={t("remove", { name: u.tariff })} onClick={() => change(all.filter((_, n) => n !== i))} /></td>
          </tr>))}</tbody>
      </table>
      <Button size="small" onClick={() => change([...all, { tariff: known[0]?.id ?? "", day: "2026-01-01", base_micro_cny: 650_000 }])}>{t("tariff.add")}</Button>
    </section>
  );
}
