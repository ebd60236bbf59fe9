import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Progress } from "antd";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { stopTraining, type Study, study, train, type Training, training, under, version, versions } from "../../api/models";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime, shortTime } from "../../lib/time";
import type { ModelsSearch } from "../../routes";
import { useChange, useNames } from "../production/parts";
import { useInput, useTarget } from "./parts";
import { VersionTable } from "./VersionTable";
import { VersionView } from "./VersionView";
import { WorkPanel } from "./WorkPanel";

interface Props { id: string; search: ModelsSearch; set: (more: ModelsSearch) => void; edit: ((s: Study) => void) | undefined }

/** A study: what it asks, its versions, the one that is looked at, and what is at work. */
export function StudyView({ id, search, set, edit }: Props) {
  const { t } = useTranslation("models");
  const query = useQuery(study(id));
  const all = useQuery(versions(id));
  const s = query.data;
  const looked = search.version ?? s?.version ?? all.data?.[0]?.id;
  if (!s) return <Waiting query={query} />;
  return (
    <>
      <Question s={s} edit={edit} />
      {!all.data ? <Waiting query={all} /> : all.data.length === 0 ? <section className="panel" aria-label={t("versions")}><h2>{t("versions")}</h2><Nothing text={t("versions.none")} /></section> : <VersionTable s={s} all={all.data} looked={looked} pick={(v) => set({ version: v })} may={edit !== undefined} />}
      {looked && <Looked id={looked} s={s} />}
      {s.version && <WorkPanel s={s} id={s.version} search={search} set={set} may={edit !== undefined} />}
    </>
  );
}

function Looked({ id, s }: { id: string; s: Study }) {
  const query = useQuery(version(id));
  return query.data ? <VersionView v={query.data} s={s} /> : <Waiting query={query} />;
}

function Question({ s, edit }: { s: Study; edit: Props["edit"] }) {
  const { t } = useTranslation("models");
  const { name } = useLang();
  const { place } = useNames();
  const target = useTarget();
  const input = useInput();
  const client = useQueryClient();
  const run: Training | null | undefined = useQuery(training(s.id ?? "")).data;
  const begin = useChange(() => train(s.id ?? ""), undefined, true);
  const stop = useChange(() => stopTraining(s.id ?? ""), undefined, true);
  const ended = run?.ended;
  useEffect(() => { if (ended) void client.invalidateQueries({ queryKey: ["/model-studies"] }); }, [ended]);
  return (
    <section className="panel" aria-label={name(s.name)}>
      <div className="row"><h2>{name(s.name)}</h2><span className="fill" />
        {edit && <><Button onClick={() => edit(s)}>{t("common:edit")}</Button>
          {under(run) ? <Button danger loading={stop.isPending} onClick={() => stop.mutate(undefined)}>{t("train.stop")}</Button> : <Button type="primary" loading={begin.isPending} onClick={() => begin.mutate(undefined)}>{t("train")}</Button>}</>}</div>
      <dl className="kv">
        <dt>{t("target")}</dt><dd>{target(s)}</dd>
        <dt>{t("machines")}</dt><dd>{s.machines.map(place).join("，")}</dd>
        <dt>{t("inputs")}</dt><dd>{s.inputs.map(input).join("，")}</dd>
        <dt>{t("kind")}</dt><dd>{t(`kind.${s.kind ?? "trees"}`)}；{t("window.is", { min: s.window_min })}{s.producing && `；${t("producing")}`}</dd>
        <dt>{t("period")}</dt><dd className="num">{dateTime(s.from)} – {dateTime(s.to)}</dd>
        {s.note && <><dt>{t("note")}</dt><dd>{s.note}</dd></>}
      </dl>
      {run && <Progressing run={run} />}
    </section>
  );
}

function Progressing({ run }: { run: Training }) {
  const { t } = useTranslation("models");
  if (run.state === "failed") return <Alert showIcon type="warning" title={t("run.failed", { why: run.why ?? "" })} />;
  if (!under(run)) return <p className="dim" role="status" style={{ margin: "4px 0 0" }}>{t(`run.${run.state}`, { at: run.ended ? shortTime(run.ended) : "" })}</p>;
  return <div role="status"><span>{t(`run.${run.state}`, { done: run.done, of: run.of })}</span><Progress aria-label={t("progress")} percent={Math.round((100 * run.done) / Math.max(1, run.of))} /></div>;
}
