import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Empty, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { entries, type EntryRow } from "../../api/ledgers";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { EntryForm } from "./EntryForm";
import { Filters, useLedgersSearch } from "./Filters";
import { LedgerImport } from "./LedgerImport";
import { dayOfMicros } from "./ledgers";

/** The robot register: in service, retired, connected. */
export function RobotList({ keeps }: { keeps: boolean }) {
  const { t } = useTranslation("ledgers");
  const [search, set] = useLedgersSearch();
  const { q, region, year } = search;
  const list = useInfiniteQuery(entries({ kind: "robot", q, region, year }));
  const [form, setForm] = useState<EntryRow | "new">();
  const [importing, setImporting] = useState(false);
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const open = rows.find((r) => r.id === search.id);
  return (
    <div className="stack">
      <Filters hint={t("robot.search")} />
      <div className="row">
        <span className="dim" role="status">{list.isSuccess ? t(list.hasNextPage ? "shown" : "shown.all", { n: rows.length }) : ""}</span>
        <Button href={address("/ledgers/robots/export", { q, region, year, format: "xlsx" })}>{t("export.xlsx")}</Button>
        <Button href={address("/ledgers/robots/export", { q, region, year, format: "csv" })}>{t("export.csv")}</Button>
        {keeps && <Button onClick={() => setImporting(true)}>{t("import")}</Button>}
        {keeps && <Button type="primary" onClick={() => setForm("new")}>{t("robot.add")}</Button>}
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <Table<EntryRow> size="small" rowKey="id" loading={list.isFetching && !list.isFetchingNextPage} dataSource={rows} pagination={false} scroll={{ x: 1150 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("robot.none")} /> }}
        columns={[
          { title: t("robot"), key: "title", width: 200, render: (_, r) => <button type="button" className="figbtn" style={{ textAlign: "start", whiteSpace: "normal" }} onClick={() => set({ id: r.id })}>{r.title}</button> },
          { title: t("firm"), key: "firm", width: 220, render: (_, r) => r.firm_name ?? r.firm },
          { title: t("maker"), key: "maker", width: 170, render: (_, r) => `${r.robot?.maker} ${r.robot?.model}` },
          { title: t("serial"), key: "serial", width: 130, render: (_, r) => <span className="mono">{r.robot?.serial}</span> },
          { title: t("station"), key: "station", width: 110, render: (_, r) => r.robot?.station || "—" },
          { title: t("service"), key: "service", width: 170, render: (_, r) => <Service of={r} /> },
          { title: t("connected"), key: "connected", width: 180, render: (_, r) => <Connection of={r} /> },
          { title: t("basis"), key: "basis", width: 90, render: (_, r) => t(`basis.${r.basis}`) },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
      {(form || open) && <EntryForm kind="robot" row={form === "new" ? undefined : form ?? open} keeps={keeps} close={() => { setForm(undefined); set({ id: undefined }); }} />}
      {importing && <LedgerImport of="robots" close={() => setImporting(false)} />}
    </div>
  );
}

function Service({ of }: { of: EntryRow }) {
  const { t } = useTranslation("ledgers");
  const retired = of.to !== undefined && of.to !== 0;
  return <><Tag color={retired ? "default" : "success"}>{t(retired ? "retired" : "serving")}</Tag><span className="dim">{dayOfMicros(retired ? of.to : of.from)}</span></>;
}

/** The machine a robot is, with what its controller last said. */
export function Connection({ of }: { of: EntryRow }) {
  const { t } = useTranslation("ledgers");
  const { name } = useLang();
  const me = useQuery(session).data;
  const c = of.connected;
  if (!c) return <span className="dim">{t("connected.no")}</span>;
  const called = name(c.name) || c.machine;
  return (
    <div>
      {c.here && me?.permissions.includes("read") ? <Link to="/machines/$id" params={{ id: c.machine }}>{called}</Link> : called} <span className="dim" title={t(`by.${c.by}.hint`)}>{t(`by.${c.by}`)}</span>
      <div className="dim">{c.state ? t(`common:class.${c.state}` as "connected", { defaultValue: c.state }) : c.day ? t("heard", { day: c.day }) : t("heard.never")}</div>
    </div>
  );
}
