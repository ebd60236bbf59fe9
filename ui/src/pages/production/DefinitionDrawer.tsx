import { useQuery } from "@tanstack/react-query";
import { Alert, Button, DatePicker, Drawer, Input, Modal, Select, Table, Tabs } from "antd";
import dayjs, { type Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Definition, definitionPath, type Material, revisions, type Segment, stepAt } from "../../api/production";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { fixed, percent, span } from "../../lib/format";
import { dateTime, iso, ofPicker, pickerDate } from "../../lib/time";
import { DefinitionEditor } from "./DefinitionEditor";
import { filePath } from "./Documents";
import { DefinitionTag, useChange, useNames, useUnit } from "./parts";

interface Props { product: string; revision: number; may: boolean; show: (revision: number) => void; close: () => void }

/** One revision: what goes in, in which steps it is made, and when it holds. */
export function DefinitionDrawer({ product, revision, may, show, close }: Props) {
  const { t } = useTranslation("production");
  const names = useNames();
  const all = useQuery(revisions(product));
  const d = all.data?.find((r) => r.revision === revision);
  const [editing, setEditing] = useState<"draft" | "next">();
  return (
    <Drawer open onClose={close} size={1000} title={`${names.product(product)} · ${t("revision.n", { n: revision })}`} extra={d && may && <Acts d={d} edit={setEditing} />}>
      {!d ? <Waiting query={all} /> : (
        <div className="stack">
          <dl className="kv panel" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(180px, 1fr))" }}>
            <div><dt>{t("revision")}</dt><dd><Select size="small" aria-label={t("revision")} style={{ minWidth: 150 }} value={d.revision} onChange={show} options={(all.data ?? []).map((r) => ({ value: r.revision, label: `${r.revision} · ${t(`def.${r.state}`)}` }))} /></dd></div>
            <div><dt>{t("state")}</dt><dd><DefinitionTag of={d} /></dd></div>
            <div><dt>{t("defs.valid")}</dt><dd>{d.valid.from ? `${dateTime(d.valid.from)} – ${d.valid.to ? dateTime(d.valid.to) : t("open.end")}` : "—"}</dd></div>
            <div><dt>{t("changed")}</dt><dd>{d.by} <span className="dim">{d.at ? dateTime(d.at) : ""}</span></dd></div>
          </dl>
          {d.state === "blocked" && <Alert type="error" showIcon title={`${t("def.blocked")}：${d.reason ?? ""}`} />}
          {d.note && <p style={{ margin: 0 }}><b>{t("note.new")}</b> {d.note}</p>}
          <Tabs items={[
            { key: "routing", label: t("tab.routing", { n: d.segments.length }), children: <Routing d={d} /> },
            { key: "bill", label: t("tab.bill", { n: d.materials.length }), children: <Bill d={d} /> },
          ]} />
          <div className="row"><Button size="small" onClick={() => download(`${d.product}-${d.revision}.json`, JSON.stringify(d, null, 2), "application/json")}>{t("export.json")}</Button></div>
        </div>)}
      {d && editing && <DefinitionEditor of={d} draft={editing === "draft"} close={() => setEditing(undefined)} saved={(s) => { setEditing(undefined); show(s.revision); }} />}
    </Drawer>
  );
}

function Routing({ d }: { d: Definition }) {
  const { t } = useTranslation("production");
  const { lang, name } = useLang();
  const { place } = useNames();
  const extras = (s: Segment): string[] => [
    s.family ? `${t("seg.family")} ${s.family}` : "", s.skills?.length ? `${t("seg.skills")} ${s.skills.join("、")}` : "", s.tools?.length ? `${t("seg.tools")} ${s.tools.join("、")}` : "",
    s.first_piece ? t("seg.first") : "", s.operators && s.operators > 1 ? t("seg.crew.n", { n: s.operators }) : "", s.overlap ? t("seg.overlap.n", { n: s.overlap }) : "",
    s.scrap_ppm ? `${t("seg.scrap")} ${percent(s.scrap_ppm / 1e6, 2)}` : "", s.move_ms ? `${t("seg.move")} ${span(s.move_ms, lang)}` : "",
    s.min_wait_ms ? `${t("seg.min")} ${span(s.min_wait_ms, lang)}` : "", s.max_wait_ms ? `${t("seg.max")} ${span(s.max_wait_ms, lang)}` : "",
  ].filter(Boolean);
  return (
    <Table<Segment> size="small" rowKey="no" pagination={false} dataSource={d.segments} scroll={{ x: 800 }}
      columns={[
        { title: t("seg.no"), dataIndex: "no", width: 80, align: "right" },
        { title: t("seg.name"), key: "name", width: 150, render: (_, s) => <>{name(s.name)}{s.begins ? <div className="dim">{t("seg.begins")}</div> : s.after?.length ? <div className="dim">{t("seg.after.n", { n: s.after.join("、") })}</div> : null}</> },
        { title: t("seg.where"), key: "where", render: (_, s) => (s.outside ? `${t("seg.outside")} ${s.outside.supplier} · ${span(s.outside.lead_ms, lang)}`
          : s.alternatives.map((a) => <div key={a.equipment}>{place(a.equipment)} <span className="dim">{t("seg.times", { setup: fixed(a.setup_ms / 60_000, 1), run: fixed(a.run_ms / 1000, 1) })}{a.batch ? ` · ${t("seg.batch.n", { n: a.batch })}` : ""}</span></div>)) },
        { title: t("seg.more"), key: "more", width: 280, render: (_, s) => <>{extras(s).map((x) => <span key={x} className="chip" style={{ marginRight: 4, whiteSpace: "normal" }}>{x}</span>)}{(s.documents ?? []).map((f) => <div key={f.sha256}><a href={filePath(f.sha256)} target="_blank" rel="noreferrer">{t(`doc.${f.kind}`)}《{f.title}》</a></div>)}</> },
      ]} />
  );
}

