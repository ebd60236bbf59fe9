import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Modal, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { commandList, session } from "../../api/queries";
import type { Command } from "../../api/types";
import { Outcome, Steps, useWords } from "../../components/commands/Steps";
import { settingText } from "../../components/commands/setting";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime, shortTime } from "../../lib/time";
import type { CommandsSearch } from "../../routes";
import { useChange } from "../production/parts";

const outcomes = ["awaiting", "confirmed", "mismatched", "failed", "expired", "rejected", "unknown"] as const;
const of = (c: Command) => ({ kind: "number" as const, ...(c.unit ? { unit: c.unit } : {}) });

/** What machines were told to do: what waits for a second person, and all that was. */
export default function CommandsPage() {
  const { t } = useTranslation("commands");
  const { lang, name } = useLang();
  const words = useWords();
  const search: CommandsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: CommandsSearch) => void navigate({ to: "/control/commands", search: { ...search, ...more }, replace: true });
  const list = useInfiniteQuery(commandList({ state: search.state }));
  const waiting = useInfiniteQuery(commandList({ state: "awaiting" }));
  const [text, setText] = useState("");
  const rows = (list.data?.pages.flatMap((p) => p.items) ?? []).filter((c) => !text || `${name(c.name)} ${c.path} ${c.signal} ${c.by} ${c.note ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  const open = (waiting.data?.pages.flatMap((p) => p.items) ?? []).filter((c) => !c.final);
  const save = () => download("commands.csv", csv([["requested", "path", "signal", "value", "unit", "by", "source", "note", "state", "ended", "read", "detail"], ...rows.map((c) => {
    const last = c.steps.at(-1);
    return [c.requested, c.path, c.signal, c.value.text ?? c.value.number, c.unit, c.by, c.source, c.note, c.state, c.final ? last?.at : "", last?.read?.text ?? last?.read?.number, last?.detail];
  })]), "text/csv");
  return (
    <div className="page">
      <div className="pagehead"><h1>{t("page.title")}</h1><span className="dim">{t("page.lead")}</span></div>
      <section className="panel" aria-label={t("awaiting")}>
        <h2>{t("awaiting")} <span className="dim num">{open.length}</span></h2>
        {waiting.isError && <Problem error={waiting.error} retry={() => void waiting.refetch()} />}
        {open.length === 0 ? <Nothing text={t("awaiting.none")} /> : <div className="cards">{open.map((c) => <Awaiting key={c.id} command={c} />)}</div>}
      </section>
      <section className="panel" aria-label={t("history")}>
        <div className="row">
          <h2 style={{ margin: 0 }}>{t("history")}</h2>
          <Select aria-label={t("state")} style={{ width: 120 }} value={search.state ?? "all"} onChange={(v) => set({ state: v === "all" ? undefined : v })} options={[{ value: "all", label: t("state.all") }, ...outcomes.map((s) => ({ value: s as string, label: t(`state.short.${s}`) }))]} />
          <Input.Search allowClear style={{ width: 220 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} />
          <Button size="small" style={{ marginLeft: "auto" }} disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>
        </div>
        {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
        <Table<Command> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("history.none")} /> }}
          expandable={{ expandedRowRender: (c) => <Steps command={c} of={of(c)} /> }}
          columns={[
            { title: t("when"), key: "when", width: 120, render: (_, c) => <span className="num" title={dateTime(c.requested)}>{shortTime(c.requested)}</span> },
            { title: t("machine"), key: "machine", render: (_, c) => <Link to="/machines/$id" params={{ id: c.equipment }}>{name(c.name) || c.path}</Link> },
            { title: t("point"), key: "signal", render: (_, c) => <span className="mono">{c.signal}</span> },
            { title: t("value"), key: "value", align: "right", render: (_, c) => <span className="num">{settingText(c.value, of(c), lang, words)}</span> },
            { title: t("who"), key: "who", render: (_, c) => <>{c.by}{c.source && <span className="chip" style={{ marginLeft: 6 }}>{c.source}</span>}{c.note && <div className="dim">{c.note}</div>}</> },
            { title: t("read.back"), key: "read", align: "right", render: (_, c) => <span className="num">{settingText(c.steps.filter((s) => s.read).at(-1)?.read, of(c), lang, words)}</span> },
            { title: t("state"), key: "state", width: 140, render: (_, c) => <Outcome state={c.state} /> },
          ]} />
        {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button></div>}
      </section>
    </div>
  );
}

/** One command that another person approves, to be read and decided on a phone. */
function Awaiting({ command: c }: { command: Command }) {
  const { t } = useTranslation("commands");
  const { lang, name } = useLang();
  const words = useWords();
  const me = useQuery(session).data;
  const [deciding, setDeciding] = useState<"approve" | "refuse" | null>(null);
  const approved = c.steps.filter((s) => s.state === "approved");
  const own = me?.name === c.by && !c.source;
  const may = me?.permissions.includes("engineer") && me.permissions.includes("control");
  return (
    <article className="card" aria-label={`${name(c.name)} ${c.signal}`}>
      <div><b>{name(c.name)}</b> <span className="dim">{c.path}</span></div>
      <div style={{ fontSize: 18, margin: "6px 0" }} className="num">{c.signal}: {t("from.to", { from: settingText(c.seen, of(c), lang, words), to: settingText(c.value, of(c), lang, words) })}</div>
      <div>{t("asked", { by: c.by, at: dateTime(c.requested) })}{c.note && <> · {c.note}</>}</div>
      <div className="dim">{t("approved.of", { n: approved.length, of: c.approvals })}{approved.length > 0 && <> ({approved.map((s) => s.by).join(", ")})</>} · {t("until", { at: dateTime(c.expires) })}</div>
      {own ? <p className="dim">{t("own")}</p> : may ? (
        <div className="row" style={{ marginTop: 8 }}>
          <Button type="primary" size="large" onClick={() => setDeciding("approve")}>{t("approve")}</Button>
          <Button danger size="large" onClick={() => setDeciding("refuse")}>{t("refuse")}</Button>
        </div>) : <p className="dim">{t("approve.right")}</p>}
      {deciding && <Decision command={c} approve={deciding === "approve"} close={() => setDeciding(null)} />}
    </article>
  );
}

/** The second step: what will be done, once more, before it is. */
function Decision({ command: c, approve, close }: { command: Command; approve: boolean; close: () => void }) {
  const { t } = useTranslation("commands");
  const { lang, name } = useLang();
  const words = useWords();
  const [note, setNote] = useState("");
  const decide = useChange(() => api.post(`/commands/${c.id}/decision`, { approve, note: note.trim() || undefined }), close);
  return (
    <Modal open title={`${t(approve ? "approve" : "refuse")} · ${name(c.name)}`} onCancel={close} destroyOnHidden
      footer={<><Button onClick={close}>{t("common:cancel")}</Button><Button type="primary" danger={!approve} loading={decide.isPending} disabled={!approve && !note.trim()} onClick={() => decide.mutate(undefined)}>{t(approve ? "approve.sure" : "refuse.sure")}</Button></>}>
      <p className="num" style={{ fontSize: 18 }}>{c.signal} → {settingText(c.value, of(c), lang, words)}</p>
      <Input.TextArea aria-label={t(approve ? "note" : "refuse.why")} placeholder={t(approve ? "note" : "refuse.why")} maxLength={500} value={note} onChange={(e) => setNote(e.target.value)} autoSize={{ minRows: 2 }} />
    </Modal>
  );
}
