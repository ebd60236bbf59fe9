import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Empty, Input, Modal, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Entry, entries } from "../../api/material";
import { Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { ItemPicker, LocationPicker, More, useMaterialSearch, useMay, useStep } from "./parts";

/** Everything that was booked, the newest first. */
export function EntriesTab() {
  const { t } = useTranslation("material");
  const [search, set] = useMaterialSearch();
  const list = useInfiniteQuery(entries({ item: search.item, location: search.location, order: search.order }));
  return (
    <div className="stack">
      <div className="row">
        <ItemPicker label={t("item")} value={search.item} width={200} onChange={(item) => set({ item })} />
        <LocationPicker label={t("location")} value={search.location} width={200} onChange={(location) => set({ location })} />
        <Input.Search style={{ width: 200 }} key={search.order ?? ""} defaultValue={search.order} allowClear aria-label={t("order")} placeholder={t("order")} onSearch={(order) => set({ order: order || undefined })} />
      </div>
      {list.isError && <Problem error={list.error} />}
      <EntryTable rows={list.data?.pages.flatMap((p) => p.items) ?? []} loading={list.isLoading} />
      <More list={list} />
    </div>
  );
}

export function EntryTable({ rows, loading }: { rows: Entry[]; loading: boolean }) {
  const { t } = useTranslation("material");
  const [, set] = useMaterialSearch();
  const { keeps, reports } = useMay();
  const [gone, setGone] = useState<Entry>();
  const [note, setNote] = useState("");
  const withdraw = useStep(() => api.post("/material/entries", { what: "withdrawn", entry: gone?.id, note }), () => { setGone(undefined); setNote(""); });
  return (
    <>
      <Table<Entry> size="small" rowKey={(e) => e.id ?? ""} loading={loading} dataSource={rows} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("entries.none")} /> }}
        columns={[
          { title: t("at"), key: "at", width: 160, render: (_, e) => (e.at ? dateTime(e.at) : "") },
          { title: t("what"), key: "what", width: 90, render: (_, e) => <>{t(`what.${e.what}`)}{e.derived && <span className="chip" title={t("derived.more", { made: e.derived.made, per: e.derived.per })}>{t("derived")}</span>}</> },
          { title: t("item"), dataIndex: "item", width: 120 },
          { title: t("lot"), key: "lot", width: 150, render: (_, e) => (e.lot ? <button type="button" className="figbtn" onClick={() => set({ lot: `${e.item}:${e.lot}` })}>{e.lot}</button> : "—") },
          { title: t("quantity"), key: "quantity", align: "right", width: 110, render: (_, e) => <span className="num">{e.quantity}</span> },
          { title: t("way"), key: "way", width: 200, render: (_, e) => [e.from, e.to].filter(Boolean).join(" → ") },
          { title: t("for"), key: "for", render: (_, e) => [e.order && `${e.order}${e.job ? `-${e.job}` : ""}`, e.into && `→ ${e.into}`, e.party, e.reason, e.note].filter(Boolean).join(" · ") },
          { title: t("by"), dataIndex: "by", width: 90, ellipsis: true },
          { title: t("actions"), key: "do", width: 90, render: (_, e) => (keeps || reports) && <Button size="small" aria-label={`${t("withdraw")} ${e.id ?? ""}`} onClick={() => setGone(e)}>{t("withdraw")}</Button> },
        ]} />
      <Modal open={!!gone} title={t("withdraw.title")} okText={t("withdraw")} okButtonProps={{ disabled: !note.trim(), loading: withdraw.isPending }} onOk={() => withdraw.mutate(undefined)} onCancel={() => setGone(undefined)} destroyOnHidden>
        <Input.TextArea aria-label={t("why")} placeholder={t("why")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} autoSize={{ minRows: 2 }} />
      </Modal>
    </>
  );
}
