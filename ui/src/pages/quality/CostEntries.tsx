import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Button, DatePicker, Drawer, Form, Input, InputNumber, Popconfirm, Select, Table } from "antd";
import type { Dayjs } from "dayjs";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { categories, type CostEntry, costEntries, enterable } from "../../api/cost";
import { products } from "../../api/queries";
import { cases } from "../../api/quality";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { newKey } from "../../lib/key";
import { day8, iso, ofPicker } from "../../lib/time";
import { PlacePicker, useMay, useQualitySearch, useStep } from "./parts";

/** Costs that people entered; what was mistyped is withdrawn and stays to be seen. */
export function CostEntries() {
  const { t } = useTranslation("qualitycost");
  const { name } = useLang();
  const [search, set] = useQualitySearch();
  const { plans } = useMay();
  const [adding, setAdding] = useState(false);
  const [why, setWhy] = useState("");
  const list = useInfiniteQuery(costEntries(search.scope));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const withdraw = useStep((id: string) => api.post(`/quality/cost-entries/${id}/withdrawal`, { reason: why }), () => setWhy(""));
  return (
    <>
      <div className="row"><ScopePicker value={search.scope} set={(scope) => set({ scope })} /><span className="fill" />{plans && <Button type="primary" onClick={() => setAdding(true)}>{t("entry.add")}</Button>}</div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<CostEntry> size="small" rowKey={(e) => e.id ?? ""} loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t("entries.none")} /> }}
        columns={[
          { title: t("entry.at"), key: "at", width: 110, render: (_, e) => <span className="num">{e.at && day8(e.at)}</span> }, { title: t("category"), key: "c", width: 100, render: (_, e) => t(`category.${e.category}`) }, { title: t("what"), key: "w", width: 100, render: (_, e) => t(`what.${e.what}`) },
          { title: t("yuan"), key: "f", width: 110, align: "right", sorter: (a, b) => a.fen - b.fen, render: (_, e) => <span className="num">{fixed(e.fen / 100, 2)}</span> }, { title: t("entry.text"), key: "t", render: (_, e) => <>{e.text}{e.withdrawn && <div className="dim">{t("entry.withdrawn", { by: e.withdrawn.by, reason: e.withdrawn.reason })}</div>}</> },
          { title: t("entry.source"), dataIndex: "source", width: 180 }, { title: t("product"), key: "p", width: 110, render: (_, e) => e.product ?? "—" }, { title: t("place"), key: "pl", width: 130, render: (_, e) => e.place_name && name(e.place_name) }, { title: t("by"), dataIndex: "by", width: 100 },
          { title: "", key: "do", width: 90, render: (_, e) => plans && !e.withdrawn && (
            <Popconfirm title={t("entry.reason")} description={<Input aria-label={t("entry.reason")} maxLength={400} value={why} onChange={(v) => setWhy(v.target.value)} />} okButtonProps={{ disabled: why.trim() === "" }} onConfirm={() => withdraw.mutate(e.id ?? "")}><Button size="small">{t("entry.withdraw")}</Button></Popconfirm>) },
        ]} />
      {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button>}
      {adding && <EntryForm close={() => setAdding(false)} />}
    </>
  );
}

type Typed = Omit<CostEntry, "at" | "fen"> & { at?: Dayjs; yuan: number };

function EntryForm({ close }: { close: () => void }) {
  const { t } = useTranslation("qualitycost");
  const { name } = useLang();
  const [form] = Form.useForm<Typed>();
  const [key] = useState(newKey);
  const category = (Form.useWatch("category", form) as CostEntry["category"] | undefined) ?? "external";
  const goods = useQuery(products).data ?? [];
  const known = useInfiniteQuery(cases({})).data?.pages.flatMap((p) => p.items) ?? [];
  const save = useStep(({ at, yuan, ...v }: Typed) => api.post<CostEntry>("/quality/cost-entries", { ...v, fen: Math.round(yuan * 100), key, ...(at ? { at: iso(ofPicker(at.toDate())) } : {}) }), close);
  const needed = [{ required: true, message: t("needed") }];
  return (
    <Drawer open onClose={close} size={480} title={t("entry.add")} extra={<Button type="primary" loading={save.isPending} onClick={form.submit}>{t("common:save")}</Button>}>
      <Form<Typed> form={form} layout="vertical" initialValues={{ category: "external", what: "claim" }} onFinish={(v) => save.mutate(v)}>
        <Form.Item name="category" label={t("category")} rules={needed}><Select aria-label={t("category")} onChange={(c: CostEntry["category"]) => form.setFieldValue("what", enterable[c][0])} options={categories.map((c) => ({ value: c, label: t(`category.${c}`) }))} /></Form.Item>
        <Form.Item name="what" label={t("what")} rules={needed}><Select aria-label={t("what")} options={enterable[category].map((w) => ({ value: w, label: t(`what.${w}`) }))} /></Form.Item>
        <Form.Item name="yuan" label={t("yuan")} rules={needed}><InputNumber min={0.01} precision={2} style={{ width: 160 }} /></Form.Item>
        <Form.Item name="at" label={t("entry.at")}><DatePicker /></Form.Item>
        <Form.Item name="place" label={t("place")} rules={needed}><PlacePicker /></Form.Item>
        <Form.Item name="text" label={t("entry.text")} rules={needed}><Input maxLength={1000} /></Form.Item>
        <Form.Item name="source" label={t("entry.source")} rules={needed}><Input maxLength={400} /></Form.Item>
        <Form.Item name="case" label={t("entry.case")}><Select allowClear showSearch={{ optionFilterProp: "label" }} aria-label={t("entry.case")} options={known.map((c) => ({ value: c.id ?? "", label: c.text }))} /></Form.Item>
        <Form.Item name="product" label={t("product")}><Select allowClear showSearch={{ optionFilterProp: "label" }} aria-label={t("product")} options={goods.map((p) => ({ value: p.code, label: `${p.code} ${name(p.name)}` }))} /></Form.Item>
      </Form>
    </Drawer>
  );
}
