import { useQuery } from "@tanstack/react-query";
import { Button, Form, Input, InputNumber, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Flushed, type Proposal, type Reservation, reservations } from "../../api/material";
import type { List } from "../../api/types";
import { Problem } from "../../components/Status";
import { useMaterialSearch, useMay, useStep } from "./parts";

/** What is kept for orders, which lots to take for one, and what a job used up. */
export function OrdersTab() {
  const { t } = useTranslation("material");
  const [search, set] = useMaterialSearch();
  const { keeps, reports, plans } = useMay();
  const list = useQuery(reservations({ order: search.order }));
  return (
    <div className="stack">
      <div className="row"><Input.Search style={{ width: 220 }} key={search.order ?? ""} defaultValue={search.order} allowClear aria-label={t("order")} placeholder={t("order")} onSearch={(order) => set({ order: order || undefined })} /></div>
      {list.isError && <Problem error={list.error} />}
      <Table<Reservation> size="small" rowKey={(r) => `${r.order} ${r.item}`} loading={list.isLoading} dataSource={list.data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 700 }} locale={{ emptyText: t("reserved.none") }}
        columns={[
          { title: t("order"), dataIndex: "order" }, { title: t("item"), dataIndex: "item" },
          { title: t("reserved.quantity"), key: "quantity", align: "right", render: (_, r) => <span className="num">{r.quantity}</span> },
          { title: t("reserved.used"), key: "used", align: "right", render: (_, r) => <span className="num">{r.used}</span> },
          { title: t("by"), dataIndex: "by" },
        ]} />
      {(keeps || plans) && <Reserve order={search.order} />}
      {(keeps || reports) && <Backflush order={search.order} />}
    </div>
  );
}

function Reserve({ order }: { order: string | undefined }) {
  const { t } = useTranslation("material");
  const [found, setFound] = useState<Proposal[]>();
  const save = useStep((v: { order: string }) => api.post<List<Proposal>>("/material/reservations", v), (r) => setFound(r.items));
  return (
    <section className="panel stack">
      <h2>{t("reserve")}</h2>
      <Form layout="inline" initialValues={{ order }} onFinish={(v: { order: string }) => save.mutate(v)}>
        <Form.Item name="order" label={t("order")} rules={[{ required: true, message: t("needed") }]}><Input maxLength={40} /></Form.Item>
        <Button htmlType="submit" loading={save.isPending}>{t("reserve.do")}</Button>
      </Form>
      {found && <Table<Proposal> size="small" rowKey="item" pagination={false} dataSource={found} locale={{ emptyText: t("reserve.nothing") }} scroll={{ x: 600 }}
        columns={[
          { title: t("item"), dataIndex: "item" },
          { title: t("proposal"), key: "picks", render: (_, p) => p.picks.map((k) => <div key={`${k.lot} ${k.location}`}>{[k.number, k.location, k.quantity, k.expires].filter(Boolean).join(" · ")}</div>) },
          { title: t("short"), key: "short", align: "right", render: (_, p) => <span className="num">{p.short}</span> },
          { title: t("reserved.others"), key: "reserved", align: "right", render: (_, p) => <span className="num">{p.reserved}</span> },
        ]} />}
    </section>
  );
}

function Backflush({ order }: { order: string | undefined }) {
  const { t } = useTranslation("material");
  const [done, setDone] = useState<Flushed[]>();
  const save = useStep((v: { order: string; job: number }) => api.post<List<Flushed>>("/material/backflush", v), (r) => setDone(r.items));
  const needed = [{ required: true, message: t("needed") }];
  return (
    <section className="panel stack">
      <h2>{t("flush")}</h2>
      <span className="dim">{t("flush.lead")}</span>
      <Form layout="inline" initialValues={{ order, job: 10 }} onFinish={(v: { order: string; job: number }) => save.mutate(v)}>
        <Form.Item name="order" label={t("order")} rules={needed}><Input maxLength={40} /></Form.Item>
        <Form.Item name="job" label={t("job")} rules={needed}><InputNumber min={1} max={9999} precision={0} /></Form.Item>
        <Button htmlType="submit" loading={save.isPending}>{t("flush.do")}</Button>
      </Form>
      {done && <Table<Flushed> size="small" rowKey="item" pagination={false} dataSource={done} locale={{ emptyText: t("flush.nothing") }} scroll={{ x: 700 }}
        columns={[
          { title: t("item"), dataIndex: "item" },
          { title: t("flush.due"), key: "due", align: "right", render: (_, f) => <span className="num" title={t("derived.more", { made: f.made, per: f.per })}>{f.due}</span> },
          { title: t("flush.before"), key: "before", align: "right", render: (_, f) => <span className="num">{f.before}</span> },
          { title: t("flush.booked"), key: "booked", align: "right", render: (_, f) => <span className="num">{f.booked}</span> },
          { title: t("short"), key: "short", align: "right", render: (_, f) => <span className="num">{f.short}</span> },
          { title: t("note"), key: "problem", render: (_, f) => f.problem ?? "" },
        ]} />}
    </section>
  );
}
