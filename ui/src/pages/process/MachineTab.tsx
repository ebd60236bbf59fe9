import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Popconfirm, Select, Table, Tag } from "antd";
import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { atMachine, type AtMachine, type Download, downloads, loading, recipes, startDownload } from "../../api/process";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { newKey } from "../../kiosk/shelf";
import { dateTime, shortTime } from "../../lib/time";
import { More, PlacePicker, useChange, useNames } from "../production/parts";
import { Samples, Signal, useMay, useProcessSearch, value, windowOf } from "./parts";
import { Said } from "../../components/Said";

/** A machine's values of now beside its recipe; the recipe is downloaded from here. */
export function MachineTab() {
  const { t } = useTranslation("process");
  const [search, set] = useProcessSearch();
  const { product } = useNames();
  const all = (useQuery(recipes({})).data ?? []).filter((r) => r.state === "approved");
  const approved = all.filter((r) => !all.some((o) => o.series === r.series && (o.revision ?? 0) > (r.revision ?? 0) && (o.from ?? "") <= new Date().toISOString()));
  const query = useQuery({ ...atMachine(search.equipment ?? "", search.with), enabled: !!search.equipment });
  return (
    <div className="stack">
      <div className="row">
        <div style={{ width: 280 }}><PlacePicker by="id" label={t("machine")} fits={(n) => n.level === "equipment"} value={search.equipment} onChange={(equipment) => set({ equipment })} /></div>
        <Select allowClear showSearch={{ optionFilterProp: "label" }} style={{ minWidth: 300 }} aria-label={t("with")} placeholder={t("with.job")} value={approved.some((r) => r.id === search.with) ? search.with : undefined} onChange={(w?: string) => set({ with: w })}
          options={approved.map((r) => ({ value: r.id ?? "", label: `${product(r.item)} · ${r.operation ? t("operation.n", { n: r.operation }) : t("operation.every")} · ${t("revision.n", { n: r.revision ?? 1 })} · ${r.place_name?.zh ?? ""}` }))} />
      </div>
      {!search.equipment ? <Nothing text={t("machine.pick")} /> : query.data ? <Beside of={query.data} /> : <Waiting query={query} />}
      <History machine={search.equipment} />
      {search.download && <Progress id={search.download} close={() => set({ download: undefined })} />}
    </div>
  );
}

function Beside({ of }: { of: AtMachine }) {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const { product } = useNames();
  const { loads } = useMay();
  const [, set] = useProcessSearch();
  // One key for one decision: a request that is repeated is no second download.
  const key = useRef(newKey());
  const start = useChange(async (recipe: string) => { const l = await startDownload(recipe, of.equipment, undefined, key.current); key.current = newKey(); set({ download: l.id }); }, undefined, true);
  const r = of.recipe;
  const sets = r?.parameters.some((p) => p.download);
  return (
    <section className="panel stack" aria-label={t("tab.machine")}>
      <div className="row">
        <b>{name(of.name)}</b>
        <span>{of.job ? t("job.now", { order: of.job.number, job: of.job.job, item: product(of.job.item) }) : t("job.none")}</span>
        {r && <span>{t("recipe.of", { item: product(r.item), n: r.revision ?? 1 })}</span>}
        <span className="fill" />
        {r && sets && loads && r.state === "approved" && <Popconfirm title={t("load.sure", { n: r.parameters.filter((p) => p.download).length })} okText={t("load")} cancelText={t("common:cancel")} onConfirm={() => start.mutate(r.id ?? "")}><Button type="primary" loading={start.isPending}>{t("load")}</Button></Popconfirm>}
      </div>
      {!r ? <Nothing text={t(of.job ? "recipe.nojob" : "with.none")} /> : (
        <>
          {of.drifted > 0 ? <Alert type="warning" showIcon title={t("drifted.n", { n: of.drifted })} /> : of.values.every((v) => v.state === "same") && <Alert type="success" showIcon title={t("drifted.none")} />}
          <div className="scroll" tabIndex={0} aria-label={t("beside")}>
            <table className="plain"><caption className="vh">{t("beside")}</caption>
              <thead><tr><th>{t("signal")}</th><th className="r">{t("target")}</th><th className="r">{t("window")}</th><th className="r">{t("now")}</th><th>{t("since")}</th><th>{t("state")}</th><th><span className="vh">{t("samples")}</span></th></tr></thead>
              <tbody>{of.values.map((v) => (
                <tr key={v.signal}><td><Signal of={v} /></td><td className="r num">{v.download ? value(v.target) : <span className="dim">{value(v.target)}</span>}</td><td className="r num">{windowOf(v)}</td><td className="r num"><b>{value(v.value)}</b></td><td className="num dim">{v.at ? shortTime(v.at) : ""}</td>
                  <td><Tag color={v.state === "same" ? "success" : v.state === "unknown" ? "default" : "error"}>{t(`present.${v.state}`)}</Tag></td><td><Samples tag={v.tag} from={new Date(Date.now() - 3_600_000).toISOString()} to={undefined} /></td></tr>))}</tbody>
            </table>
          </div>
        </>)}
    </section>
  );
}

