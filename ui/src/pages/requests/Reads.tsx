import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Table, Tooltip } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address } from "../../api/client";
import { auditList, auditQuery } from "../../api/queries";
import type { AuditEntry } from "../../api/types";
import { Nothing, Problem } from "../../components/Status";
import { dateTime } from "../../lib/time";

interface Read { paths: string[]; keepers: string[]; guest: boolean }

/** What an entry says of a reading; entries of other readings say nothing of it. */
export function readOf(after: string | undefined): Read {
  try {
    const said = JSON.parse(after ?? "{}") as Partial<Read> | null;
    return { paths: said?.paths ?? [], keepers: said?.keepers ?? [], guest: said?.guest ?? false };
  } catch {
    return { paths: [], keepers: [], guest: false }; // a long one is kept as its digest
  }
}

/** Everybody who was shown samples, evidence or values of this node, newest first. */
export function Reads() {
  const { t } = useTranslation("requests");
  const [who, setWho] = useState("");
  const [guests, setGuests] = useState(false);
  const q = { kind: "reads", ...(who && { who }) };
  const list = useInfiniteQuery(auditList(q));
  const rows = (list.data?.pages.flatMap((p) => p.items) ?? []).filter((e) => !guests || readOf(e.after).guest);
  const kind = (e: AuditEntry) => t(`reads.kind.${e.action.replace(/\.read$/, "")}` as "reads.kind.samples", e.action);
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("reads.hint")}</p>
      <div className="row" role="search">
        <Input.Search allowClear aria-label={t("reads.find")} placeholder={t("reads.find")} style={{ width: 240 }} maxLength={100} onSearch={(v) => setWho(v.trim())} />
        <Checkbox checked={guests} onChange={(e) => setGuests(e.target.checked)}>{t("reads.guests")}</Checkbox>
        <span className="dim" role="status">{list.isSuccess ? t("reads.shown", { n: rows.length }) : ""}</span>
        <Button href={address("/audit/export", auditQuery(q))}>{t("export")}</Button>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<AuditEntry> size="small" rowKey="seq" loading={list.isPending} dataSource={rows} pagination={false} scroll={{ x: 800 }} locale={{ emptyText: <Nothing text={t("reads.none")} /> }}
        columns={[
          { title: t("reads.at"), key: "at", width: 170, render: (_, e) => dateTime(e.at) },
          { title: t("reads.who"), key: "who", render: (_, e) => { const [id = "", ...name] = e.who.split(" "); return <Tooltip title={id}><span>{name.join(" ") || id}</span></Tooltip>; } },
          { title: t("reads.how"), key: "how", render: (_, e) => { const r = readOf(e.after); return r.guest ? t("reads.guest") : r.keepers.length > 0 ? t("reads.above") : "—"; } },
          { title: t("reads.kind"), key: "kind", render: (_, e) => kind(e) },
          { title: t("reads.where"), key: "where", render: (_, e) => <span className="mono" style={{ overflowWrap: "anywhere" }}>{readOf(e.after).paths.join(" ") || e.object}</span> },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("reads.more")}</Button></div>}
    </div>
  );
}
