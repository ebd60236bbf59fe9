import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Input, Select, Table, Tag, TreeSelect } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import type { Firm, FirmSize } from "../../api/types";
import { FirmDetail } from "./FirmDetail";
import { FirmForm } from "./FirmForm";
import { RegionPicker } from "../../components/RegionPicker";
import { treeOf } from "../../lib/divisions";
import { firmList, type FirmsSearch, industries, newest, queryOf, wan } from "./firms";

const sizes: FirmSize[] = ["large", "medium", "small", "micro"];

/** The list with its filters; all of them stand in the address. */
export function FirmList({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("firms");
  const search: FirmsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: FirmsSearch) => void navigate({ to: "/firms", search: { ...search, ...more }, replace: true });
  const list = useInfiniteQuery({ ...firmList(search), placeholderData: keepPreviousData });
  const [adding, setAdding] = useState(false);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="stack">
      <Filters search={search} set={set} />
      <div className="row">
        <span className="dim" role="status">{list.isSuccess ? t(list.hasNextPage ? "shown" : "shown.all", { n: rows.length }) : ""}</span>
        <Button href={address("/firm-sheets/export", { ...queryOf(search), format: "xlsx" })}>{t("export.xlsx")}</Button>
        <Button href={address("/firm-sheets/export", { ...queryOf(search), format: "csv" })}>{t("export.csv")}</Button>
        {keeps && <Button type="primary" onClick={() => setAdding(true)}>{t("add")}</Button>}
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<Firm> size="small" rowKey="id" loading={list.isFetching && !list.isFetchingNextPage} dataSource={rows} pagination={false} scroll={{ x: 1050 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        columns={[
          { title: t("name"), key: "name", width: 260, render: (_, f) => <Button type="link" style={{ padding: 0, whiteSpace: "normal", height: "auto", textAlign: "left" }} onClick={() => set({ firm: f.id })}>{f.name}</Button> },
          { title: t("code"), dataIndex: "code", width: 180 },
          { title: t("place"), dataIndex: "place", width: 190 },
          { title: t("trade"), key: "trade", width: 170, render: (_, f) => `${f.industry} ${f.trade}` },
          { title: t("size"), key: "size", width: 70, render: (_, f) => <Size of={f} /> },
          { title: t("marks"), key: "marks", width: 140, render: (_, f) => <Marks of={f} /> },
          { title: t("sales"), key: "sales", width: 140, align: "right", render: (_, f) => <Sales of={f} /> },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
      <FirmDetail id={search.firm} keeps={keeps} close={() => set({ firm: undefined })} />
      {adding && <FirmForm close={() => setAdding(false)} saved={(f) => { setAdding(false); set({ firm: f.id }); }} />}
    </div>
  );
}

function Filters({ search, set }: { search: FirmsSearch; set: (s: FirmsSearch) => void }) {
  const { t } = useTranslation("firms");
  const trades = useQuery(industries);
  return (
    <div className="row">
      <Input.Search style={{ width: 300 }} key={search.q ?? ""} defaultValue={search.q} allowClear aria-label={t("search")} placeholder={t("search")} onSearch={(q) => set({ q: q || undefined })} />
      <RegionPicker label={t("region")} value={search.region} onChange={(region) => set({ region })} />
      <TreeSelect style={{ width: 190 }} aria-label={t("industry")} placeholder={t("industry")} value={search.industry} allowClear showSearch={{ treeNodeFilterProp: "title" }} treeData={treeOf(trades.data?.items ?? [])} loading={trades.isLoading} onChange={(industry?: string) => set({ industry })} />
      <Select style={{ width: 110 }} aria-label={t("size")} placeholder={t("size")} value={search.size} allowClear options={sizes.map((s) => ({ value: s, label: t(`size.${s}`) }))} onChange={(size?: string) => set({ size })} />
      <Select style={{ width: 140 }} aria-label={t("mark")} placeholder={t("mark")} value={search.mark} allowClear options={["above", "backbone", "doubt"].map((m) => ({ value: m, label: t(`mark.${m}`) }))} onChange={(mark?: string) => set({ mark })} />
      <Select style={{ width: 140 }} aria-label={t("sort")} value={search.sort ?? "name"} options={["name", "-sales", "-changed"].map((s) => ({ value: s, label: t(`sort.${s}`) }))} onChange={(sort: string) => set({ sort: sort === "name" ? undefined : sort })} />
    </div>
  );
}

function Size({ of }: { of: Firm }) {
  const { t } = useTranslation("firms");
  const size = of.size ?? of.computed;
  return size ? <>{t(`size.${size}`)}</> : <span className="dim">—</span>;
}

export function Marks({ of }: { of: Firm }) {
  const { t } = useTranslation("firms");
  return (
    <>
      {of.above_scale && <Tag>{t("above_scale")}</Tag>}
      {of.backbone && <Tag color="processing">{t("backbone")}</Tag>}
      {of.doubt && <Tag color="warning">{t("mark.doubt")}</Tag>}
      {of.closed && <Tag color="default">{t("closed")} {of.closed}</Tag>}
    </>
  );
}

function Sales({ of }: { of: Firm }) {
  const { t } = useTranslation("firms");
  const y = newest(of.years?.filter((o) => o.sales !== undefined));
  return y?.sales === undefined ? <span className="dim">—</span> : <>{wan(y.sales)} <span className="dim">{t("year.of", { year: y.year })}</span></>;
}
