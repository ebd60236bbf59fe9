import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Input, Table, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type AsRun, asRun, type Proof, runs } from "../../api/process";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration } from "../../lib/format";
import { dateTime, iso, ms } from "../../lib/time";
import { useNames } from "../production/parts";
import { Samples, Signal, useProcessSearch, value, windowOf } from "./parts";

/** Jobs that ran, with what was approved and downloaded for each. */
export function RunsTab() {
  const { t } = useTranslation("process");
  const { name } = useLang();
  const { product } = useNames();
  const [search, set] = useProcessSearch();
  const range = useRange(search, "24h");
  const [text, setText] = useState("");
  const query = useQuery(runs(iso(range.from), iso(range.to), search.scope));
  const rows = (query.data ?? []).filter((r) => `${r.number}\n${r.item}\n${product(r.item)}\n${r.name.zh}\n${r.name.en ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  const save = () => download("as-run.csv", csv([["order", "job", "item", "machine", "from", "to", "recipe", "revision", "download", "verdict"],
    ...rows.map((r) => [r.number, r.job, r.item, r.path, r.from, r.to, r.recipe?.id, r.recipe?.revision, r.download?.id, r.verdict])]), "text/csv");
  const chosen = search.order && search.job && search.equipment;
  return (
    <div className="stack">
      <RangePicker search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} few />
      <div className="row">
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <Input.Search allowClear style={{ width: 260 }} aria-label={t("runs.find")} placeholder={t("runs.find")} value={text} onChange={(e) => setText(e.target.value)} /><span className="fill" />
        <Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button>
      </div>
      {query.error && <Problem error={query.error} retry={() => void query.refetch()} />}
      <Table<Proof> size="small" rowKey={(r) => `${r.order}/${r.job}/${r.equipment}`} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t("runs.none")} /> }}
        columns={[
          { title: t("order"), key: "order", width: 190, sorter: (a, b) => a.number.localeCompare(b.number), render: (_, r) => <button type="button" className="figbtn" onClick={() => set({ order: r.order, job: r.job, equipment: r.equipment, near: r.from })}>{r.number} / {r.job}</button> },
          { title: t("item"), key: "item", render: (_, r) => product(r.item) }, { title: t("machine"), key: "machine", render: (_, r) => name(r.name) },
          { title: t("began"), key: "from", width: 160, sorter: (a, b) => ms(a.from) - ms(b.from), render: (_, r) => <span className="num">{dateTime(r.from)}</span> }, { title: t("ended"), key: "to", width: 160, render: (_, r) => (r.to ? <span className="num">{dateTime(r.to)}</span> : t("running")) },
          { title: t("approved"), key: "recipe", width: 90, render: (_, r) => (r.recipe ? t("revision.n", { n: r.recipe.revision ?? 1 }) : "—") },
          { title: t("verdict"), key: "verdict", width: 190, render: (_, r) => <VerdictTag of={r.verdict} /> },
        ]} />
      {chosen && <RunDrawer key={`${search.order}/${search.job}`} order={search.order ?? ""} job={search.job ?? 0} machine={search.equipment ?? ""} near={search.near ?? iso(Date.now())} close={() => set({ order: undefined, job: undefined, near: undefined })} />}
    </div>
  );
}

function VerdictTag({ of }: { of: Proof["verdict"] }) {
  const { t } = useTranslation("process");
  return <Tag color={of === "as_approved" ? "success" : of === "no_recipe" ? "default" : "warning"}>{t(`verdict.${of}`)}</Tag>;
}

function RunDrawer({ order, job, machine, near, close }: { order: string; job: number; machine: string; near: string; close: () => void }) {
  const { t } = useTranslation("process");
  const query = useQuery(asRun(order, job, machine, near));
  return (
    <Drawer open onClose={close} size={980} title={query.data ? <>{t("asrun", { order: query.data.number, job: query.data.job })} <VerdictTag of={query.data.verdict} /></> : t("tab.runs")}>
      {query.data ? <Values of={query.data} /> : <Waiting query={query} />}
    </Drawer>
  );
}

/** As approved, as downloaded and read back, as run. */
function Values({ of }: { of: AsRun }) {
  const { t } = useTranslation("process");
  const { name, lang } = useLang();
  const { product } = useNames();
  const r = of.recipe, l = of.download;
  const approver = r?.steps?.find((s) => s.state === "approved");
  return (
    <div className="stack">
      <p style={{ margin: 0 }}>{product(of.item)} · {name(of.name)} · <span className="num">{dateTime(of.began)} – {of.open ? t("running") : dateTime(of.ended)}</span> · {t("produced", { time: duration(of.produced_s * 1000, lang) })}</p>
      <p style={{ margin: 0 }}>{r ? <>{t("proof.approved", { n: r.revision ?? 1 })} {approver && <span className="dim">{approver.by} {dateTime(approver.at)}</span>}</> : t("verdict.no_recipe")}</p>
      {r && <p style={{ margin: 0 }}>{l ? <>{t("proof.loaded", { n: l.revision, item: product(l.item) })} <span className="dim">{l.by} {dateTime(l.began)} {t(`load.${l.state}`)}</span></> : t("verdict.not_loaded")}</p>}
      {of.produced_s === 0 && r && <Alert type="info" showIcon title={t("trial.stood")} />}
      {of.values.length > 0 && (
        <div className="scroll" tabIndex={0} aria-label={t("asrun.table")}>
          <table className="plain"><caption className="vh">{t("asrun.table")}</caption>
            <thead><tr><th>{t("signal")}</th><th className="r">{t("target")}</th><th className="r">{t("window")}</th><th className="r">{t("read")}</th><th className="r">{t("min")}</th><th className="r">{t("mean")}</th><th className="r">{t("max")}</th><th className="r">{t("outside")}</th><th className="r">{t("known")}</th><th className="r">{t("tab.deviations")}</th><th><span className="vh">{t("samples")}</span></th></tr></thead>
            <tbody>{of.values.map((v) => (
              <tr key={v.signal}><td><Signal of={v} /></td><td className="r num">{value(v.target)}</td><td className="r num">{windowOf(v)}</td><td className="r num">{value(v.read)}</td><td className="r num">{value(v.min)}</td><td className="r num"><b>{value(v.mean)}</b></td><td className="r num">{value(v.max)}</td>
                <td className="r num">{v.outside_s === null ? "—" : v.outside_s > 0 ? <b>{duration(v.outside_s * 1000, lang)}</b> : "0"}</td><td className="r num">{of.produced_s > 0 ? `${Math.round((100 * v.known_s) / of.produced_s)} %` : "—"}</td><td className="r num">{v.excursions.length}</td><td><Samples tag={v.tag} from={of.began} to={of.ended} /></td></tr>))}</tbody>
          </table>
        </div>)}
      <p className="dim" style={{ margin: 0 }}>{t("asrun.hint")}</p>
    </div>
  );
}
