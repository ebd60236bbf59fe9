import { useInfiniteQuery } from "@tanstack/react-query";
import { Alert, Button, Empty, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { firmYears, type FirmYear } from "../../api/ledgers";
import { Filters, useLedgersSearch } from "./Filters";
import { LedgerImport } from "./LedgerImport";
import { YearForm } from "./YearForm";
import { listed, shownValue, valueKinds } from "./ledgers";

const kindsListed = valueKinds.filter((k) => (listed as readonly string[]).includes(k.name));

/** What firms returned, a row for each firm and year. */
export function YearList({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("ledgers");
  const [search, set] = useLedgersSearch();
  const { q, region, year, basis } = search;
  const list = useInfiniteQuery(firmYears({ q, region, year, basis }));
  const [adding, setAdding] = useState(false);
  const [importing, setImporting] = useState(false);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const open = rows.find((r) => `${r.firm.id}-${r.year}` === search.id);
  return (
    <div className="stack">
      <Filters hint={t("returns.search")}>
        <Select style={{ width: 130 }} aria-label={t("basis")} placeholder={t("basis.all")} value={basis} allowClear onChange={(b?: string) => set({ basis: b })} options={(["audited", "declared"] as const).map((b) => ({ value: b, label: t(`basis.${b}`) }))} />
      </Filters>
      <div className="row">
        <span className="dim" role="status">{list.isSuccess ? t(list.hasNextPage ? "shown" : "shown.all", { n: rows.length }) : ""}</span>
        <Button href={address("/ledgers/returns/export", { q, region, year, basis, format: "xlsx" })}>{t("export.xlsx")}</Button>
        <Button href={address("/ledgers/returns/export", { q, region, year, basis, format: "csv" })}>{t("export.csv")}</Button>
        {keeps && <Button onClick={() => setImporting(true)}>{t("import")}</Button>}
        {keeps && <Button type="primary" onClick={() => setAdding(true)}>{t("returns.add")}</Button>}
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<FirmYear> size="small" rowKey={(r) => `${r.firm.id}-${r.year}`} loading={list.isFetching && !list.isFetchingNextPage} dataSource={rows} pagination={false} scroll={{ x: 1150 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("returns.none")} /> }}
        columns={[
          { title: t("firm"), key: "firm", width: 260, render: (_, r) => <button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: `${r.firm.id}-${r.year}` })}>{r.firm.name}</button> },
          { title: t("code"), key: "code", width: 180, render: (_, r) => <span className="mono">{r.firm.code}</span> },
          { title: t("year"), dataIndex: "year", width: 70 },
          ...kindsListed.map((k) => ({ title: <>{t(`value.${k.name}` as "value.machines")}<div className="dim">{t(`unit.${k.unit}`)}</div></>, key: k.name, align: "right" as const, width: 110, render: (_: unknown, r: FirmYear) => <Cell of={r} name={k.name} /> })),
          { title: t("returns.count"), key: "count", align: "right", width: 80, render: (_, r) => r.values.length },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
      {(adding || open) && <YearForm row={open} keeps={keeps} close={() => { setAdding(false); set({ id: undefined }); }} />}
      {importing && <LedgerImport of="returns" close={() => setImporting(false)} />}
    </div>
  );
}

/** A value with a dot when it is declared only. */
function Cell({ of, name }: { of: FirmYear; name: string }) {
  const { t } = useTranslation("ledgers");
  const kind = valueKinds.find((k) => k.name === name);
  const v = of.values.find((o) => o.name === name);
  if (!v || !kind) return <span className="dim">—</span>;
  return <span className="num" title={t(`basis.${v.basis}`)}>{shownValue(v.value, kind).toLocaleString("zh-CN", { maximumFractionDigits: 2 })}{v.basis === "declared" && <span className="dim"> {t("declared.mark")}</span>}</span>;
}
