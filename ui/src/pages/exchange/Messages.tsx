import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Drawer, Input, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Message, type MessageView, message as oneMessage, type MessageQuery, messages, named, type Part, partners } from "../../api/exchange";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { states } from "./exchange";
import { Said } from "../../components/Said";

const colours: Partial<Record<Message["state"], string>> = { dead: "error", refused: "error", partly: "warning", received: "processing", queued: "processing", done: "success", acknowledged: "success" };

/** What came and goes, newest first; what is dead or refused can be tried again. */
export function Messages() {
  const { t } = useTranslation("exchange");
  const [q, setQ] = useState<MessageQuery>({});
  const [open, setOpen] = useState<Message>();
  const systems = useQuery(partners);
  const list = useInfiniteQuery(messages(q));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <div className="stack">
      <div className="row" role="search">
        <Select aria-label={t("partner")} allowClear placeholder={t("partner")} style={{ width: 180 }} value={q.partner} onChange={(partner?: string) => setQ({ ...q, partner })} options={(systems.data ?? []).map((p) => ({ value: p.id, label: p.name }))} />
        <Select aria-label={t("dir")} allowClear placeholder={t("dir")} style={{ width: 120 }} value={q.direction} onChange={(direction?: string) => setQ({ ...q, direction })} options={(["in", "out"] as const).map((d) => ({ value: d, label: t(`dir.${d}`) }))} />
        <Select aria-label={t("state")} mode="multiple" showSearch={{ optionFilterProp: "label" }} allowClear placeholder={t("state")} style={{ minWidth: 200 }} value={q.state ?? []} onChange={(state: string[]) => setQ({ ...q, state: state.length > 0 ? state : undefined })} options={states.map((s) => ({ value: s, label: t(`st.${s}`) }))} />
        <Input.Search allowClear aria-label={t("find")} placeholder={t("find")} style={{ width: 240 }} maxLength={100} onSearch={(v) => setQ({ ...q, q: v.trim() || undefined })} />
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Message> size="small" rowKey="key" loading={list.isPending} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("messages.none")} /> }}
        columns={[
          { title: t("at"), key: "at", width: 170, render: (_, m) => dateTime(m.at) },
          { title: t("dir"), key: "dir", width: 80, render: (_, m) => t(`dir.${m.direction}`) },
          { title: t("message"), key: "id", render: (_, m) => <><button type="button" className="figbtn mono" style={{ overflowWrap: "anywhere" }} onClick={() => setOpen(m)}>{m.id}</button><div className="dim">{m.partner} · {t(`kind.${m.kind}`)}</div></> },
          { title: t("object"), key: "object", render: (_, m) => <>{m.object || "–"}{m.parts > 1 && <div className="dim">{t("about", { n: m.parts })}</div>}</> },
          { title: t("state"), key: "state", width: 130, render: (_, m) => (
            <><Tag color={colours[m.state]}>{t(`st.${m.state}`)}</Tag>
              {m.tries > 0 && <div className="dim">{t("tries", { n: m.tries })}{m.next && ` · ${t("next", { at: dateTime(m.next) })}`}</div>}
              {m.doubles > 0 && <div className="dim">{t("doubles", { n: m.doubles })}</div>}</>) },
          { title: t("reason"), key: "reason", render: (_, m) => <span style={{ overflowWrap: "anywhere" }}>{m.reason ?? "–"}</span> },
        ]} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
      {open && <Detail of={open} close={() => setOpen(undefined)} />}
    </div>
  );
}

function Detail({ of, close }: { of: Message; close: () => void }) {
  const { t } = useTranslation("exchange");
  const { message } = App.useApp();
  const client = useQueryClient();
  const one = useQuery(oneMessage(of));
  const again = useMutation({
    mutationFn: () => api.post<MessageView>("/exchange/message/again", undefined, named(of)),
    onSuccess: (m) => { message.success(t("again.done", { state: t(`st.${m.state}`) })); client.setQueryData(oneMessage(of).queryKey, m); },
    onError: (err) => { message.error(err.message); },
    onSettled: () => Promise.all([client.invalidateQueries({ queryKey: ["exchange-messages"] }), client.invalidateQueries({ queryKey: ["exchange-partners"] })]),
  });
  const m = one.data;
  const repeatable = m && ["refused", "partly", "dead"].includes(m.state);
  return (
    <Drawer open onClose={close} title={`${t("detail")} ${of.id}`} size={720}
      footer={repeatable ? <Button type="primary" loading={again.isPending} onClick={() => again.mutate()}>{t(`again.${m.direction}`)}</Button> : undefined}>
      <Waiting query={one} />
      {m && (
        <div className="stack">
          <div className="row"><Tag color={colours[m.state]}>{t(`st.${m.state}`)}</Tag><span className="dim">{t(`dir.${m.direction}`)} · {m.partner} · {dateTime(m.at)}</span></div>
          {m.reason && <p style={{ margin: 0, overflowWrap: "anywhere" }}><Said text={m.reason} /></p>}
          {m.contents.length > 0 && (
            <Table<Part> size="small" rowKey="no" dataSource={m.contents} pagination={{ pageSize: 20, hideOnSinglePage: true }}
              columns={[
                { title: t("no"), dataIndex: "no", width: 60 }, { title: t("object"), key: "o", render: (_, p) => <>{t(`kind.${p.kind}`)} <span className="mono">{p.object}</span></> },
                { title: t("version"), dataIndex: "version", width: 150 }, { title: t("state"), key: "s", width: 100, render: (_, p) => t(`p.${p.state}`) },
                { title: t("reason"), key: "r", render: (_, p) => <span style={{ overflowWrap: "anywhere" }}>{p.reason ?? "–"}</span> },
              ]} />
          )}
          {m.text && <div><strong>{t("body")}</strong><pre className="mono" style={{ overflowX: "auto", maxHeight: 480 }} tabIndex={0}>{m.text}</pre></div>}
        </div>
      )}
    </Drawer>
  );
}
