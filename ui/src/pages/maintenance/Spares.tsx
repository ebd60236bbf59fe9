import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { Taken, WorkView } from "../../api/maintenance";
import { items, stock } from "../../api/material";
import { session } from "../../api/queries";
import { useProblem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";

/** Spares of a work order: taken out of stock, reserved, brought back. What it does to stock is booked in material. */
export function Spares({ o, may }: { o: WorkView; may: boolean }) {
  const { t } = useTranslation("spares");
  const { name, lang } = useLang();
  const [back, setBack] = useState<Taken>();
  return (
    <section className="panel" aria-label={t("spares")}>
      <h2>{t("spares")}</h2>
      {o.taken.length === 0 ? <p className="dim" style={{ margin: 0 }}>{t("spares.none")}</p> : (
        <table className="plain">
          <thead><tr><th>{t("item")}</th><th>{t("lot")}</th><th>{t("location")}</th><th className="r">{t("quantity")}</th><th>{t("by")}</th><th>{t("at")}</th><th><span className="vh">{t("return")}</span></th></tr></thead>
          <tbody>{o.taken.map((x) => <tr key={x.booking}><td><span className="mono">{x.item}</span> {name(x.name)}</td><td>{x.lot || "—"}</td><td className="mono">{x.location}</td><td className="r num">{x.quantity} {unitText(x.unit, lang)}</td><td>{x.by}</td><td className="num">{dateTime(x.at)}</td><td>{may && <Button size="small" onClick={() => setBack(x)} aria-label={`${t("return")} ${x.item}`}>{t("return")}</Button>}</td></tr>)}</tbody>
        </table>)}
      {o.kept.length > 0 && <p style={{ margin: "6px 0 0" }}>{t("kept")}：{o.kept.map((k) => `${k.item} ${k.quantity} ${unitText(k.unit, lang)}`).join("，")}</p>}
      {may && <Take o={o} />}
      {back && <Return o={o} spare={back} close={() => setBack(undefined)} />}
    </section>
  );
}

function useBooked(id: string, text: "taken.ok" | "kept.ok" | "returned.ok", done: () => void) {
  const { t } = useTranslation("spares");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  return {
    onSuccess: async () => { message.success(t(text)); done(); await client.invalidateQueries({ queryKey: ["work-orders", id] }); await client.invalidateQueries({ queryKey: ["/material/levels"] }); },
    onError: (err: unknown) => { message.error(problem(err), 10); },
  };
}

function Take({ o }: { o: WorkView }) {
  const { t } = useTranslation("spares");
  const { name } = useLang();
  const permissions = useQuery(session).data?.permissions ?? [];
  const [q, setQ] = useState("");
  const [item, setItem] = useState<string>();
  const [from, setFrom] = useState<string>();
  const [quantity, setQuantity] = useState("1");
  const [key, setKey] = useState(() => crypto.randomUUID());
  const found = useInfiniteQuery(items({ q })).data?.pages.flatMap((p) => p.items) ?? [];
  const lies = useInfiniteQuery({ ...stock({ item: item ?? "" }), enabled: item !== undefined }).data?.pages.flatMap((p) => p.items) ?? [];
  const chosen = lies.find((s) => `${s.location} ${s.number}` === from);
  const again = () => { setFrom(undefined); setKey(crypto.randomUUID()); };
  const take = useMutation({ mutationFn: () => api.post(`/maintenance/orders/${o.id}/spares`, { item, location: chosen?.location, quantity, key, ...(chosen?.number ? { lot: chosen.number } : {}) }), ...useBooked(o.id, "taken.ok", again) });
  const keep = useMutation({ mutationFn: (n: string) => api.put(`/maintenance/orders/${o.id}/spares/kept`, { item, quantity: n }), ...useBooked(o.id, "kept.ok", again) });
  return (
    <>
      <div className="row" style={{ marginTop: 8 }}>
        <Select showSearch={{ filterOption: false, onSearch: setQ }} style={{ width: 220 }} aria-label={t("item")} placeholder={t("item")} value={item ?? null} onChange={(v: string | null) => { setItem(v ?? undefined); setFrom(undefined); }} options={found.map((i) => ({ value: i.code, label: `${i.code} ${name(i.name)}` }))} />
        <Select style={{ width: 220 }} aria-label={t("location")} placeholder={t("location")} disabled={!item} value={from ?? null} onChange={(v: string | null) => setFrom(v ?? undefined)} options={lies.map((s) => ({ value: `${s.location} ${s.number}`, label: t("stock.at", { location: s.location, quantity: s.quantity, lot: s.number ? ` · ${s.number}` : "" }) }))} />
        <Input style={{ width: 80 }} aria-label={t("quantity")} value={quantity} onChange={(e) => setQuantity(e.target.value)} />
        <Button type="primary" disabled={!chosen || !quantity} loading={take.isPending} onClick={() => take.mutate()}>{t("take")}</Button>
        {(permissions.includes("material") || permissions.includes("plan")) && <Button disabled={!item || !quantity} loading={keep.isPending} onClick={() => keep.mutate(quantity)}>{t("keep")}</Button>}
        {o.kept.some((k) => k.item === item) && <Button onClick={() => keep.mutate("0")}>{t("unkeep")}</Button>}
      </div>
      <p className="dim" style={{ margin: "4px 0 0" }}>{t("hint")}</p>
    </>
  );
}

function Return({ o, spare, close }: { o: WorkView; spare: Taken; close: () => void }) {
  const { t } = useTranslation("spares");
  const [note, setNote] = useState("");
  const back = useMutation({ mutationFn: () => api.post(`/maintenance/orders/${o.id}/spares/return`, { booking: spare.booking, note }), ...useBooked(o.id, "returned.ok", close) });
  return (
    <Modal open title={`${t("return")} ${spare.item}`} okText={t("return")} okButtonProps={{ disabled: !note.trim() }} confirmLoading={back.isPending} onOk={() => back.mutate()} onCancel={close}>
      <label>{t("return.why")}<Input.TextArea autoFocus rows={2} maxLength={300} value={note} onChange={(e) => setNote(e.target.value)} /></label>
    </Modal>
  );
}
