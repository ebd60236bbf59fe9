import { useQuery } from "@tanstack/react-query";
import { Button, Checkbox, Input, Table, Tabs, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Rule, rules } from "../../api/rules";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { Firings } from "./Firings";
import { RuleDrawer } from "./RuleDrawer";
import { RuleEditor } from "./RuleEditor";
import { StateTag, useActs, useMay, useRulesSearch } from "./parts";

/** Rules by which a line reacts by itself: written, tried, watched, allowed. */
export default function RulesPage() {
  const { t } = useTranslation("rules");
  const [search, set] = useRulesSearch();
  const [editing, setEditing] = useState<Rule | "new">();
  const items = [{ key: "rules", label: t("tab.rules"), children: <RuleList edit={setEditing} /> }, { key: "firings", label: t("tab.firings"), children: <Firings scope={search.scope} /> }];
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span></div>
      <Tabs destroyOnHidden activeKey={search.tab === "firings" ? "firings" : "rules"} items={items} onChange={(tab) => set({ tab, rule: undefined })} />
      {search.rule && <RuleDrawer key={search.rule} id={search.rule} close={() => set({ rule: undefined })} edit={setEditing} />}
      {editing && <RuleEditor of={editing === "new" ? undefined : editing} close={(saved) => { setEditing(undefined); if (saved) set({ rule: saved.id }); }} />}
    </>
  );
}

function RuleList({ edit }: { edit: (r: Rule | "new") => void }) {
  const { t } = useTranslation("rules");
  const { name } = useLang();
  const { writes } = useMay();
  const acts = useActs();
  const [search, set] = useRulesSearch();
  const [text, setText] = useState("");
  const query = useQuery(rules({ scope: search.scope, all: search.ended }));
  const rows = (query.data ?? []).filter((r) => `${r.name.zh}\n${r.name.en ?? ""}\n${r.path ?? ""}\n${r.when}\n${r.owner ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  const save = () => download("rules.csv", csv([["name", "revision", "state", "path", "owner", "when", "reset", "actions"], ...rows.map((r) => [r.name.zh, r.revision, r.state, r.path, r.owner, r.when, r.reset, r.actions.map(acts).join("; ")])]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Input.Search allowClear style={{ width: 240 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} />
        <Checkbox checked={search.ended ?? false} onChange={(e) => set({ ended: e.target.checked || undefined })}>{t("retired.too")}</Checkbox><span className="fill" />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>{writes && <Button type="primary" onClick={() => edit("new")}>{t("add")}</Button>}
      </div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Rule> size="small" rowKey={(r) => r.id ?? ""} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t(query.data?.length ? "nothing" : "none")} /> }}
        columns={[
          { title: t("name"), key: "name", sorter: (a, b) => a.name.zh.localeCompare(b.name.zh), render: (_, r) => <><button type="button" className="figbtn" onClick={() => set({ rule: r.id })}>{name(r.name)}</button><div className="dim mono">{r.path}</div></> },
          { title: t("revision"), dataIndex: "revision", width: 70, align: "right", sorter: (a, b) => (a.revision ?? 0) - (b.revision ?? 0) },
          { title: t("state"), key: "state", width: 150, filters: (["draft", "backtested", "shadow", "active", "suspended", "retired"] as const).map((s) => ({ text: t(`state.${s}`), value: s })), onFilter: (v, r) => r.state === v, render: (_, r) => <><StateTag state={r.state} />{r.request && <Tag color="warning" variant="outlined">{t("waits")}</Tag>}</> },
          { title: t("when"), key: "when", render: (_, r) => <code style={{ overflowWrap: "anywhere" }}>{r.when}</code> },
          { title: t("acts"), key: "acts", render: (_, r) => r.actions.map((a) => <div key={acts(a)}>{acts(a)}</div>) },
          { title: t("owner"), dataIndex: "owner", width: 100 },
          { title: t("changed"), key: "changed", width: 130, render: (_, r) => { const last = r.steps?.at(-1); return last && <>{last.by}<div className="dim">{shortTime(last.at)}</div></>; } },
        ]} />
    </div>
  );
}
