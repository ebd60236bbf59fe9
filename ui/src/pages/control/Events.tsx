import { useInfiniteQuery } from "@tanstack/react-query";
import { Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type LoopEvent, loopEvents, type LoopView } from "../../api/loop";
import { Nothing, Problem } from "../../components/Status";
import { unitText } from "../../lib/format";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { More } from "../production/parts";
import { ModeTag, number } from "./parts";

const kinds = ["mode", "set-point", "hand", "write", "refused", "safe", "tuned", "revision"] as const;

/** What a loop did and was told, each with what it rested on. */
export function Events({ id, of, from, to }: { id: string; of: LoopView; from: string; to: string }) {
  const { t } = useTranslation("loop");
  const { lang } = useLang();
  const [what, setWhat] = useState<string>();
  const list = useInfiniteQuery(loopEvents(id, from, to, what));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const pv = unitText(of.loop.pv.unit, lang);
  const out = unitText(of.loop.output_unit, lang);
  const rests = (e: LoopEvent) => [e.sp !== undefined && `${t("sp")} ${number(e.sp)} ${pv}`, e.pv !== undefined && `${t("pv")} ${number(e.pv)} ${pv}`, e.inner !== undefined && `${t("inner")} ${number(e.inner)}`, e.disturbance !== undefined && `${t("disturbance")} ${number(e.disturbance)}`].filter(Boolean).join("　");
  return (
    <>
      <div className="row"><h3 style={{ margin: 0 }}>{t("events")}</h3><span className="fill" />
        <Select allowClear style={{ width: 160 }} aria-label={t("what")} placeholder={t("what.all")} value={what} onChange={(w?: string) => setWhat(w)} options={kinds.map((k) => ({ value: k, label: t(`what.${k}`) }))} /></div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<LoopEvent> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("events.none")} /> }}
        columns={[
          { title: t("when"), key: "when", width: 170, className: "num", render: (_, e) => dateTime(e.at) },
          { title: t("what"), key: "what", width: 110, render: (_, e) => t(`what.${e.what}`) },
          { title: t("mode"), key: "mode", width: 100, render: (_, e) => <ModeTag mode={e.mode} /> },
          { title: t("before"), key: "before", width: 100, align: "right", className: "num", render: (_, e) => (e.from === undefined ? "—" : `${number(e.from)} ${out}`) },
          { title: t("value"), key: "value", width: 100, align: "right", className: "num", render: (_, e) => (e.value === undefined ? "—" : <b>{number(e.value)} {out}</b>) },
          { title: t("rests"), key: "rests", className: "num", render: (_, e) => rests(e) },
          { title: t("who"), key: "who", width: 110, render: (_, e) => e.by ?? "" },
          { title: t("why"), key: "why", render: (_, e) => <span style={{ overflowWrap: "anywhere" }}>{[e.reason, e.note].filter(Boolean).join(" · ")}</span> },
        ]} />
      <More list={list} />
    </>
  );
}
