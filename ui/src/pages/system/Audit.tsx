import { keepPreviousData, useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, DatePicker, Empty, Input, Segmented, Table, Tooltip } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import { type AuditSearch, auditList, auditQuery } from "../../api/queries";
import type { AuditEntry, Verified } from "../../api/types";
import { Problem } from "../../components/Status";
import { dateTime, iso, ofPicker, pickerDate, zoneLabel } from "../../lib/time";

const kinds = ["all", "reads", "changes", "sessions"] as const;

/** Who changed what, who was shown what, and the proof that nobody rewrote it. */
export function Audit() {
  const { t } = useTranslation("audit");
  const search: AuditSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: AuditSearch) => void navigate({ to: "/system", search: { ...search, ...more }, replace: true });
  const list = useInfiniteQuery({ ...auditList(search), placeholderData: keepPreviousData });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="stack">
      <Filters search={search} set={set} />
      <div className="row">
        <span className="dim" role="status">{list.isSuccess ? t(list.hasNextPage ? "shown" : "shown.all", { n: rows.length }) : ""}</span>
        <Button href={address("/audit/export", auditQuery(search))}>{t("export")}</Button>
        <Verify />
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<AuditEntry> size="small" rowKey="seq" loading={list.isFetching && !list.isFetchingNextPage} dataSource={rows} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        expandable={{ expandedRowRender: (e) => <Whole of={e} /> }}
        columns={[
          { title: "#", dataIndex: "seq", align: "right", width: 80 },
          { title: t("at"), key: "at", width: 170, render: (_, e) => dateTime(e.at) },
          { title: t("who"), key: "who", width: 150, render: (_, e) => <Who text={e.who} find={(who) => set({ who })} /> },
          { title: t("action"), key: "action", width: 190, render: (_, e) => <><Named action={e.action} /> <span className="mono dim">{e.action}</span></> },
          { title: t("object"), key: "object", render: (_, e) => <span className="mono" style={{ overflowWrap: "anywhere" }}>{e.object}</span> },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
    </div>
  );
}

function Filters({ search, set }: { search: AuditSearch; set: (s: AuditSearch) => void }) {
  const { t } = useTranslation("audit");
  const words = (key: "who" | "action" | "object", width: number) => (
    <Input.Search key={`${key} ${search[key] ?? ""}`} style={{ width }} defaultValue={search[key]} allowClear maxLength={100} aria-label={t(key)} placeholder={t(`${key}.part`)} onSearch={(v) => set({ [key]: v.trim() || undefined })} />
  );
  return (
    <div className="row" role="search">
      <Segmented aria-label={t("kind")} value={search.kind ?? "all"} options={kinds.map((k) => ({ value: k, label: t(`kind.${k}`) }))} onChange={(k) => set({ kind: k === "all" ? undefined : k })} />
      {words("who", 170)}
      {words("action", 190)}
      {words("object", 240)}
      <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" title={zoneLabel} allowEmpty placeholder={[t("from"), t("to")]} aria-label={t("span")}
        value={[search.from ? dayjs(pickerDate(Date.parse(search.from))) : null, search.to ? dayjs(pickerDate(Date.parse(search.to))) : null]}
        onChange={(v) => set({ from: v?.[0] ? iso(ofPicker(v[0].toDate())) : undefined, to: v?.[1] ? iso(ofPicker(v[1].toDate())) : undefined })} />
    </div>
  );
}

/** Entries keep the id, which stays, and the name, which people know. */
function Who({ text, find }: { text: string; find: (who: string) => void }) {
  const { t } = useTranslation("audit");
  const [id = "", ...rest] = text.split(" ");
  const name = rest.join(" ") || id;
  return <Tooltip title={id}><button type="button" className="figbtn" aria-label={t("who.only", { name })} onClick={() => find(id)}>{name}</button></Tooltip>;
}

function Named({ action }: { action: string }) {
  const { t } = useTranslation("audit");
  return <>{t(`x.${action}` as "x.user.create", "")}</>;
}

function Whole({ of }: { of: AuditEntry }) {
  const { t } = useTranslation("audit");
  const parts = [["before", of.before], ["after", of.after], ["hash", of.hash], ["prev", of.prev]] as const;
  return (
    <dl style={{ margin: 0, display: "grid", gridTemplateColumns: "max-content 1fr", gap: "4px 12px" }}>
      {parts.filter(([, v]) => v).map(([k, v]) => [<dt key={k} className="dim">{t(k)}</dt>, <dd key={`${k}.`} className="mono" style={{ margin: 0, whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>{pretty(v ?? "")}</dd>])}
    </dl>
  );
}

/** JSON in lines; what is none, as it is. */
function pretty(text: string): string {
  if (!text.startsWith("{") && !text.startsWith("[")) return text;
  try {
    return JSON.stringify(JSON.parse(text), null, 1);
  } catch {
    return text;
  }
}

function Verify() {
  const { t } = useTranslation("audit");
  const verify = useMutation({ mutationFn: () => api.get<Verified>("/audit/verify") });
  const v = verify.data;
  return (
    <>
      <Button loading={verify.isPending} onClick={() => verify.mutate()}>{t("verify")}</Button>
      {v && <span role="status">{v.ok ? t("ok", { n: v.entries }) : t("broken", { detail: v.broken })}</span>}
      {verify.isError && <Problem error={verify.error} />}
    </>
  );
}
