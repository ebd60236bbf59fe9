import { useQuery } from "@tanstack/react-query";
import { Button, Input, Tabs } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Experiment, experiment, experiments } from "../../api/trial";
import { ProcessLinks } from "../../components/ProcessLinks";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { shortTime } from "../../lib/time";
import { AnalysisTab } from "./AnalysisTab";
import { BestTab } from "./BestTab";
import { PlanForm } from "./PlanForm";
import { RunsTab } from "./RunsTab";
import { Head, LogTab } from "./StateTab";
import { StateTag, useMay, useSearchOf } from "./parts";

/** Experiments: planned, done, read and concluded. */
export default function ExperimentsPage() {
  const { t } = useTranslation("trial");
  const [search, set] = useSearchOf();
  const { plans } = useMay();
  const query = useQuery(experiments);
  const [planning, setPlanning] = useState(false);
  const open = search.experiment ?? query.data?.[0]?.id;
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" /><ProcessLinks here="/process/experiments" /></div>
      <div className="stack">
        {plans && <div className="row noprint"><Button type={query.data?.length === 0 ? "primary" : "default"} onClick={() => setPlanning(true)}>{t("new")}</Button></div>}
        {!query.data ? <Waiting query={query} /> : query.data.length === 0 ? <Nothing text={t("none")} /> : <List all={query.data} open={open} pick={(id) => set({ experiment: id, response: undefined, x: undefined, y: undefined, model: undefined })} />}
        {open && <Open id={open} />}
      </div>
      {planning && <PlanForm close={(id) => { setPlanning(false); if (id) set({ experiment: id, tab: "runs" }); }} />}
    </>
  );
}

function Open({ id }: { id: string }) {
  const { t } = useTranslation("trial");
  const [search, set] = useSearchOf();
  const query = useQuery(experiment(id));
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />;
  const e = query.data;
  if (!e) return <Waiting query={query} />;
  const items = [
    { key: "runs", label: t("tab.runs"), children: <RunsTab e={e} /> }, { key: "analysis", label: t("tab.analysis"), children: <AnalysisTab e={e} /> },
    { key: "best", label: t("tab.best"), children: <BestTab e={e} /> }, { key: "log", label: t("tab.log"), children: <LogTab e={e} /> },
  ];
  return <><Head e={e} /><Tabs destroyOnHidden activeKey={items.some((i) => i.key === search.tab) ? (search.tab ?? "runs") : "runs"} items={items} onChange={(tab) => set({ tab })} /></>;
}

function List({ all, open, pick }: { all: Experiment[]; open: string | undefined; pick: (id: string) => void }) {
  const { t } = useTranslation("trial");
  const { name } = useLang();
  const [text, setText] = useState("");
  const rows = all.filter((e) => `${name(e.name)}\n${name(e.place_name)}\n${e.item ?? ""}\n${e.goal}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <section className="panel noprint" aria-label={t("title")}>
      <div className="row"><h2>{t("all")}</h2><span className="fill" /><Input.Search allowClear style={{ width: 220 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /></div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("all")} style={{ maxHeight: 240 }}><table className="plain">
        <thead><tr><th>{t("name")}</th><th>{t("place")}</th><th>{t("product")}</th><th>{t("design")}</th><th>{t("factors")}</th><th className="r">{t("runs.done")}</th><th>{t("state")}</th><th>{t("changed")}</th></tr></thead>
        <tbody>{rows.map((e) => (
          <tr key={e.id} style={e.id === open ? { fontWeight: 600 } : {}}>
            <td><button type="button" className="figbtn" onClick={() => pick(e.id)}>{name(e.name)}</button></td><td>{name(e.place_name)}</td><td>{e.item || "—"}</td><td>{t(`design.${e.design.kind}`)}</td><td>{e.factors.map((f) => name(f.name)).join("，")}</td>
            <td className="r num">{e.runs.filter((r) => r.results.some((v) => v !== null)).length} / {e.runs.length}</td><td><StateTag state={e.state} /></td><td className="num">{shortTime(e.at)}</td>
          </tr>))}</tbody>
      </table></div>
    </section>
  );
}
