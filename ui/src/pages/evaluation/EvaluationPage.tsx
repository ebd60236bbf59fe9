import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Select, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { rounds, standards, type RoundHead, type RoundState } from "../../api/evaluation";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { day8 } from "../../lib/time";
import type { EvaluationSearch } from "../../routes";
import { ClassCounts } from "./values";
import { NewRound } from "./NewRound";
import { RoundView } from "./RoundView";

const states: RoundState[] = ["draft", "public", "final", "cancelled"];

/** Evaluations of firms by published standards, and one round of them. */
export default function EvaluationPage() {
  const search: EvaluationSearch = useSearch({ strict: false });
  return search.id ? <RoundView id={search.id} key={search.id} /> : <RoundList />;
}

export function RoundTag({ state }: { state: RoundState }) {
  const { t } = useTranslation("evaluation");
  return <Tag color={state === "final" ? "success" : state === "public" ? "processing" : "default"}>{t(`state.${state}`)}</Tag>;
}

function RoundList() {
  const { t } = useTranslation("evaluation");
  const { name } = useLang();
  const search: EvaluationSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const [fresh, setFresh] = useState(false);
  const me = useQuery(session).data;
  const book = useQuery(standards).data;
  const { data, error, isPending } = useQuery(rounds({ state: search.state, standard: search.standard, cursor: search.cursor, limit: 20 }));
  const set = (more: EvaluationSearch) => void navigate({ to: "/evaluations", search: { ...search, cursor: undefined, ...more } });
  const called = (id: string) => name(book?.standards.find((s) => s.id === id)?.name) || id;
  return (
    <>
      <div className="pagehead">
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        {me?.permissions.includes("firms.keep") && <Button type="primary" onClick={() => setFresh(true)}>{t("new")}</Button>}
      </div>
      {fresh && <NewRound close={() => setFresh(false)} />}
      <div className="row" style={{ marginBottom: 12 }}>
        <Select allowClear style={{ width: 150 }} value={search.state} placeholder={t("allStates")} aria-label={t("state")} onChange={(state?: string) => set({ state })} options={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <Select allowClear style={{ width: 360 }} value={search.standard} placeholder={t("allStandards")} aria-label={t("standard")} onChange={(standard?: string) => set({ standard })}
          options={[...new Set(book?.standards.map((s) => s.id))].map((id) => ({ value: id, label: called(id) }))} />
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<RoundHead> size="small" rowKey="id" loading={isPending} dataSource={data?.items ?? []} pagination={false} scroll={{ x: 900 }}
        locale={{ emptyText: <Empty description={t(search.state || search.standard ? "noneFound" : "none")} /> }}
        columns={[
          { title: t("round"), key: "title", render: (_, r) => <button type="button" className="figbtn" style={{ whiteSpace: "normal" }} onClick={() => void navigate({ to: "/evaluations", search: { id: r.id } })}>{r.title}</button> },
          { title: t("standard"), key: "standard", render: (_, r) => <>{called(r.standard)} <span className="dim">v{r.version}</span></> },
          { title: t("year"), dataIndex: "year", width: 70 },
          { title: t("state"), key: "state", width: 200, render: (_, r) => <><RoundTag state={r.state} />{r.state === "public" && <span className="dim">{r.from} – {r.to}</span>}{r.settled && <span className="dim">{day8(r.settled)}</span>}</> },
          { title: t("classes"), key: "classes", width: 220, render: (_, r) => <ClassCounts of={r.classes} unscored={r.unscored} /> },
          { title: t("openObjections"), dataIndex: "open", align: "right", width: 110 },
        ]} />
      <div className="row" style={{ marginTop: 12, justifyContent: "flex-end" }}>
        {search.cursor && <Button onClick={() => set({})}>{t("first")}</Button>}
        {data?.next && <Button onClick={() => set({ cursor: data.next })}>{t("next")}</Button>}
      </div>
    </>
  );
}
