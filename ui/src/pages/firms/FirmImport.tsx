import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Checkbox, Empty, Popconfirm, Progress, Segmented, Table, Tag, Upload } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api } from "../../api/client";
import type { FirmImport as Past, FirmRow, FirmSheetJob, List } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { dateTime, ofMicros } from "../../lib/time";
import { firmImports } from "./firms";

const colours = { new: "success", changed: "processing", unchanged: undefined, doubled: "warning", error: "error", warned: "warning" } as const;
const kinds = ["error", "doubled", "warned", "new", "changed", "unchanged"] as const;
const working = (j: FirmSheetJob | undefined) => j !== undefined && j.stage !== "ready" && j.stage !== "applied" && j.stage !== "failed";

/** A list of firms from a file: looked at cell by cell, then all or none. */
export function FirmImport() {
  const { t } = useTranslation("firms");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [id, setId] = useState<string>();
  const job = useQuery({ queryKey: ["firm-sheet", id], enabled: id !== undefined, queryFn: () => api.get<FirmSheetJob>(`/firm-sheets/${id}`), refetchInterval: (q) => (working(q.state.data) ? 700 : false) });
  const send = useMutation({ mutationFn: (f: File) => api.postFile<FirmSheetJob>("/firm-sheets", f, { file: f.name }), onSuccess: (j) => setId(j.id), onError: (err) => { message.error(err.message, 10); } });
  const apply = useMutation({
    mutationFn: (confirmed: boolean) => api.post<FirmSheetJob>(`/firm-sheets/${id}/apply`, { confirmed }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["firm-sheet", id] }), onError: (err) => { message.error(err.message, 10); },
  });
  const j = id === undefined ? undefined : job.data;
  return (
    <div className="stack">
      <div className="row"><span>{t("import.hint")}</span><Button href={address("/firm-sheets/template")}>{t("template")}</Button></div>
      <Upload.Dragger accept=".xlsx,.xlsm,.csv,.txt" showUploadList={false} disabled={send.isPending || working(j)} aria-label={t("past.file")} beforeUpload={(f) => { send.mutate(f); return Upload.LIST_IGNORE; }}>
        <p>{j ? t("another") : t("drop")}</p>
        <p className="dim">{t("drop.hint")}</p>
      </Upload.Dragger>
      {job.isError && <Alert type="error" showIcon title={job.error.message} />}
      {j && <Stage j={j} />}
      {j?.stage === "ready" && <><Rows j={j} /><Apply j={j} busy={apply.isPending} apply={(c) => apply.mutate(c)} /></>}
      {(!j || j.stage === "applied") && <PastImports key={j?.import?.id} />}
    </div>
  );
}

function Stage({ j }: { j: FirmSheetJob }) {
  const { t } = useTranslation("firms");
  const text = t(`stage.${j.stage}`, { file: j.file, done: j.done, all: j.all, n: j.counts.new + j.counts.changed, made: j.import?.made, changed: j.import?.changed, error: j.error });
  if (j.stage === "applied" || j.stage === "failed") return <Alert type={j.stage === "applied" ? "success" : "error"} showIcon title={text} />;
  return (
    <div className="row">
      <span role="status">{text}</span>
      {working(j) && <Progress style={{ width: 200 }} percent={j.all > 0 ? Math.round((100 * j.done) / j.all) : 0} status="active" aria-label={text} />}
    </div>
  );
}