function Bill({ d }: { d: Definition }) {
  const { t } = useTranslation("production");
  const unit = useUnit();
  const { product } = useNames();
  return (
    <Table<Material> size="small" rowKey={(m) => `${m.item}/${m.segment ?? 0}`} pagination={false} dataSource={d.materials} locale={{ emptyText: <Nothing text={t("bill.none")} /> }}
      columns={[
        { title: t("item"), key: "item", render: (_, m) => <>{product(m.item)} <span className="dim mono">{m.item}</span></> },
        { title: t("bill.quantity"), key: "quantity", width: 160, align: "right", render: (_, m) => `${m.quantity} ${unit(m.unit)}` },
        { title: t("bill.segment"), key: "segment", width: 140, align: "right", render: (_, m) => m.segment ?? d.segments[0]?.no },
      ]} />
  );
}

function Acts({ d, edit }: { d: Definition; edit: (how: "draft" | "next") => void }) {
  const { t } = useTranslation("production");
  const [asking, setAsking] = useState<"released" | "blocked">();
  const unblock = useChange(() => stepAt(`${definitionPath(d)}/state`, d.rev, { state: "released" }));
  return (
    <span className="row">
      {d.state === "draft" && <Button onClick={() => edit("draft")}>{t("edit.draft")}</Button>}
      <Button onClick={() => edit("next")}>{t("defs.next")}</Button>
      {d.state === "draft" && <Button type="primary" onClick={() => setAsking("released")}>{t("def.release")}</Button>}
      {d.state === "released" && <Button danger onClick={() => setAsking("blocked")}>{t("def.block")}</Button>}
      {d.state === "blocked" && <Button loading={unblock.isPending} onClick={() => unblock.mutate(undefined)}>{t("def.unblock")}</Button>}
      {asking === "released" && <Release d={d} close={() => setAsking(undefined)} />}
      {asking === "blocked" && <Block d={d} close={() => setAsking(undefined)} />}
    </span>
  );
}

function Release({ d, close }: { d: Definition; close: () => void }) {
  const { t } = useTranslation("production");
  const [from, setFrom] = useState<Dayjs | null>(dayjs(pickerDate(Date.now())));
  const [to, setTo] = useState<Dayjs | null>(null);
  const send = useChange(() => stepAt(`${definitionPath(d)}/state`, d.rev, { state: "released", valid: { from: from ? iso(ofPicker(from.toDate())) : undefined, to: to ? iso(ofPicker(to.toDate())) : undefined } }), close);
  return (
    <Modal open title={t("def.release.title", { product: d.product, n: d.revision })} onCancel={close} onOk={() => send.mutate(undefined)} confirmLoading={send.isPending} okText={t("def.release")} cancelText={t("common:cancel")}>
      <p className="dim">{t("def.release.hint")}</p>
      <div className="row">
        <label>{t("valid.from")} <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" aria-label={t("valid.from")} value={from} onChange={setFrom} /></label>
        <label>{t("valid.to")} <DatePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" aria-label={t("valid.to")} placeholder={t("open.end")} value={to} onChange={setTo} /></label>
      </div>
    </Modal>
  );
}

function Block({ d, close }: { d: Definition; close: () => void }) {
  const { t } = useTranslation("production");
  const [reason, setReason] = useState("");
  const send = useChange(() => stepAt(`${definitionPath(d)}/state`, d.rev, { state: "blocked", reason }), close);
  return (
    <Modal open title={t("def.block.title", { product: d.product, n: d.revision })} onCancel={close} onOk={() => send.mutate(undefined)} confirmLoading={send.isPending} okText={t("def.block")} okButtonProps={{ danger: true, disabled: !reason.trim() }} cancelText={t("common:cancel")}>
      <p className="dim">{t("def.block.hint")}</p>
      <label>{t("reason")}<Input.TextArea rows={3} maxLength={1000} value={reason} onChange={(e) => setReason(e.target.value)} /></label>
    </Modal>
  );
}
