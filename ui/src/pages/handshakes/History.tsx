import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Button, Input, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Handover, type Handshake, handovers } from "../../api/handshake";
import { Nothing, Problem } from "../../components/Status";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime, iso, ms, second } from "../../lib/time";
import { More } from "../production/parts";
import { EndTag, useTook, useWho, useWhy } from "./parts";

const ends = ["open", "done", "aborted", "timed_out"] as const;

/** What was handed over, with the signals and commands that each rests on. */
export function History({ of, from, to, show }: { of: Handshake; from: string; to: string; show: (h: Handover) => void }) {
  const { t } = useTranslation("handshake");
  const took = useTook();
  const who = useWho(of);
  const why = useWhy(of);
  const [end, setEnd] = useState<string>();
  const [text, setText] = useState("");
  const list = useInfiniteQuery(handovers(of.series ?? "", from, to, end));
  const rows = (list.data?.pages.flatMap((p) => p.items) ?? []).filter((h) => `${h.id} ${why(h)} ${h.reason ?? ""} ${h.by ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  const whole = (h: Handover) => (h.ended ? ms(h.ended) - ms(h.begun) : undefined);
  const save = () => download("handovers.csv", csv([["id", "begun", "ended", "cleared", "end", "end_by", "why", "loss", "at", "reason", "delayed", "delay_ms", "revision", ...of.steps.flatMap((s) => [`${s.name}_waited_ms`, `${s.name}_told_ms`, `${s.name}_command`])],
    ...rows.map((h) => [h.id, h.begun, h.ended, h.cleared, h.end, h.end_by, h.why, h.loss, h.at, h.reason, h.delayed, h.delay_ms, h.revision, ...of.steps.flatMap((_, i) => [h.steps[i]?.waited_ms, h.steps[i]?.told?.took_ms, h.steps[i]?.told?.command])])]), "text/csv");
  const samples = (h: Handover) => ({ tags: [...new Set(h.steps.map((s) => s.tag))].join(","), from: iso(ms(h.begun) - 10 * second), to: iso((h.cleared ? ms(h.cleared) : h.ended ? ms(h.ended) : Date.now()) + 10 * second) });
  return (
    <>
      <div className="row"><h3 style={{ margin: 0 }}>{t("history")}</h3><span className="fill" />
        <Input.Search allowClear style={{ width: 200 }} aria-label={`${t("history")} ${t("reason")}`} placeholder={t("reason")} value={text} onChange={(e) => setText(e.target.value)} />
        <Select allowClear style={{ width: 130 }} aria-label={t("end")} placeholder={t("end.all")} value={end} onChange={(e?: string) => setEnd(e)} options={ends.map((e) => ({ value: e, label: t(`end.${e}`) }))} />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button></div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Handover> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("history.none")} /> }}
        columns={[
          { title: t("begun"), key: "begun", width: 200, className: "num", sorter: (a, b) => a.begun.localeCompare(b.begun), render: (_, h) => <button type="button" className="figbtn num" aria-label={`${t("show")} ${dateTime(h.begun, true)}`} onClick={() => show(h)}>{dateTime(h.begun, true)}</button> },
          { title: t("end"), key: "end", width: 100, render: (_, h) => <EndTag of={h} /> },
          { title: t("took"), key: "took", width: 100, align: "right", className: "num", sorter: (a, b) => (whole(a) ?? 0) - (whole(b) ?? 0), render: (_, h) => took(whole(h)) },
          { title: t("delayed"), key: "delayed", width: 180, sorter: (a, b) => (a.delay_ms ?? 0) - (b.delay_ms ?? 0), render: (_, h) => (h.delayed ? <>{who(h.delayed)} <span className="num dim">{took(h.delay_ms)}</span></> : "—") },
          { title: t("reason"), key: "why", render: (_, h) => <span style={{ overflowWrap: "anywhere" }}>{[why(h), h.reason].filter(Boolean).join(" · ")}</span> },
          { title: t("evidence"), key: "evidence", width: 170, render: (_, h) => <><Link to="/trend" search={samples(h)}>{t("samples")}</Link>　<Link to="/control/commands" search={{}}>{t("commands")}</Link></> },
        ]} />
      <More list={list} />
    </>
  );
}
