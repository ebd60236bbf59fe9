import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, App, Button, Spin, Tabs } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { address, api, ApiError } from "../../api/client";
import { ifMatch, round, standards, type Round, type Standard } from "../../api/evaluation";
import { session } from "../../api/queries";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import type { EvaluationSearch } from "../../routes";
import { RoundTag } from "./EvaluationPage";
import { FirmScore } from "./FirmScore";
import { MoveRound } from "./MoveRound";
import { Objections } from "./Objections";
import { Scores } from "./Scores";
import { StandardView } from "./StandardView";
import { ClassCounts } from "./values";

/** Makes one change of a round and shows what it made; after a conflict what others made. */
export function useRoundChange(done?: () => void) {
  const client = useQueryClient();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: (call: () => Promise<Round>) => call(),
    onSuccess: (made) => {
      client.setQueryData(["evaluation", made.id], made);
      void client.invalidateQueries({ queryKey: ["evaluations"] });
      done?.();
    },
    onError: (err) => {
      message.error(err.message);
      if (err instanceof ApiError && err.status === 409) void client.invalidateQueries({ queryKey: ["evaluation"] });
    },
  });
}

/** One round: what it is, its list, objections, revisions and the standard. */
export function RoundView({ id }: { id: string }) {
  const { t } = useTranslation("evaluation");
  const { name } = useLang();
  const search: EvaluationSearch = useSearch({ strict: false });
  const me = useQuery(session).data;
  const { data: r, error } = useQuery(round(id));
  const book = useQuery(standards).data;
  const [moving, setMoving] = useState<"public" | "final" | "cancelled">();
  const change = useRoundChange();
  if (error) return <Alert type="error" showIcon message={error.message} action={<Link to="/evaluations">{t("back")}</Link>} />;
  if (!r || !book) return <Spin aria-label={t("common:loading")} />;
  const standard = book.standards.find((s) => s.id === r.standard && s.version === r.version);
  const now = r.revisions[r.revisions.length - 1];
  const keeps = me?.permissions.includes("firms.keep") ?? false;
  const file = (format: string) => address(`/evaluations/${id}/file`, { format, revision: search.revision });
  return (
    <>
      <div className="pagehead">
        <Link to="/evaluations">{t("title")}</Link><h1>{r.title}</h1><RoundTag state={r.state} /><span className="fill" />
        {keeps && r.state === "draft" && <Button loading={change.isPending} onClick={() => change.mutate(() => api.post<Round>(`/evaluations/${id}/revisions`, undefined, {}, ifMatch(r.rev)))}>{t("recompute")}</Button>}
        {keeps && r.state === "draft" && <Button type="primary" onClick={() => setMoving("public")}>{t("publish")}</Button>}
        {keeps && r.state === "public" && <Button type="primary" onClick={() => setMoving("final")}>{t("settle")}</Button>}
        {keeps && (r.state === "draft" || r.state === "public") && <Button onClick={() => setMoving("cancelled")}>{t("cancel")}</Button>}
        <Button href={file("xlsx")} download>Excel</Button><Button href={file("csv")} download>CSV</Button>
      </div>
      <dl className="kv" style={{ marginBottom: 12 }}>
        <dt>{t("standard")}</dt><dd>{name(standard?.name) || r.standard} v{r.version} {standard?.verified === "unverified" && <span className="chip">{t("unverified")}</span>}</dd>
        <dt>{t("year")}</dt><dd>{r.year} {(r.region || r.sector) && <span className="dim">{[r.region, r.sector].filter(Boolean).join(" · ")}</span>}</dd>
        {r.from && <><dt>{t("notice")}</dt><dd>{r.from} – {r.to}</dd></>}
        {now && <><dt>{t("classes")}</dt><dd><ClassCounts of={now.classes} unscored={now.unscored} /></dd></>}
      </dl>
      <Parts r={r} standard={standard} keeps={keeps} />
      {search.firm && <FirmScore round={r} standard={standard} firm={search.firm} />}
      {moving && <MoveRound round={r} to={moving} close={() => setMoving(undefined)} />}
    </>
  );
}

function Parts({ r, standard, keeps }: { r: Round; standard: Standard | undefined; keeps: boolean }) {
  const { t } = useTranslation("evaluation");
  const search: EvaluationSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  return (
    <Tabs activeKey={search.tab ?? "scores"} onChange={(tab) => void navigate({ to: "/evaluations", search: { id: r.id, tab } })} items={[
      { key: "scores", label: t("tab.scores"), children: <Scores round={r} standard={standard} /> },
      { key: "objections", label: `${t("tab.objections")} ${r.objections.length}`, children: <Objections round={r} standard={standard} keeps={keeps} /> },
      { key: "revisions", label: `${t("tab.revisions")} ${r.revisions.length}`, children: <Revisions r={r} /> },
      { key: "standard", label: t("tab.standard"), children: standard ? <StandardView standard={standard} now={r.revisions[r.revisions.length - 1]} /> : null },
    ]} />
  );
}

function Revisions({ r }: { r: Round }) {
  const { t } = useTranslation("evaluation");
  return (
    <div className="scroll">
      <table className="plain">
        <thead><tr><th>{t("revision")}</th><th>{t("made")}</th><th>{t("reason")}</th><th>{t("classes")}</th><th>{t("inputs")}</th><th>{t("result")}</th></tr></thead>
        <tbody>
          {[...r.revisions].reverse().map((v) => (
            <tr key={v.number}>
              <td><Link to="/evaluations" search={{ id: r.id, revision: v.number }}>{v.number}</Link></td><td>{dateTime(v.at)} <span className="dim">{v.by}</span></td>
              <td>{v.objection ? t("byObjection", { firm: r.objections.find((o) => o.id === v.objection)?.name ?? t("anotherFirm") }) : t("byRecords")}</td>
              <td><ClassCounts of={v.classes} unscored={v.unscored} /></td>
              <td className="mono" title={v.inputs}>{v.inputs.slice(0, 12)}…</td><td className="mono" title={v.root}>{v.root.slice(0, 12)}…</td>
            </tr>))}
        </tbody>
      </table>
      <p className="dim">{t("digests.hint")}</p>
    </div>
  );
}
