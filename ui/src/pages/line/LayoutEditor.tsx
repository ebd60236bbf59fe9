import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, DatePicker, Drawer, Input, InputNumber, Select } from "antd";
import { ArrowDownOutlined, ArrowUpOutlined, DeleteOutlined } from "@ant-design/icons";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { functions, lineLayouts, lineProposal, saveLayout, transfers, type LineLayout, type Station, type StationLink } from "../../api/line";
import { nodes } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso, ms, ofPicker, pickerDate, shortTime } from "../../lib/time";

/** Lays a line out: stations with machines, links with buffers. Every saving is a revision. */
export function LayoutEditor({ layout, close }: { layout: LineLayout; close: (saved?: LineLayout) => void }) {
  const { t } = useTranslation("line");
  const { name } = useLang();
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [draft, setDraft] = useState({ ...layout, note: "" });
  const [from, setFrom] = useState<Dayjs | null>(layout.rev === 0 ? dayjs(pickerDate(Date.now() - 24 * 3_600_000)) : null);
  const all = useQuery(nodes).data ?? [];
  const past = useQuery(lineLayouts(layout.line)).data ?? [];
  const place = all.find((n) => n.id === layout.line);
  const machines = all.filter((n) => n.equipment && !n.equipment.excluded && place && n.path.startsWith(`${place.path}/`));
  const save = useMutation({
    mutationFn: () => saveLayout({ ...draft, from: iso(from ? ofPicker(from.toDate()) : Date.now()) }),
    onSuccess: async (saved) => { message.success(t("saved")); await client.invalidateQueries({ queryKey: ["lines"] }); close(saved); },
    onError: (err) => { message.error(problem(err), 10); },
  });
  const reset = useMutation({ mutationFn: () => lineProposal(layout.line), onSuccess: (l) => setDraft({ ...draft, stations: l.stations, links: l.links }), onError: (err) => { message.error(problem(err), 10); } });
  const stations = (change: (s: Station[]) => Station[]) => setDraft({ ...draft, stations: change([...draft.stations]) });
  const links = (change: (l: StationLink[]) => StationLink[]) => setDraft({ ...draft, links: change([...draft.links]) });
  return (
    <Drawer open size={980} onClose={() => close()} title={`${t("editor")} · ${name(place?.name)}`} extra={<Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>{t("common:save")}</Button>}>
      <div className="stack">
        <div className="row">
          <label>{t("in.force")} <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" aria-label={t("in.force")} placeholder={t("now")} value={from} onChange={(d: Dayjs | null) => setFrom(d)} /></label>
          <Input style={{ width: 320 }} maxLength={300} aria-label={t("note")} placeholder={t("note")} value={draft.note} onChange={(e) => setDraft({ ...draft, note: e.target.value })} />
          <Button loading={reset.isPending} onClick={() => reset.mutate()}>{t("reset")}</Button>
        </div>
        <Stations all={draft.stations} machines={machines.map((m) => ({ value: m.id, label: `${name(m.name)} ${m.path.slice((place?.path.length ?? 0) + 1)}` }))} change={stations} rename={(was, is) => setDraft({
          ...draft, stations: draft.stations.map((s) => (s.code === was ? { ...s, code: is } : s)),
          links: draft.links.map((k) => ({ ...k, from: k.from === was ? is : k.from, to: k.to === was ? is : k.to })),
        })} remove={(code) => setDraft({ ...draft, stations: draft.stations.filter((s) => s.code !== code), links: draft.links.filter((k) => k.from !== code && k.to !== code) })} />
        <Links all={draft.links} stations={draft.stations.map((s) => ({ value: s.code, label: `${s.code} ${name(s.name)}` }))} change={links} />
        {past.length > 0 && (
          <section aria-label={t("revisions")}><h3 style={{ margin: 0 }}>{t("revisions")}</h3>
            <ul style={{ margin: 0 }}>{[...past].sort((a, b) => ms(b.at) - ms(a.at)).slice(0, 20).map((l) => <li key={l.rev}>{t("revision", { n: l.rev, at: shortTime(l.from), by: l.by })}{l.note ? `：${l.note}` : ""}</li>)}</ul>
          </section>)}
      </div>
    </Drawer>
  );
}

interface StationsProps { all: Station[]; machines: { value: string; label: string }[]; change: (f: (s: Station[]) => Station[]) => void; rename: (was: string, is: string) => void; remove: (code: string) => void }

