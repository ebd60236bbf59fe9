import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Segmented, Table } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Call, machineCalls } from "../../api/production";
import { session } from "../../api/queries";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import type { CallsSearch } from "../../routes";
import { useChange } from "./parts";

const kinds = ["material", "quality", "maintenance"] as const;

/** Who is wanted at which machine: whoever answers accepts a call and ends it. */
export default function CallsPage() {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const search: CallsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: CallsSearch) => void navigate({ to: "/production/calls", search: { ...search, ...more }, replace: true });
  const may = useQuery(session).data?.permissions ?? [];
  const can = may.includes("report") || may.includes("material");
  const list = useInfiniteQuery({ ...machineCalls({ what: search.what, open: search.ended ? undefined : true }), refetchInterval: 5_000 });
  const move = useChange(({ call, state }: { call: Call; state: Call["state"] }) => api.post(`/calls/${call.id}/state`, { state }));
  const step = (c: Call, state: Call["state"]) => c.steps.filter((s) => s.state === state).at(-1);
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("calls.title")}</h1><span className="dim">{t("calls.lead")}</span></div>
      <div className="row">
        <Segmented aria-label={t("calls.what")} value={search.what ?? "all"} onChange={(v) => set({ what: v === "all" ? undefined : String(v) })} options={[{ value: "all", label: t("calls.all") }, ...kinds.map((k) => ({ value: k, label: t(`calls.${k}`) }))]} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("calls.ended")}</Checkbox>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Call> size="small" rowKey="id" loading={list.isLoading} dataSource={list.data?.pages.flatMap((p) => p.items) ?? []} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Nothing text={t("calls.none")} /> }}
        columns={[
          { title: t("calls.what"), key: "what", width: 90, render: (_, c) => t(`calls.${c.what}`) },
          { title: t("calls.machine"), key: "machine", width: 220, render: (_, c) => <><div>{name(c.name)}</div><div className="dim mono" style={{ fontSize: 12 }}>{c.path}</div></> },
          { title: t("calls.job"), key: "job", width: 170, render: (_, c) => (c.order ? `${c.order} · ${c.job ?? ""}` : "—") },
          { title: t("calls.state"), key: "state", width: 90, render: (_, c) => <span className="chip">{t(`calls.${c.state}`)}</span> },
          { title: t("calls.called"), key: "called", width: 190, render: (_, c) => <Said of={c.steps[0]} /> },
          { title: t("calls.accepted"), key: "accepted", width: 190, render: (_, c) => <Said of={step(c, "accepted")} /> },
          { title: t("calls.over"), key: "over", width: 190, render: (_, c) => <Said of={step(c, "done") ?? step(c, "cancelled")} /> },
          { title: "", key: "do", width: 200, render: (_, c) => can && (
            <span className="row">
              {c.state === "called" && <Button size="small" type="primary" onClick={() => move.mutate({ call: c, state: "accepted" })}>{t("calls.accept")}</Button>}
              {c.state === "accepted" && <Button size="small" type="primary" onClick={() => move.mutate({ call: c, state: "done" })}>{t("calls.finish")}</Button>}
              {c.state === "accepted" && <Button size="small" onClick={() => move.mutate({ call: c, state: "called" })}>{t("calls.return")}</Button>}
              {c.state === "called" && <Button size="small" onClick={() => move.mutate({ call: c, state: "cancelled" })}>{t("calls.cancel")}</Button>}
            </span>) },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button></div>}
    </div>
  );
}

function Said({ of }: { of: Call["steps"][number] | undefined }) {
  return of ? <><div>{of.by}</div><div className="dim" style={{ fontSize: 12 }}>{dateTime(of.at)}{of.note ? ` · ${of.note}` : ""}</div></> : <>—</>;
}
