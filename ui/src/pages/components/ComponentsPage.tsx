import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Table, Tabs, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Component, components, type Listed } from "../../api/components";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { bytes, csv, percent } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { ComponentDrawer } from "./ComponentDrawer";
import { ComponentForm } from "./ComponentForm";
import { Events } from "./Events";
import { Publishers } from "./Publishers";
import { millis, StateTag, useComponentsSearch, useMay } from "./parts";

/** Functions that somebody brought along: handed in, tried, allowed, watched. */
export default function ComponentsPage() {
  const { t } = useTranslation("components");
  const [search, set] = useComponentsSearch();
  const [editing, setEditing] = useState<Component | "new">();
  const items = [
    { key: "components", label: t("tab.components"), children: <ComponentList edit={setEditing} /> },
    { key: "events", label: t("tab.events"), children: <Events scope={search.scope} /> },
    { key: "publishers", label: t("tab.publishers"), children: <Publishers /> },
  ];
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <Tabs destroyOnHidden activeKey={items.some((i) => i.key === search.tab) ? (search.tab ?? "") : "components"} items={items} onChange={(tab) => set({ tab, component: undefined })} />
      {search.component && <ComponentDrawer key={search.component} id={search.component} close={() => set({ component: undefined })} edit={setEditing} />}
      {editing && <ComponentForm of={editing === "new" ? undefined : editing} close={(saved) => { setEditing(undefined); if (saved) set({ component: saved.id }); }} />}
    </>
  );
}

function ComponentList({ edit }: { edit: (c: Component | "new") => void }) {
  const { t } = useTranslation("components");
  const { name } = useLang();
  const { writes } = useMay();
  const [search, set] = useComponentsSearch();
  const [text, setText] = useState("");
  const query = useQuery(components({ scope: search.scope, all: search.ended }));
  const rows = (query.data ?? []).filter((c) => `${c.name.zh}\n${c.name.en ?? ""}\n${c.path ?? ""}\n${c.code}\n${c.owner ?? ""}\n${c.signer ?? ""}\n${c.inputs.map((i) => i.signal).join("\n")}`.toLowerCase().includes(text.toLowerCase()));
  const save = () => download("components.csv", csv([["name", "revision", "state", "path", "code", "form", "owner", "publisher", "sha256", "calls", "failures", "p50_ms", "p99_ms", "memory"], ...rows.map((c) => [c.name.zh, c.revision, c.state, c.path, c.code, c.form, c.owner, c.signer, c.sha256, c.status.calls, c.status.failures, c.status.p50_ms, c.status.p99_ms, c.status.memory])]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Input.Search allowClear style={{ width: 240 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("retired.too")}</Checkbox><span className="fill" />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>{writes && <Button type="primary" onClick={() => edit("new")}>{t("add")}</Button>}
      </div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Listed> size="small" rowKey={(c) => c.id ?? ""} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t(query.data?.length ? "nothing" : "none")} /> }}
        columns={[
          { title: t("name"), key: "name", sorter: (a, b) => a.name.zh.localeCompare(b.name.zh), render: (_, c) => <><button type="button" className="figbtn" onClick={() => set({ component: c.id })}>{name(c.name)}</button><div className="dim mono">{c.path}/component.{c.code}</div></> },
          { title: t("revision"), dataIndex: "revision", width: 70, align: "right", sorter: (a, b) => (a.revision ?? 0) - (b.revision ?? 0) },
          { title: t("state"), key: "state", width: 140, filters: (["draft", "approved", "active", "suspended", "retired"] as const).map((s) => ({ text: t(`state.${s}`), value: s })), onFilter: (v, c) => c.state === v, render: (_, c) => <><StateTag state={c.state} />{c.request && <Tag color="warning" variant="outlined">{t("waits")}</Tag>}{c.status.aside && <Tag color="warning" variant="outlined">{t("health.aside")}</Tag>}</> },
          { title: t("form"), key: "form", width: 150, filters: (["module", "service"] as const).map((f) => ({ text: t(`form.${f}`), value: f })), onFilter: (v, c) => c.form === v, render: (_, c) => <>{t(`form.${c.form}`)}<div className="dim">{c.signer}</div></> },
          { title: t("calls"), key: "calls", width: 80, align: "right", sorter: (a, b) => a.status.calls - b.status.calls, render: (_, c) => <span className="num">{c.status.running ? c.status.calls : "—"}</span> },
          { title: t("error.rate"), key: "rate", width: 90, align: "right", sorter: (a, b) => (a.status.error_rate ?? 0) - (b.status.error_rate ?? 0), render: (_, c) => <span className="num">{c.status.error_rate === null ? "—" : percent(c.status.error_rate)}</span> },
          { title: `${t("p50")} / ${t("p99")}`, key: "took", width: 170, align: "right", sorter: (a, b) => (a.status.p99_ms ?? 0) - (b.status.p99_ms ?? 0), render: (_, c) => <span className="num">{c.status.running ? `${millis(c.status.p50_ms)} / ${millis(c.status.p99_ms)} ms` : "—"}</span> },
          { title: t("memory"), key: "memory", width: 90, align: "right", render: (_, c) => <span className="num">{c.status.memory ? bytes(c.status.memory) : "—"}</span> },
          { title: t("changed"), key: "changed", width: 120, render: (_, c) => { const last = c.steps?.at(-1); return last && <>{last.by}<div className="dim">{shortTime(last.at)}</div></>; } },
        ]} />
    </div>
  );
}
