import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Empty, Input, Modal, Segmented, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { session, suspicions } from "../../api/queries";
import type { Suspicion } from "../../api/types";
import { useProblem } from "../../components/Status";
import { percent } from "../../lib/format";
import { clock, dateTime, ofMicros } from "../../lib/time";

const shown = { open: ["open", "contested"], decided: ["upheld", "dismissed"], all: [] } as const;
type Shown = keyof typeof shown;

/** Machine days that may not be the machine's own, and what people say of them. */
export function Authenticity() {
  const { t } = useTranslation("authenticity");
  const search = useSearch({ strict: false }) as { show?: string };
  const navigate = useNavigate();
  const show: Shown = search.show === "decided" || search.show === "all" ? search.show : "open";
  const list = useQuery(suspicions(shown[show]));
  return (
    <section className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("lead")}</p>
      <Segmented<Shown> aria-label={t("show")} value={show} options={(Object.keys(shown) as Shown[]).map((k) => ({ value: k, label: t(`show.${k}`) }))}
        onChange={(v) => void navigate({ to: "/devices", search: { tab: "authenticity", show: v === "open" ? undefined : v } })} />
      {list.error && <Alert type="error" showIcon message={list.error.message} />}
      <Table<Suspicion> size="small" rowKey="id" loading={list.isPending} dataSource={list.data ?? []} scroll={{ x: 900 }} pagination={{ pageSize: 20, hideOnSinglePage: true }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t(show === "open" ? "none" : "none.filter")} /> }}
        expandable={{ expandedRowRender: (s) => <SaidList of={s} />, rowExpandable: (s) => s.said.length > 0 }}
        columns={[
          { title: t("date"), dataIndex: "date", width: 110, className: "num" },
          { title: t("machine"), key: "machine", render: (_, s) => <Link to="/machines/$id" params={{ id: s.machine }}>{s.path}</Link> },
          { title: t("kind"), key: "kind", render: (_, s) => <><b>{t(`kind.${s.kind}` as "kind.flat_line")}</b><div className="dim"><Why of={s} /></div></> },
          { title: t("state"), key: "state", width: 90, render: (_, s) => <span className="chip">{t(`state.${s.state}` as "state.open")}</span> },
          { title: "", key: "do", width: 200, render: (_, s) => <Answer of={s} /> },
        ]} />
    </section>
  );
}

/** What was found, in numbers and words. */
export function Why({ of: s }: { of: Omit<Suspicion, "path"> }) {
  const { t } = useTranslation("authenticity");
  const times = s.from && s.to ? { from: clock(ofMicros(s.from)), to: clock(ofMicros(s.to)) } : { from: "", to: "" };
  const seconds = Math.round(Math.abs(s.got) / 1e6);
  return <>{t(`why.${s.kind}` as "why.flat_line", { ...times, signal: s.signal || t("all"), got: s.kind === "impossible_rate" ? s.got.toFixed(1) : s.kind === "stepped_clock" ? seconds : s.got, share: percent(s.share, 0), other: s.other_date ?? "" })}</>;
}

/** What people said of it, oldest first. */
export function SaidList({ of }: { of: Pick<Suspicion, "said"> }) {
  const { t } = useTranslation("authenticity");
  return <ul style={{ margin: 0, paddingInlineStart: 20 }}>{of.said.map((x) => <li key={x.at}>{dateTime(ofMicros(x.at))} {x.by} · {t(`state.${x.what}` as "state.open")}：{x.text}</li>)}</ul>;
}

type What = "contest" | "uphold" | "dismiss";

function Answer({ of: s }: { of: Suspicion }) {
  const { t } = useTranslation("authenticity");
  const { data: me } = useQuery(session);
  const [what, setWhat] = useState<What | null>(null);
  const decided = s.state === "upheld" || s.state === "dismissed";
  return (
    <span className="row" style={{ gap: 4 }}>
      {!decided && me?.permissions.includes("engineer") && <Button size="small" onClick={() => setWhat("contest")}>{t("contest")}</Button>}
      {s.above && <span className="dim">{t("above")}</span>}
      {!s.above && me?.permissions.includes("firms.keep") && <>
        {s.state !== "dismissed" && <Button size="small" onClick={() => setWhat("dismiss")}>{t("dismiss")}</Button>}
        {s.state !== "upheld" && <Button size="small" danger onClick={() => setWhat("uphold")}>{t("uphold")}</Button>}
      </>}
      {what && <Say of={s} what={what} close={() => setWhat(null)} />}
    </span>
  );
}

function Say({ of: s, what, close }: { of: Suspicion; what: What; close: () => void }) {
  const { t } = useTranslation("authenticity");
  const { message } = App.useApp();
  const problem = useProblem();
  const client = useQueryClient();
  const [text, setText] = useState("");
  const send = useMutation({
    mutationFn: () => (what === "contest" ? api.post(`/suspicions/${s.id}/contest`, { equipment: s.machine, text: text.trim() }) : api.post(`/suspicions/${s.id}/decide`, { equipment: s.machine, text: text.trim(), upheld: what === "uphold" })),
    onSuccess: async () => { await client.invalidateQueries({ queryKey: ["suspicions"] }); close(); },
    onError: (err) => { message.error(problem(err)); },
  });
  return (
    <Modal open title={`${t(what)}：${s.path} · ${s.date} · ${t(`kind.${s.kind}` as "kind.flat_line")}`} okText={t(what)} okButtonProps={{ disabled: text.trim() === "", danger: what === "uphold" }} onOk={() => send.mutate()} confirmLoading={send.isPending} onCancel={close}>
      <p className="dim">{t(`${what}.hint`)}</p>
      <label>{t("text")}<Input.TextArea autoFocus maxLength={2000} rows={3} value={text} onChange={(e) => setText(e.target.value)} /></label>
    </Modal>
  );
}