function Stations({ all, machines, change, rename, remove }: StationsProps) {
  const { t } = useTranslation("line");
  const set = (i: number, more: Partial<Station>) => change((s) => s.map((one, n) => (n === i ? { ...one, ...more } : one)));
  const swap = (i: number, j: number) => change((s) => s.map((one, n) => (n === i ? (s[j] ?? one) : n === j ? (s[i] ?? one) : one)));
  const free = (own: string[]) => machines.filter((m) => own.includes(m.value) || !all.some((s) => s.machines.includes(m.value)));
  return (
    <section aria-label={t("editor.station")}>
      <h3 style={{ margin: 0 }}>{t("editor.station")}</h3>
      <table className="plain">
        <thead><tr><th>{t("code")}</th><th>{t("name.zh")}</th><th>{t("function")}</th><th style={{ width: "40%" }}>{t("station.machines")}</th><th aria-hidden /></tr></thead>
        <tbody>{all.map((s, i) => (
          <tr key={i}>
            <td><Input style={{ width: 110 }} aria-label={`${t("code")} ${i + 1}`} value={s.code} maxLength={40} onChange={(e) => rename(s.code, e.target.value)} /></td>
            <td><Input style={{ width: 130 }} aria-label={`${t("name.zh")} ${i + 1}`} value={s.name.zh} maxLength={60} onChange={(e) => set(i, { name: { ...s.name, zh: e.target.value } })} /></td>
            <td><Select style={{ width: 110 }} aria-label={`${t("function")} ${i + 1}`} value={s.function} onChange={(f: Station["function"]) => set(i, { function: f })} options={functions.map((f) => ({ value: f, label: t(`function.${f}`) }))} /></td>
            <td><Select mode="multiple" style={{ width: "100%" }} aria-label={`${t("station.machines")} ${i + 1}`} showSearch={{ optionFilterProp: "label" }} maxTagCount={3} value={s.machines} onChange={(m: string[]) => set(i, { machines: m })} options={free(s.machines)} /></td>
            <td style={{ whiteSpace: "nowrap" }}>
              <Button size="small" icon={<ArrowUpOutlined />} disabled={i === 0} aria-label={`↑ ${s.code}`} onClick={() => swap(i, i - 1)} />
              <Button size="small" icon={<ArrowDownOutlined />} disabled={i === all.length - 1} aria-label={`↓ ${s.code}`} onClick={() => swap(i, i + 1)} />
              <Button size="small" icon={<DeleteOutlined />} aria-label={t("remove.station", { code: s.code })} onClick={() => remove(s.code)} />
            </td>
          </tr>))}</tbody>
      </table>
      <Button size="small" onClick={() => change((s) => [...s, { code: `op${10 * (s.length + 1)}`, name: { zh: "" }, function: "machining", machines: [] }])}>{t("station.add")}</Button>
    </section>
  );
}

function Links({ all, stations, change }: { all: StationLink[]; stations: { value: string; label: string }[]; change: (f: (l: StationLink[]) => StationLink[]) => void }) {
  const { t } = useTranslation("line");
  const set = (i: number, more: Partial<StationLink>) => change((l) => l.map((one, n) => (n === i ? { ...one, ...more } : one)));
  const bare = (k: StationLink, capacity: number | null): StationLink => {
    const { capacity: _was, ...rest } = k;
    return capacity === null ? rest : { ...rest, capacity };
  };
  return (
    <section aria-label={t("link")}>
      <h3 style={{ margin: 0 }}>{t("link")}</h3>
      <table className="plain">
        <thead><tr><th>{t("link.from")}</th><th>{t("link.to")}</th><th>{t("transfer")}</th><th>{t("move")}</th><th>{t("capacity")}</th><th>{t("take")}</th><th aria-hidden /></tr></thead>
        <tbody>{all.map((k, i) => (
          <tr key={i}>
            <td><Select style={{ width: 170 }} aria-label={`${t("link.from")} ${i + 1}`} value={k.from} options={stations} onChange={(from: string) => set(i, { from })} /></td>
            <td><Select style={{ width: 170 }} aria-label={`${t("link.to")} ${i + 1}`} value={k.to} options={stations} onChange={(to: string) => set(i, { to })} /></td>
            <td><Select style={{ width: 110 }} aria-label={`${t("transfer")} ${i + 1}`} value={k.transfer} options={transfers.map((x) => ({ value: x, label: t(`transfer.${x}`) }))} onChange={(x: StationLink["transfer"]) => set(i, { transfer: x })} /></td>
            <td><InputNumber style={{ width: 90 }} min={0} max={86_400} aria-label={`${t("move")} ${i + 1}`} value={k.move_ms / 1000} onChange={(n) => set(i, { move_ms: Math.round((n ?? 0) * 1000) })} /></td>
            <td><InputNumber style={{ width: 100 }} min={0} max={1_000_000} precision={0} aria-label={`${t("capacity")} ${i + 1}`} placeholder={t("capacity.none")} value={k.capacity ?? null} onChange={(n) => change((l) => l.map((one, m) => (m === i ? bare(one, n) : one)))} /></td>
            <td><InputNumber style={{ width: 80 }} min={1} max={10_000} precision={0} aria-label={`${t("take")} ${i + 1}`} value={k.take} onChange={(n) => set(i, { take: n ?? 1 })} /></td>
            <td><Button size="small" icon={<DeleteOutlined />} aria-label={t("remove.link", { from: k.from, to: k.to })} onClick={() => change((l) => l.filter((_, n) => n !== i))} /></td>
          </tr>))}</tbody>
      </table>
      <Button size="small" disabled={stations.length < 2} onClick={() => change((l) => [...l, { from: stations.at(-2)?.value ?? "", to: stations.at(-1)?.value ?? "", transfer: "manual", move_ms: 0, take: 1 }])}>{t("link.add")}</Button>
    </section>
  );
}
