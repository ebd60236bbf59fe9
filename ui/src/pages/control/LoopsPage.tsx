import { useQuery } from "@tanstack/react-query";
import { Button, Input, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Loop, type LoopView, loops } from "../../api/loop";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { csv } from "../../lib/format";
import { download } from "../../lib/download";
import { LoopForm } from "./LoopForm";
import { LoopPanel } from "./LoopPanel";
import { ModeTag, useLoopsSearch, useMay, useValue } from "./parts";

/** Control loops: which there are, how they stand, and one of them at work. */
export default function LoopsPage() {
  const { t } = useTranslation("loop");
  const { name } = useLang();
  const { writes } = useMay();
  const value = useValue();
  const [search, set] = useLoopsSearch();
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<Loop | "new">();
  const query = useQuery(loops(search.scope));
  const called = (v: LoopView) => `${v.loop.name.zh} ${v.loop.name.en ?? ""} ${v.loop.equipment_name?.zh ?? ""} ${v.loop.equipment_name?.en ?? ""} ${v.loop.owner}`.toLowerCase();
  const rows = (query.data ?? []).filter((v) => called(v).includes(text.toLowerCase()));
  const save = () => download("control-loops.csv", csv([["id", "name", "path", "output", "kind", "mode", "pv", "sp", "out", "owner", "revision", "state"],
    ...rows.map((v) => [v.loop.series, v.loop.name.zh, v.loop.path, v.loop.output, v.loop.block.kind, v.run.mode, v.now?.pv, v.run.sp, v.now?.output, v.loop.owner, v.loop.revision, v.loop.state])]), "text/csv");
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <div className="stack">
        <div className="row">
          <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
          <Input.Search allowClear style={{ width: 260 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /><span className="fill" />
          <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>{writes && <Button type="primary" onClick={() => setEditing("new")}>{t("add")}</Button>}
        </div>
        {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
        <Table<LoopView> size="small" rowKey={(v) => v.loop.series ?? ""} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t(query.data?.length ? "nothing" : "none")} /> }}
          rowClassName={(v) => (v.loop.series === search.loop ? "ant-table-row-selected" : "")}
          columns={[
            { title: t("name"), key: "name", sorter: (a, b) => a.loop.name.zh.localeCompare(b.loop.name.zh), render: (_, v) => <><button type="button" className="figbtn" aria-pressed={v.loop.series === search.loop} onClick={() => set({ loop: v.loop.series === search.loop ? undefined : v.loop.series })}>{name(v.loop.name)}</button><div className="dim">{t(`kind.${v.loop.block.kind}`)}</div></> },
            { title: t("machine"), key: "machine", sorter: (a, b) => (a.loop.path ?? "").localeCompare(b.loop.path ?? ""), render: (_, v) => <>{name(v.loop.equipment_name)}<div className="dim mono">{v.loop.output}</div></> },
            { title: t("mode"), key: "mode", width: 100, filters: (["off", "manual", "auto", "tuning", "suspended"] as const).map((m) => ({ text: t(`mode.${m}`), value: m })), onFilter: (m, v) => v.run.mode === m, render: (_, v) => <ModeTag mode={v.run.mode} /> },
            { title: t("pv"), key: "pv", width: 130, align: "right", className: "num", render: (_, v) => value(v.now?.pv, v.loop.pv.unit) },
            { title: t("sp"), key: "sp", width: 130, align: "right", className: "num", render: (_, v) => value(v.now?.sp ?? v.run.sp, v.loop.pv.unit) },
            { title: t("out"), key: "out", width: 120, align: "right", className: "num", render: (_, v) => value(v.now?.output, v.loop.output_unit) },
            { title: t("owner"), key: "owner", width: 120, sorter: (a, b) => a.loop.owner.localeCompare(b.loop.owner), render: (_, v) => v.loop.owner },
            { title: t("revision"), key: "revision", width: 120, render: (_, v) => <>{t("revision.n", { n: v.loop.revision ?? 1 })}<div className="dim">{t(`state.${v.loop.state ?? "draft"}`)}</div></> },
          ]} />
        {search.loop && <LoopPanel key={search.loop} id={search.loop} edit={setEditing} />}
      </div>
      {editing && <LoopForm of={editing === "new" ? undefined : editing} close={(saved) => { setEditing(undefined); if (saved) set({ loop: saved.series }); }} />}
    </>
  );
}
