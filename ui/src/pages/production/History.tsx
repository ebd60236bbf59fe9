import { useQuery } from "@tanstack/react-query";
import { Button, Input, Modal, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { type Command, type Order, orderHistory, type Step } from "../../api/production";
import { session } from "../../api/queries";
import { fixed } from "../../lib/format";
import { dateTime, ms } from "../../lib/time";
import { useChange, useNames } from "./parts";
import { useReason } from "./reasons";

const kinds = ["created", "changed", "released", "held", "resumed", "cancelled", "closed", "split", "merged", "planned", "job", "operator", "first_piece", "count", "withdrawn"] as const;
const atMachines: readonly string[] = ["job", "operator", "first_piece", "count"];

/** Everything that was done to an order; entries that were wrong are taken back here. */
export function History({ o, may }: { o: Order; may: boolean }) {
  const { t } = useTranslation("production");
  const { data, isLoading } = useQuery(orderHistory(o.id, o.rev));
  const me = useQuery(session).data;
  const [taking, setTaking] = useState<Step>();
  const words = useWords(o);
  const gone = new Set((data ?? []).filter((s) => s.what === "withdrawn").map((s) => s.step));
  const doubts = new Map(o.doubts.map((d) => [d.step, d.why]));
  const own = (s: Step) => s.by === me?.name && Date.now() - ms(s.entered) < 3_600_000;
  return (
    <>
      <Table<Step> size="small" rowKey="seq" loading={isLoading} dataSource={data ?? []} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 800 }}
        columns={[
          { title: "#", dataIndex: "seq", width: 50, align: "right" },
          { title: t("history.at"), key: "at", width: 170, render: (_, s) => <>{dateTime(s.at)}{ms(s.entered) - ms(s.at) > 60_000 && <div className="dim">{t("history.entered", { at: dateTime(s.entered) })}</div>}</> },
          { title: t("history.by"), dataIndex: "by", width: 110, ellipsis: true },
          { title: t("history.what"), key: "what", render: (_, s) => <span style={gone.has(s.seq) ? { textDecoration: "line-through" } : {}}>{words(s)}{doubts.has(s.seq) && <div style={{ color: "var(--warn)" }}>⚠ {doubts.get(s.seq)}</div>}</span> },
          { key: "act", width: 90, title: <span className="vh">{t("withdraw")}</span>, render: (_, s) => (atMachines.includes(s.what) && !gone.has(s.seq) && (may || own(s)) ? <Button size="small" onClick={() => setTaking(s)}>{t("withdraw")}</Button> : gone.has(s.seq) ? <span className="dim">{t("withdrawn")}</span> : null) },
        ]} />
      {taking && <Withdraw o={o} step={taking} words={words(taking)} close={() => setTaking(undefined)} />}
    </>
  );
}

/** A step in words. */
export function useWords(o: Order): (s: Step) => string {
  const { t } = useTranslation("production");
  const { place } = useNames();
  const reason = useReason();
  return (s) => {
    const job = s.job ? `${s.job} ${o.jobs.find((j) => j.no === s.job)?.name.zh ?? ""}` : "";
    const at = s.equipment ? `@${place(s.equipment)}` : "";
    const tail = [reason(s.reason), s.note].filter(Boolean).join(" · ");
    const parts = (() => {
      switch (s.what) {
        case "job":
          return [t(`cmd.${s.command as Command}`), job, at];
        case "operator":
          return [s.person, t(s.on ? "entry.on" : "entry.off"), job];
        case "first_piece":
          return [t("entry.first_piece"), t(s.ok ? "first.ok" : "first.bad"), job];
        case "count":
          return [t("entry.count"), job, ...(["good", "scrap", "rework"] as const).filter((k) => s[k]).map((k) => `${t(`made.${k}`)} ${(s[k] ?? 0) > 0 ? "+" : ""}${fixed(s[k] ?? 0, 0)}`)];
        case "withdrawn":
          return [t("step.withdrawn"), `#${s.step}`];
        case "split":
        case "merged":
          return [t(`step.${s.what}`), fixed(s.quantity ?? 0, 0)];
        case "released":
          return [t("step.released"), s.terms?.revision ? t("revision.n", { n: s.terms.revision }) : ""];
        default:
          return [(kinds as readonly string[]).includes(s.what) ? t(`step.${s.what as "created"}`) : s.what, job];
      }
    })();
    return [...parts, tail && `— ${tail}`].filter(Boolean).join(" ");
  };
}

function Withdraw({ o, step, words, close }: { o: Order; step: Step; words: string; close: () => void }) {
  const { t } = useTranslation("production");
  const [note, setNote] = useState("");
  const send = useChange(() => api.post(`/orders/${o.id}/withdrawals`, { step: step.seq, note }), close);
  return (
    <Modal open title={t("withdraw.title", { n: step.seq })} onCancel={close} onOk={() => send.mutate(undefined)} confirmLoading={send.isPending} okText={t("withdraw")} okButtonProps={{ danger: true, disabled: !note.trim() }} cancelText={t("common:cancel")}>
      <p>{words}</p>
      <p className="dim">{t("withdraw.hint")}</p>
      <label>{t("reason")}<Input.TextArea rows={2} maxLength={300} value={note} onChange={(e) => setNote(e.target.value)} /></label>
    </Modal>
  );
}
