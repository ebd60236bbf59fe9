import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Drawer, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Compared, moveRecipe, type Parameter, type Recipe, recipe, type RecipeState } from "../../api/process";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { useChange, useNames } from "../production/parts";
import { Signal, StateTag, useMay, useProcessSearch, value, windowOf } from "./parts";

/** One revision with its steps, and what differs from that before it. */
export function RecipeDrawer({ id, close, edit }: { id: string; close: () => void; edit: (r: Recipe) => void }) {
  const { t } = useTranslation("process");
  const { product } = useNames();
  const query = useQuery(recipe(id));
  const r = query.data?.after;
  return (
    <Drawer open onClose={close} size={760} title={r ? <>{product(r.item)} · {t("revision.n", { n: r.revision ?? 1 })} <StateTag state={r.state} /></> : t("tab.recipes")}>
      {query.data && r ? <Revision c={query.data} r={r} edit={edit} /> : <Waiting query={query} />}
    </Drawer>
  );
}

function Revision({ c, r, edit }: { c: Compared; r: Recipe; edit: (r: Recipe) => void }) {
  const { t } = useTranslation("process");
  const { name } = useLang();
  return (
    <div className="stack">
      <p style={{ margin: 0 }}>{r.place_name && name(r.place_name)} <span className="dim mono">{r.profile}</span> · {r.operation ? t("operation.n", { n: r.operation }) : t("operation.every")}{r.from && <> · {t("from")} {dateTime(r.from)}</>}</p>
      {r.note && <p style={{ margin: 0 }}>{r.note}</p>}
      <Actions r={r} edit={edit} />
      <div className="scroll" tabIndex={0} aria-label={t("parameters")}>
        <table className="plain"><caption className="vh">{t("parameters")}</caption>
          <thead><tr><th>{t("signal")}</th><th className="r">{t("target")}</th><th className="r">{t("window")}</th><th className="r">{t("delay")}</th><th>{t("use")}</th></tr></thead>
          <tbody>{r.parameters.map((p) => (
            <tr key={p.signal}><td><Signal of={p} /></td><td className="r num">{value(p.target)}</td><td className="r num">{windowOf(p)}</td><td className="r num">{p.delay_s ?? 0} s</td><td>{t(p.download ? "use.set" : "use.watch")}</td></tr>))}</tbody>
        </table>
      </div>
      {c.before.revision ? <Differences c={c} /> : <p className="dim">{t("diff.first")}</p>}
      <h3>{t("steps")}</h3>
      <ol style={{ margin: 0 }}>{(r.steps ?? []).map((s) => <li key={s.at}><span className="chip">{t(`state.${s.state}`)}</span> {s.by} <span className="dim num">{dateTime(s.at)}</span> {s.note}</li>)}</ol>
    </div>
  );
}

function Differences({ c }: { c: Compared }) {
  const { t } = useTranslation("process");
  const words = (p: Parameter | undefined) => (p ? `${value(p.target)}　${windowOf(p)}　${p.delay_s ?? 0} s　${t(p.download ? "use.set" : "use.watch")}` : "—");
  return (
    <>
      <h3>{t("diff", { n: c.before.revision ?? 0 })}</h3>
      {c.differences.length === 0 ? <p className="dim">{t("diff.none")}</p> : (
        <div className="scroll" tabIndex={0} aria-label={t("diff.table")}>
          <table className="plain"><caption className="vh">{t("diff.table")}</caption>
            <thead><tr><th>{t("signal")}</th><th>{t("diff.before")}</th><th>{t("diff.after")}</th></tr></thead>
            <tbody>{c.differences.map((d) => <tr key={d.signal}><td><Signal of={{ signal: d.signal, title: d.title, unit: (d.after ?? d.before)?.unit }} /></td><td className="num">{words(d.before)}</td><td className="num"><b>{words(d.after)}</b></td></tr>)}</tbody>
          </table>
        </div>)}
    </>
  );
}

/** What may be done with a revision, and why something may not. */
function Actions({ r, edit }: { r: Recipe; edit: (r: Recipe) => void }) {
  const { t } = useTranslation("process");
  const { writes, name } = useMay();
  const [, set] = useProcessSearch();
  const [asking, setAsking] = useState<RecipeState>();
  const [note, setNote] = useState("");
  const move = useChange(({ state, why }: { state: RecipeState; why?: string }) => moveRecipe(r, state, why), () => setAsking(undefined));
  const own = (r.authors ?? []).includes(name);
  if (!writes) return null;
  const to = (state: RecipeState, key: "do.checked" | "do.approved") => <Button type="primary" loading={move.isPending} disabled={own} onClick={() => move.mutate({ state })}>{t(key)}</Button>;
  const why = (state: RecipeState, key: "do.draft" | "do.retired") => <Button onClick={() => { setNote(""); setAsking(state); }}>{t(key)}</Button>;
  return (
    <>
      {own && (r.state === "draft" || r.state === "checked") && <Alert type="info" showIcon title={t("own")} />}
      <div className="row">
        {r.state === "draft" && <><Button onClick={() => edit(r)}>{t("common:edit")}</Button>{to("checked", "do.checked")}</>}
        {r.state === "checked" && <>{to("approved", "do.approved")}{why("draft", "do.draft")}</>}
        {r.state === "approved" && <><Button type="primary" onClick={() => set({ tab: "machine", with: r.id, recipe: undefined })}>{t("do.load")}</Button><Button onClick={() => edit({ ...r, id: undefined, rev: undefined, note: "" } as unknown as Recipe)}>{t("do.next")}</Button></>}
        {r.state !== "retired" && why("retired", "do.retired")}
      </div>
      <Modal open={asking !== undefined} title={t(asking === "draft" ? "do.draft" : "do.retired")} okText={t("common:save")} cancelText={t("common:cancel")} okButtonProps={{ disabled: !note.trim(), loading: move.isPending }} onOk={() => asking && move.mutate({ state: asking, why: note.trim() })} onCancel={() => setAsking(undefined)}>
        <Input.TextArea aria-label={t("why")} placeholder={t("why")} maxLength={1000} value={note} onChange={(e) => setNote(e.target.value)} />
      </Modal>
    </>
  );
}
