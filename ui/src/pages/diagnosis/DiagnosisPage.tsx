import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Input, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { diagnoses, type DiagnosisHead, type DiagnosisState } from "../../api/diagnosis";
import { session } from "../../api/queries";
import { PageTabs } from "../../components/PageTabs";
import { fixed } from "../../lib/format";
import { day8 } from "../../lib/time";
import type { DiagnosisSearch } from "../../routes";
import { Coverage } from "./Coverage";
import { NewDiagnosis } from "./NewDiagnosis";
import { Workspace } from "./Workspace";

const states: DiagnosisState[] = ["planned", "visiting", "drafted", "replied", "closed", "followed", "cancelled"];

/** Diagnoses of firms, and the workspace of one. */
export default function DiagnosisPage() {
  const search: DiagnosisSearch = useSearch({ strict: false });
  return search.id ? <Workspace id={search.id} key={search.id} /> : <DiagnosisList />;
}

export function StateTag({ state }: { state: DiagnosisState }) {
  const { t } = useTranslation("diagnosis");
  return <Tag color={state === "closed" || state === "followed" ? "success" : state === "cancelled" ? "default" : "processing"}>{t(`state.${state}`)}</Tag>;
}

function DiagnosisList() {
  const { t } = useTranslation("diagnosis");
  const [fresh, setFresh] = useState(false);
  const me = useQuery(session);
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        {me.data?.permissions.includes("diagnose") && <Button type="primary" onClick={() => setFresh(true)}>{t("new")}</Button>}
      </div>
      {fresh && <NewDiagnosis close={() => setFresh(false)} />}
      <PageTabs items={[{ key: "projects", label: t("tab.projects"), children: <Projects /> }, { key: "coverage", label: t("tab.coverage"), children: <Coverage /> }]} />
    </>
  );
}

function Projects() {
  const { t } = useTranslation("diagnosis");
  const search: DiagnosisSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data, error, isPending } = useQuery(diagnoses({ state: search.state, region: search.region, sector: search.sector, q: search.q, cursor: search.cursor, limit: 20 }));
  const set = (more: DiagnosisSearch) => void navigate({ to: "/diagnoses", search: { ...search, cursor: undefined, ...more } });
  return (
    <>
      <div className="row" style={{ marginBottom: 12 }}>
        <Select allowClear style={{ width: 150 }} value={search.state} placeholder={t("allStates")} aria-label={t("state")} onChange={(state?: string) => set({ state })}
          options={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <Code label={t("region")} value={search.region} pattern={/^\d{0,6}$/} onChange={(region) => set({ region })} />
        <Code label={t("sector")} value={search.sector} pattern={/^[A-T]?\d{0,4}$/} onChange={(sector) => set({ sector })} />
        <Input.Search allowClear style={{ width: 240 }} defaultValue={search.q} placeholder={t("search")} aria-label={t("search")} onSearch={(q) => set({ q: q || undefined })} />
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<DiagnosisHead> size="small" rowKey="id" loading={isPending} dataSource={data?.items ?? []} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty description={t(search.state || search.q || search.region || search.sector ? "noneFound" : "none")} /> }}
        columns={[
          { title: t("col.title"), key: "title", render: (_, d) => <button type="button" className="figbtn" onClick={() => void navigate({ to: "/diagnoses", search: { id: d.id } })}>{d.title}</button> },
          { title: t("col.firm"), key: "firm", render: (_, d) => <>{d.firm.name}<div className="dim">{[d.firm.region, d.firm.sector].filter(Boolean).join(" · ")}</div></> },
          { title: t("col.state"), key: "state", render: (_, d) => <StateTag state={d.state} /> },
          { title: t("col.begin"), dataIndex: "begin" },
          { title: t("col.lead"), key: "lead", render: (_, d) => d.lead ?? "—" },
          { title: t("col.answered"), key: "answered", align: "right", render: (_, d) => `${d.answered} / ${d.asked}` },
          { title: t("col.share"), key: "share", align: "right", render: (_, d) => (d.asked ? `${fixed((100 * d.from_machine) / d.asked, 1)} %` : "—") },
          { title: t("col.total"), key: "total", align: "right", render: (_, d) => fixed(d.total, 2) },
          { title: t("col.due"), key: "due", render: (_, d) => (d.due ? day8(d.due) : "—") },
        ]} />
      <div className="row" style={{ marginTop: 12, justifyContent: "flex-end" }}>
        {search.cursor && <Button onClick={() => set({})}>{t("first")}</Button>}
        {data?.next && <Button onClick={() => set({ cursor: data.next })}>{t("next")}</Button>}
      </div>
    </>
  );
}

function Code({ label, value, pattern, onChange }: { label: string; value: string | undefined; pattern: RegExp; onChange: (v: string | undefined) => void }) {
  const [text, setText] = useState(value ?? "");
  const bad = !pattern.test(text);
  const done = () => {
    if (!bad && text !== (value ?? "")) onChange(text || undefined);
  };
  return <Input style={{ width: 150 }} allowClear value={text} status={bad ? "error" : ""} placeholder={label} aria-label={label} aria-invalid={bad}
    onChange={(e) => setText(e.target.value.trim().toUpperCase())} onBlur={done} onPressEnter={done} onClear={() => onChange(undefined)} />;
}
