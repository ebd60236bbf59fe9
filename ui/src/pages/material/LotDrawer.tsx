import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Input, Modal, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { lot as lotQuery, type LotView, recallPath, type Stock } from "../../api/material";
import { session } from "../../api/queries";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { BirthPanel } from "./BirthPanel";
import { EntryTable } from "./EntriesTab";
import { GenealogyPanel } from "./GenealogyPanel";
import { useMay, useStep } from "./parts";
import { useSay } from "../../i18n/useSay";

/** One lot: where it lies, how it was made, what it was made of, and where it went. */
export function LotDrawer({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation("material");
  const query = useQuery(lotQuery(id));
  return (
    <Drawer open onClose={close} size={980} title={query.data ? `${query.data.of.code} · ${query.data.number || t("untracked")}` : id}>
      {query.data ? <LotPanel v={query.data} /> : <Waiting query={query} />}
    </Drawer>
  );
}

function LotPanel({ v }: { v: LotView }) {
  const { t } = useTranslation("material");
  const say = useSay();
  const { lang, name } = useLang();
  // Genealogy concerns the whole plant: who sees a part of it is not asked for it.
  const whole = useQuery(session).data?.whole.includes("read") ?? false;
  const facts: [string, string | undefined][] = [
    [t("item"), name(v.of.name)], [t("origin"), v.origin && t(`what.${v.origin}`)], [t("since"), v.since && dateTime(v.since)], [t("expires"), v.expires],
    [t("supplier"), v.party], [t("paper"), v.paper], [t("order"), v.order && `${v.order}${v.job ? `-${v.job}` : ""}`], [t("by"), v.by],
  ];
  return (
    <div className="stack">
      {v.blocked && <Alert type="error" showIcon title={t("blocked.why", { why: v.reason ?? "" })} />}
      {v.expired && <Alert type="warning" showIcon title={t("expired")} />}
      {v.doubts.map((d) => <Alert key={d.entry} type="warning" showIcon title={t("doubt.at", { at: dateTime(d.at), why: say(d.why) })} />)}
      <div className="row">
        {whole && <Button href={address(recallPath(v.id), { format: "xlsx" })}>{t("recall.xlsx")}</Button>}
        {whole && <Button href={address(recallPath(v.id), { format: "csv" })}>{t("recall.csv")}</Button>}
        <Button href={address("/material/labels", { kind: "lot", id: v.id, format: "pdf" })}>{t("label.pdf")}</Button>
        <Button href={address("/material/labels", { kind: "lot", id: v.id, format: "zpl" })}>{t("label.zpl")}</Button>
        <Block v={v} />
      </div>
      <dl className="row" style={{ gap: 24, margin: 0 }}>
        {facts.filter(([, value]) => value).map(([label, value]) => <div key={label}><dt className="dim">{label}</dt><dd style={{ margin: 0 }}>{value}</dd></div>)}
        <div><dt className="dim">{t("code")}</dt><dd className="mono" style={{ margin: 0 }}>{v.code}</dd></div>
      </dl>
      <section className="panel">
        <h2>{t("stock.where")}</h2>
        <Table<Stock> size="small" rowKey="location" pagination={false} dataSource={v.stock} locale={{ emptyText: t("stock.nowhere") }} scroll={{ x: 500 }}
          columns={[
            { title: t("location"), dataIndex: "location" },
            { title: t("location.kind"), key: "kind", render: (_, s) => t(`kind.${s.kind}`) },
            { title: t("quantity"), key: "quantity", align: "right", render: (_, s) => <span className="num">{s.quantity} {unitText(v.of.unit, lang)}</span> },
            { title: t("doubts"), key: "doubts", render: (_, s) => s.doubts.map((d) => say(d.why)).join("；") },
          ]} />
      </section>
      {whole && v.order && <BirthPanel id={v.id} />}
      {whole && <GenealogyPanel id={v.id} />}
      <section className="panel"><h2>{t("tab.entries")}</h2><EntryTable rows={v.entries} loading={false} /></section>
    </div>
  );
}

/** Blocks a lot, or lets it be used again, with the reason. */
function Block({ v }: { v: LotView }) {
  const { t } = useTranslation("material");
  const { keeps } = useMay();
  const [open, setOpen] = useState(false);
  const [why, setWhy] = useState("");
  const save = useStep(() => api.post("/material/entries", { item: v.item, lot: v.number, ...(v.blocked ? { what: "unblocked", note: why } : { what: "blocked", reason: why }) }), () => { setOpen(false); setWhy(""); });
  if (!keeps || !v.number) return null;
  const label = t(v.blocked ? "unblock" : "block");
  return (
    <>
      <Button danger={!v.blocked} onClick={() => setOpen(true)}>{label}</Button>
      <Modal open={open} title={label} okText={label} okButtonProps={{ disabled: !why.trim(), loading: save.isPending }} onOk={() => save.mutate(undefined)} onCancel={() => setOpen(false)} destroyOnHidden>
        <Input aria-label={t("why")} placeholder={t("why")} maxLength={200} value={why} onChange={(e) => setWhy(e.target.value)} />
      </Modal>
    </>
  );
}
