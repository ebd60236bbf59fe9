import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal, Tag } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ApiError } from "../../api/client";
import { dropPlan, issuePlan, type Plan, planChanges, type PlanHead as Head } from "../../api/planning";
import { Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { percent } from "../../lib/format";
import { dateTime, shortTime } from "../../lib/time";
import { useChange } from "../production/parts";
import { amount } from "./amount";
import { usePlanningSearch } from "./search";

export function PlanTag({ of }: { of: Head }) {
  const { t } = useTranslation("planning");
  return <><Tag color={of.state === "in_use" ? "success" : of.state === "draft" ? "processing" : "default"}>{t(`state.${of.state}`)}</Tag><Tag>{t(`kind.${of.kind}`)}</Tag></>;
}

/** What a plan is and how good, and what may be done with it. */
export function PlanHead({ p, may }: { p: Plan; may: boolean }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const [, set] = usePlanningSearch();
  const [issuing, setIssuing] = useState(false);
  const drop = useChange(() => dropPlan(p.id), () => set({ plan: undefined }));
  const f = p.figures;
  const open = p.machines.reduce((n, m) => n + m.open_ms, 0);
  const busy = p.machines.reduce((n, m) => n + m.run_ms + m.setup_ms, 0);
  const atc = f.rules.reduce<number | undefined>((m, r) => (m === undefined || r.weighted_tardiness_ms < m ? r.weighted_tardiness_ms : m), undefined);
  const moved = f.changes.machine + f.changes.later + f.changes.earlier;
  return (
    <section className="panel">
      <div className="row" style={{ marginBottom: 8 }}>
        <h2 style={{ margin: 0, fontSize: 16 }}>{t("plan.n", { n: p.number })} {p.name}</h2><PlanTag of={p} />
        <span className="dim">{t("plan.made", { by: p.by, at: shortTime(p.made) })}{p.issued ? ` · ${t("plan.issued", { by: p.issued_by ?? "", at: shortTime(p.issued) })}` : ""}</span>
        <span style={{ flex: 1 }} />
        {p.edited && p.state === "draft" && <Button onClick={() => set({ plan: p.edited })}>{t("plan.undo")}</Button>}
        {p.state !== "in_use" && <Button onClick={() => set({ plan: undefined })}>{t("plan.in_use")}</Button>}
        {may && p.state === "draft" && <Button loading={drop.isPending} onClick={() => drop.mutate(undefined)}>{t("plan.drop")}</Button>}
        {may && p.state === "draft" && p.kind !== "what_if" && <Button type="primary" disabled={f.violations > 0} title={f.violations > 0 ? t("plan.cannot") : ""} onClick={() => setIssuing(true)}>{t("plan.issue")}</Button>}
      </div>
      <dl className="kv" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(125px, 1fr))" }}>
        <div><dt>{t("fig.late")}</dt><dd><b style={f.late > 0 ? { color: "var(--alarm)" } : {}}>{f.late}</b> / {f.planned}</dd></div>
        <div><dt>{t("fig.tardiness")}</dt><dd>{amount(f.tardiness_ms, lang)}</dd></div>
        <div><dt title={t("fig.weighted.hint")}>{t("fig.weighted")}</dt><dd>{amount(f.weighted_tardiness_ms, lang)}{atc !== undefined && atc > 0 && <span className="dim"> {t("fig.rule", { share: percent(f.weighted_tardiness_ms / atc, 0) })}</span>}</dd></div>
        <div><dt>{t("fig.setup")}</dt><dd>{amount(f.setup_ms, lang)}</dd></div>
        <div><dt>{t("fig.makespan")}</dt><dd>{f.makespan ? shortTime(f.makespan) : "—"}</dd></div>
        <div><dt>{t("fig.load")}</dt><dd>{open > 0 ? percent(busy / open) : "—"}</dd></div>
        <div><dt>{t("fig.changes")}</dt><dd>{p.base ? t("fig.changes.n", { n: moved, of: f.changes.of }) : "—"}</dd></div>
        <div><dt>{t("fig.operations")}</dt><dd>{f.operations}</dd></div>
      </dl>
      {issuing && <Issue p={p} close={() => setIssuing(false)} />}
    </section>
  );
}

/** Issued once it is asked for; when the facts are others than it was made of, it is asked again with what changed. */
function Issue({ p, close }: { p: Plan; close: () => void }) {
  const { t } = useTranslation("planning");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [, set] = usePlanningSearch();
  const [note, setNote] = useState("");
  const send = useMutation({
    mutationFn: (again: boolean) => issuePlan(p.id, again, note),
    onSuccess: async () => { void message.success(t("issue.done", { n: p.number })); await client.invalidateQueries(); set({ plan: undefined }); close(); },
  });
  const older = send.error instanceof ApiError && send.error.status === 409;
  const changed = useQuery({ ...planChanges(p.id), enabled: older });
  return (
    <Modal open title={t("issue.title", { n: p.number })} onCancel={close} onOk={() => send.mutate(older)} confirmLoading={send.isPending} okText={t(older ? "issue.again" : "plan.issue")} cancelText={t("common:cancel")}>
      <p>{t("issue.hint", { at: dateTime(p.from) })}</p>
      {send.error && !older && <Problem error={send.error} />}
      {older && <><b>{t("issue.older")}</b><ul>{(changed.data ?? []).slice(0, 12).map((c, i) => <li key={i}>{t(`change.${c.what as "order_new"}`, c.what)} {c.number} {c.job ?? ""} <span className="dim">{c.text}</span></li>)}</ul></>}
      <label>{t("note")}<Input maxLength={300} value={note} onChange={(e) => setNote(e.target.value)} /></label>
    </Modal>
  );
}
