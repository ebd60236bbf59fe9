import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Checkbox, Empty, Select, Table } from "antd";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { entries, type EntryRow } from "../../api/ledgers";
import { EntryForm } from "./EntryForm";
import { Filters, useLedgersSearch } from "./Filters";
import { certificate, dayOfMicros, kinds } from "./ledgers";

/** Days before its end in which somebody should see to what follows. */
const soon = 90;

function levelText({ kind, level }: EntryRow, t: TFunction<"ledgers">): string {
  if (!level) return "—";
  return kind === certificate ? t("grade.of", { grade: level }) : t(`level.${level}` as "level.city");
}

/** What was recognised, carried out or published. */
export function EntryList({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("ledgers");
  const [search, set] = useLedgersSearch();
  const { q, region, year } = search;
  const kind = search.kind ?? kinds[0];
  const list = useInfiniteQuery(entries({ kind, q, region, year, ending: search.ending, void: search.void }));
  const [adding, setAdding] = useState(false);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const open = rows.find((r) => r.id === search.id);
  return (
    <div className="stack">
      <Filters hint={t("entry.search")}>
        <Select style={{ width: 220 }} aria-label={t("kind")} value={kind} onChange={(k: string) => set({ kind: k })} options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} />
        <Checkbox checked={search.ending !== undefined} onChange={(e) => set({ ending: e.target.checked ? soon : undefined })}>{t("ending", { n: soon })}</Checkbox>
        <Checkbox checked={search.void ?? false} onChange={(e) => set({ void: e.target.checked || undefined })}>{t("void.show")}</Checkbox>
      </Filters>
      <div className="row">
        <span className="dim" role="status">{list.isSuccess ? t(list.hasNextPage ? "shown" : "shown.all", { n: rows.length }) : ""}</span>
        {kind.startsWith("integration_") && <Link to="/cockpit/$indicator" params={{ indicator: "integration-certified-firms" }}>{t("integration.figure")}</Link>}
        {keeps && <Button type="primary" onClick={() => setAdding(true)}>{t("entry.add")}</Button>}
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<EntryRow> size="small" rowKey="id" loading={list.isFetching && !list.isFetchingNextPage} dataSource={rows} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("entry.none")} /> }}
        columns={[
          { title: t("entry"), key: "title", render: (_, r) => <><button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: r.id })}>{r.title}</button>{r.void && <span className="chip">{t("void.short")}</span>}</> },
          { title: t("firm"), key: "firm", width: 240, render: (_, r) => r.firm_name ?? r.firm ?? "—" },
          { title: t("region"), dataIndex: "region", width: 90 },
          { title: t("level"), key: "level", width: 90, render: (_, r) => levelText(r, t) },
          { title: t("span"), key: "span", width: 190, render: (_, r) => `${dayOfMicros(r.from)} – ${dayOfMicros(r.to)}` },
          { title: t("paper"), key: "paper", width: 160, render: (_, r) => r.paper || "—" },
          { title: t("basis"), key: "basis", width: 90, render: (_, r) => t(`basis.${r.basis}`) },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
      {(adding || open) && <EntryForm row={open} keeps={keeps} close={() => { setAdding(false); set({ id: undefined }); }} />}
    </div>
  );
}