function Rows({ j }: { j: FirmSheetJob }) {
  const { t } = useTranslation("firms");
  const { lang } = useLang();
  const there = kinds.filter((k) => j.counts[k] > 0);
  const [only, setOnly] = useState<string>(there[0] ?? "");
  const rows = useInfiniteQuery({
    queryKey: ["firm-sheet-rows", j.id, only], placeholderData: keepPreviousData, initialPageParam: "", getNextPageParam: (last: List<FirmRow>) => last.next,
    queryFn: ({ pageParam }) => api.get<List<FirmRow>>(`/firm-sheets/${j.id}/rows`, { only, limit: 100, cursor: pageParam || undefined }),
  });
  return (
    <>
      <Segmented aria-label={t("only")} value={only} onChange={setOnly} options={there.map((k) => ({ value: k, label: `${t(`status.${k}`)} ${j.counts[k]}` }))} />
      <Table<FirmRow> size="small" rowKey="line" loading={rows.isFetching} dataSource={rows.data?.pages.flatMap((p) => p.items) ?? []} pagination={false} scroll={{ x: 900, y: 420 }}
        columns={[
          { title: t("row.line"), dataIndex: "line", width: 70 },
          { title: t("row.status"), key: "status", width: 80, render: (_, r) => <Tag color={colours[r.status]}>{t(`status.${r.status}`)}</Tag> },
          { title: t("code"), dataIndex: "code", width: 190 },
          { title: t("name"), dataIndex: "name", width: 220 },
          { title: t("row.faults"), key: "faults", render: (_, r) => r.faults.map((f) => <div key={f.column + f.text.zh}>{t("row.fault", { column: f.column, text: lang === "en" ? f.text.en ?? f.text.zh : f.text.zh })}</div>) },
        ]} />
      {rows.hasNextPage && <div className="row"><Button onClick={() => void rows.fetchNextPage()}>{t("more")}</Button></div>}
    </>
  );
}

function Apply(p: { j: FirmSheetJob; busy: boolean; apply: (confirmed: boolean) => void }) {
  const { t } = useTranslation("firms");
  const [sure, setSure] = useState(false);
  const c = p.j.counts;
  const wrong = c.error + c.doubled;
  const n = c.new + c.changed;
  return (
    <div className="row">
      {wrong === 0 && c.warned > 0 && <Checkbox checked={sure} onChange={(e) => setSure(e.target.checked)}>{t("confirm.warned", { n: c.warned })}</Checkbox>}
      <Button type="primary" disabled={wrong > 0 || n === 0 || (c.warned > 0 && !sure)} loading={p.busy} onClick={() => p.apply(sure)}>{t("apply", { n })}</Button>
      <span className="dim" role="status">{wrong > 0 ? t("mend", { n: wrong }) : n === 0 ? t("nothing") : ""}</span>
    </div>
  );
}

function PastImports() {
  const { t } = useTranslation("firms");
  const { message } = App.useApp();
  const client = useQueryClient();
  const past = useQuery(firmImports);
  const undo = useMutation({
    mutationFn: (id: string) => api.post(`/firm-imports/${id}/undo`),
    onSuccess: async () => { message.success(t("undone")); await client.invalidateQueries(); }, onError: (err) => { message.error(err.message, 10); },
  });
  return (
    <section className="stack">
      <h3>{t("past")}</h3>
      <Table<Past> size="small" rowKey="id" loading={past.isLoading} dataSource={past.data?.items ?? []} pagination={false} scroll={{ x: 720 }} locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("past.none")} /> }}
        columns={[
          { title: t("past.time"), dataIndex: "recorded", width: 170, render: (at: number) => dateTime(ofMicros(at)) },
          { title: t("past.file"), dataIndex: "file" },
          { title: t("past.who"), dataIndex: "who", width: 160, ellipsis: true },
          { title: t("past.what"), key: "what", render: (_, r) => t("past.counts", { made: r.made, changed: r.changed }) },
          { title: "", key: "do", render: (_, r) => r.undone
            ? <span className="dim">{t("past.undone", { time: dateTime(ofMicros(r.undone)), who: r.undone_by })}</span>
            : <Popconfirm title={t("undo.confirm")} onConfirm={() => undo.mutate(r.id)}><Button size="small" danger loading={undo.isPending}>{t("undo")}</Button></Popconfirm> },
        ]} />
    </section>
  );
}
