import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Table, Tag } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Study, studies } from "../../api/models";
import { session } from "../../api/queries";
import { HealthLinks } from "../../components/HealthLinks";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { shortTime } from "../../lib/time";
import type { ModelsSearch } from "../../routes";
import { useTarget } from "./parts";
import { StudyForm } from "./StudyForm";
import { StudyView } from "./StudyView";

/** Models that the plant trains on its own machines: what they are for, how good they are, which are at work. */
export default function ModelsPage() {
  const { t } = useTranslation("models");
  const search: ModelsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: ModelsSearch) => void navigate({ to: "/health/models", search: { ...search, ...more }, replace: true });
  const may = (useQuery(session).data?.permissions ?? []).includes("engineer");
  const query = useQuery(studies(search.scope));
  const [asked, setAsked] = useState<Study | "new">();
  const open = search.study ?? query.data?.[0]?.id;
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" /><HealthLinks here="/health/models" /></div>
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope, study: undefined, version: undefined })} />
        <span className="fill" />{may && <Button type={query.data?.length === 0 ? "primary" : "default"} onClick={() => setAsked("new")}>{t("new")}</Button>}
      </div>
      {!query.data ? <Waiting query={query} /> : query.data.length === 0 ? <Nothing text={t("none")} /> : <List all={query.data} open={open} pick={(id) => set({ study: id, version: undefined })} />}
      {open && <StudyView key={open} id={open} search={search} set={set} edit={may ? setAsked : undefined} />}
      {asked && <StudyForm study={asked === "new" ? undefined : asked} close={(id) => { setAsked(undefined); if (id) set({ study: id, version: undefined }); }} />}
    </div>
  );
}

function List({ all, open, pick }: { all: Study[]; open: string | undefined; pick: (id: string) => void }) {
  const { t } = useTranslation("models");
  const { name } = useLang();
  const target = useTarget();
  const [text, setText] = useState("");
  const rows = useMemo(() => all.filter((s) => `${name(s.name)}\n${s.path ?? ""}\n${target(s)}`.toLowerCase().includes(text.toLowerCase())), [all, text]);
  const atWork = (s: Study) => [...(s.log ?? [])].reverse().find((m) => m.version === s.version)?.no;
  const save = () => download("models.csv", csv([["name", "path", "goal", "kind", "window_min", "version_at_work", "changed"], ...rows.map((s) => [name(s.name), s.path, s.target.goal, s.kind, s.window_min, s.version ? (atWork(s) ?? "") : "", s.at])]), "text/csv");
  return (
    <section className="panel" aria-label={t("studies")}>
      <div className="row"><h2>{t("studies")}</h2><span className="dim">{t("count", { count: rows.length })}</span><span className="fill" />
        <Input.Search allowClear style={{ width: 220 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /><Button onClick={save}>{t("common:export.csv")}</Button></div>
      <Table<Study> size="small" rowKey={(s) => s.id ?? ""} dataSource={rows} pagination={{ pageSize: 10, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 760 }} rowClassName={(s) => (s.id === open ? "chosen" : "")}
        columns={[
          { title: t("name"), key: "name", sorter: (a, b) => name(a.name).localeCompare(name(b.name)), render: (_, s) => <button type="button" className="figbtn" aria-current={s.id === open} onClick={() => pick(s.id ?? "")}>{name(s.name)}</button> },
          { title: t("place"), key: "path", sorter: (a, b) => (a.path ?? "").localeCompare(b.path ?? ""), render: (_, s) => <span className="dim">{s.path}{s.machines.length > 1 && ` (${s.machines.length})`}</span> },
          { title: t("target"), key: "target", filters: (["normal", "value", "failure", "life"] as const).map((g) => ({ value: g, text: t(`goal.${g}`) })), onFilter: (v, s) => s.target.goal === v, render: (_, s) => target(s) },
          { title: t("kind"), key: "kind", width: 130, render: (_, s) => t(`kind.${s.kind ?? "trees"}`) },
          { title: t("work"), key: "work", width: 130, sorter: (a, b) => Number(Boolean(a.version)) - Number(Boolean(b.version)), render: (_, s) => (s.version ? <Tag color="success">{t("work.no", { no: atWork(s) ?? "" })}</Tag> : s.ended ? t("ended") : "—") },
          { title: t("changed"), key: "at", width: 150, sorter: (a, b) => (a.at ?? "").localeCompare(b.at ?? ""), render: (_, s) => <span className="num">{s.at && shortTime(s.at)} <span className="dim">{s.by}</span></span> },
        ]} />
    </section>
  );
}