export function LoadTag({ state }: { state: Download["state"] }) {
  const { t } = useTranslation("process");
  return <Tag color={({ running: "processing", applied: "success", failed: "error", unknown: "warning" } as const)[state]}>{t(`load.${state}`)}</Tag>;
}

function History({ machine }: { machine: string | undefined }) {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const { product } = useNames();
  const [, set] = useProcessSearch();
  const list = useInfiniteQuery(downloads(machine));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <>
      <h3 style={{ margin: 0 }}>{t("downloads")}</h3>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Download> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 900 }} locale={{ emptyText: <Nothing text={t("downloads.none")} /> }}
        columns={[
          { title: t("began"), key: "began", width: 170, sorter: (a, b) => a.id.localeCompare(b.id), render: (_, l) => <button type="button" className="figbtn num" onClick={() => set({ download: l.id })}>{dateTime(l.began)}</button> },
          { title: t("machine"), key: "machine", render: (_, l) => name(l.name) }, { title: t("item"), key: "item", render: (_, l) => `${product(l.item)} · ${t("revision.n", { n: l.revision })}` },
          { title: t("order"), key: "order", width: 160, render: (_, l) => (l.order ? `${l.order} / ${l.job ?? ""}` : "—") }, { title: t("who"), dataIndex: "by", width: 110 },
          { title: t("state"), key: "state", width: 260, render: (_, l) => <><LoadTag state={l.state} />{l.state !== "applied" && l.at && <span className="dim mono">{l.at}</span>}</> },
        ]} />
      <More list={list} />
    </>
  );
}

/** How a download fares, live. */
function Progress({ id, close }: { id: string; close: () => void }) {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const query = useQuery(loading(id));
  const l = query.data;
  return (
    <Drawer open onClose={close} size={640} title={l ? <>{t("load.title", { machine: name(l.name) })} <LoadTag state={l.state} /></> : t("downloads")}>
      {!l ? <Waiting query={query} /> : (
        <div className="stack">
          <p style={{ margin: 0 }} className="dim">{l.by} · {dateTime(l.began, true)}{l.ended && ` – ${dateTime(l.ended, true)}`}{l.order && ` · ${l.order} / ${l.job ?? ""}`}</p>
          {l.state === "failed" && <Alert type="error" showIcon title={t("load.stopped", { at: l.at ?? "" })} description={<Said text={l.why} />} />}
          {l.state === "unknown" && <Alert type="warning" showIcon title={t("load.look", { at: l.at ?? "" })} />}
          <div role="status" aria-live="polite" className="vh">{t(`load.${l.state}`)}</div>
          <table className="plain"><caption className="vh">{t("load.values")}</caption>
            <thead><tr><th>{t("signal")}</th><th className="r">{t("target")}</th><th className="r">{t("read")}</th><th>{t("state")}</th></tr></thead>
            <tbody>{l.values.map((v) => <tr key={v.signal}><td><Signal of={v} /></td><td className="r num">{value(v.target)}</td><td className="r num"><b>{value(v.read)}</b></td><td><Tag color={v.state === "confirmed" ? "success" : v.state === "waiting" ? "default" : ["ordered", "requested", "checked", "sent"].includes(v.state) ? "processing" : "error"}>{t(`command.${v.state}`)}</Tag></td></tr>)}</tbody>
          </table>
        </div>)}
    </Drawer>
  );
}
