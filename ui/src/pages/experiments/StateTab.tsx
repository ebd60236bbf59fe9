import { Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Experiment, move, type Move } from "../../api/trial";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { StateTag, useMay, useStep } from "./parts";

const ways: Record<Experiment["state"], Move["state"][]> = { planned: ["running", "abandoned"], running: ["analysed", "abandoned"], analysed: ["running", "concluded", "abandoned"], concluded: [], abandoned: [] };

/** What an experiment is about, how far it came, and what it can become. */
export function Head({ e }: { e: Experiment }) {
  const { t } = useTranslation("trial");
  const { name } = useLang();
  const { plans } = useMay();
  const [to, setTo] = useState<Move["state"]>();
  const direct = useStep((state: Move["state"]) => move(e.id, { rev: e.rev, state }));
  return (
    <section className="panel" aria-label={t("experiment")}>
      <div className="row"><h2 style={{ margin: 0 }}>{name(e.name)}</h2><StateTag state={e.state} /><span className="fill" />
        {plans && ways[e.state].map((s) => <Button key={s} className="noprint" size="small" onClick={() => (s === "running" ? direct.mutate(s) : setTo(s))}>{t(`to.${e.state === "analysed" && s === "running" ? "reopen" : s}`)}</Button>)}</div>
      <p style={{ margin: "4px 0" }}>{e.goal}</p>
      <dl className="kv">
        <dt>{t("place")}</dt><dd>{name(e.place_name)}{e.item && ` · ${e.item}`}</dd>
        <dt>{t("design")}</dt><dd>{t(`design.${e.design.kind}`)}，{t("runs.n", { n: e.runs.length })}{e.resolution ? `，${t("resolution", { n: e.resolution, words: (e.words ?? []).join(" ") })}` : ""}</dd>
        <dt>{t("factors")}</dt><dd>{e.factors.map((f, k) => `${letters[k]} ${name(f.name)} ${f.low}–${f.high} ${f.unit ?? ""}（${t("safe", { low: f.safe_low, high: f.safe_high })}）`).join("；")}</dd>
        <dt>{t("responses")}</dt><dd>{e.responses.map((r) => `${name(r.name)} ${r.unit ?? ""}：${t(`want.${r.want}`)}`).join("；")}</dd>
        {e.conclusion && <><dt>{t("conclusion")}</dt><dd style={{ fontWeight: 600 }}>{e.conclusion}</dd></>}
        {e.recipe_change && <><dt>{t("recipe")}</dt><dd>{e.recipe_change}</dd></>}
      </dl>
      {to && <MoveForm e={e} to={to} close={() => setTo(undefined)} />}
    </section>
  );
}

const letters = "ABCDEFGHJKLMNOP";

function MoveForm({ e, to, close }: { e: Experiment; to: Move["state"]; close: () => void }) {
  const { t } = useTranslation("trial");
  const [note, setNote] = useState("");
  const [recipe, setRecipe] = useState("");
  const send = useStep((m: Move) => move(e.id, m), close);
  const concluding = to === "concluded";
  const missing = to === "analysed" && e.runs.some((r) => r.results.every((v) => v === null));
  const needed = concluding || to === "abandoned" || missing;
  return (
    <Modal open title={t(`to.${to}`)} onCancel={close} okText={t("common:save")} cancelText={t("common:cancel")} okButtonProps={{ disabled: needed && !note.trim(), loading: send.isPending }}
      onOk={() => send.mutate({ rev: e.rev, state: to, ...(concluding ? { conclusion: note, ...(recipe ? { recipe_change: recipe } : {}) } : note ? { note } : {}) })}>
      <div className="stack">
        {missing && <p style={{ margin: 0 }}>{t("missing")}</p>}
        <Input.TextArea aria-label={concluding ? t("conclusion") : t("why")} placeholder={concluding ? t("conclusion") : t("why")} rows={3} maxLength={2000} value={note} onChange={(c) => setNote(c.target.value)} />
        {concluding && <Input.TextArea aria-label={t("recipe")} placeholder={t("recipe")} rows={2} maxLength={2000} value={recipe} onChange={(c) => setRecipe(c.target.value)} />}
      </div>
    </Modal>
  );
}

/** What was done to an experiment, the newest first. */
export function LogTab({ e }: { e: Experiment }) {
  const { t } = useTranslation("trial");
  return (
    <section className="panel" aria-label={t("tab.log")}>
      <table className="plain"><thead><tr><th>{t("when")}</th><th>{t("who")}</th><th>{t("what")}</th><th>{t("note")}</th></tr></thead>
        <tbody>{[...e.log].reverse().map((l, i) => <tr key={`${l.at} ${i}`}><td className="num">{dateTime(l.at)}</td><td>{l.by}</td><td>{t(`log.${l.what}` as "log.planned")}{l.run ? ` ${t("run.n", { no: l.run })}` : ""}</td><td>{l.note}</td></tr>)}</tbody></table>
    </section>
  );
}
