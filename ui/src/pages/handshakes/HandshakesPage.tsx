import { useQuery } from "@tanstack/react-query";
import { Button, Input, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Handshake, type HandshakeView, handshakes } from "../../api/handshake";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { shortTime } from "../../lib/time";
import "./handshakes.css";
import { HandshakeForm } from "./HandshakeForm";
import { HandshakePanel } from "./HandshakePanel";
import { EndTag, ModeTag, useHandshakesSearch, useMay, useStands } from "./parts";

/** Handshakes between machines: which there are, where each stands, and one of them live. */
export default function HandshakesPage() {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  const { writes } = useMay();
  const stands = useStands();
  const [search, set] = useHandshakesSearch();
  const [text, setText] = useState("");
  const [editing, setEditing] = useState<Handshake | "new">();
  const query = useQuery(handshakes(search.scope));
  const called = ({ handshake: h }: HandshakeView) => [h.name.zh, h.name.en, h.giver.name?.zh, h.giver.name?.en, h.taker.name?.zh, h.taker.name?.en, h.owner].join(" ").toLowerCase();
  const rows = (query.data ?? []).filter((v) => called(v).includes(text.toLowerCase()));
  const save = () => download("handshakes.csv", csv([["id", "name", "kind", "giver", "taker", "mode", "phase", "step", "last_begun", "last_end", "owner", "revision", "state"],
    ...rows.map((v) => [v.handshake.series, v.handshake.name.zh, v.handshake.kind, v.handshake.giver.path, v.handshake.taker.path, v.run.mode, v.now?.phase, v.now?.step, v.last?.begun, v.last?.end, v.handshake.owner, v.handshake.revision, v.handshake.state])]), "text/csv");
  const chosen = search.handshake;
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
        <Table<HandshakeView> size="small" rowKey={(v) => v.handshake.series ?? ""} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t(query.data?.length ? "nothing" : "none")} /> }}
          rowClassName={(v) => (v.handshake.series === chosen ? "ant-table-row-selected" : "")}
          columns={[
            { title: t("name"), key: "name", sorter: (a, b) => a.handshake.name.zh.localeCompare(b.handshake.name.zh), filters: (["transfer", "call-off"] as const).map((k) => ({ text: t(`kind.${k}`), value: k })), onFilter: (k, v) => v.handshake.kind === k, render: (_, v) => <><button type="button" className="figbtn" aria-pressed={v.handshake.series === chosen} onClick={() => set({ handshake: v.handshake.series === chosen ? undefined : v.handshake.series, handover: undefined })}>{name(v.handshake.name)}</button><div className="dim">{t(`kind.${v.handshake.kind}`)}</div></> },
            { title: t("machines"), key: "machines", sorter: (a, b) => (a.handshake.giver.path ?? "").localeCompare(b.handshake.giver.path ?? ""), render: (_, v) => <>{name(v.handshake.giver.name)} → {name(v.handshake.taker.name)}</> },
            { title: t("mode"), key: "mode", width: 100, filters: (["off", "on", "suspended"] as const).map((m) => ({ text: t(`mode.${m}`), value: m })), onFilter: (m, v) => v.run.mode === m, render: (_, v) => <ModeTag mode={v.run.mode} /> },
            { title: t("stands"), key: "stands", render: (_, v) => stands(v) },
            { title: t("last"), key: "last", width: 150, sorter: (a, b) => (a.last?.begun ?? "").localeCompare(b.last?.begun ?? ""), render: (_, v) => (v.last ? <><EndTag of={v.last} /><div className="dim num">{shortTime(v.last.begun)}</div></> : "—") },
            { title: t("owner"), key: "owner", width: 120, sorter: (a, b) => a.handshake.owner.localeCompare(b.handshake.owner), render: (_, v) => v.handshake.owner },
            { title: t("revision"), key: "revision", width: 120, render: (_, v) => <>{t("revision.n", { n: v.handshake.revision ?? 1 })}<div className="dim">{t(`state.${v.handshake.state ?? "draft"}`)}</div></> },
          ]} />
        {chosen && <HandshakePanel key={chosen} id={chosen} edit={setEditing} />}
      </div>
      {editing && <HandshakeForm of={editing === "new" ? undefined : editing} close={(saved) => { setEditing(undefined); if (saved) set({ handshake: saved.series }); }} />}
    </>
  );
}
