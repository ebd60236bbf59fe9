import { Button, Checkbox, DatePicker, Drawer, Input, InputNumber } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { enter, type Entered, type Experiment, type TrialRun } from "../../api/trial";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime, iso, ms, ofPicker, pickerDate } from "../../lib/time";
import dayjs, { type Dayjs } from "dayjs";
import { useHeads, useMay, useStep, value } from "./parts";

/** The list of runs in the order of doing, with what was set and what came of each. */
export function RunsTab({ e }: { e: Experiment }) {
  const { t } = useTranslation("trial");
  const { enters } = useMay();
  const heads = useHeads(e);
  const [open, setOpen] = useState<TrialRun>();
  const [left, setLeft] = useState(false);
  const blocks = e.runs.some((r) => r.block > 0);
  const may = enters && e.state !== "concluded" && e.state !== "abandoned";
  const rows = e.runs.filter((r) => !left || r.results.every((v) => v === null));
  const save = () => download("experiment.csv", csv([["order", "run", "kind", "block", ...heads.factors, ...heads.factors.map((f) => `${f} actual`), ...heads.responses, "note"], ...e.runs.map((r) => [r.no, r.design, r.kind, r.block + 1, ...r.planned, ...r.actual, ...r.results, r.note])]), "text/csv");
  return (
    <section className="panel" aria-label={t("tab.runs")}>
      <div className="row noprint"><Checkbox checked={left} onChange={(c) => setLeft(c.target.checked)}>{t("runs.left")}</Checkbox><span className="fill" /><Button onClick={save}>{t("common:export.csv")}</Button><Button onClick={() => window.print()}>{t("print")}</Button></div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("tab.runs")}><table className="plain">
        <caption className="dim" style={{ textAlign: "left" }}>{t("runs.caption")}</caption>
        <thead><tr><th className="r">{t("no")}</th><th>{t("kind")}</th>{blocks && <th className="r">{t("block")}</th>}{heads.factors.map((f) => <th key={f} className="r">{f}</th>)}{heads.responses.map((r) => <th key={r} className="r">{r}</th>)}<th>{t("note")}</th><th className="noprint">{t("entered")}</th></tr></thead>
        <tbody>{rows.map((r) => (
          <tr key={r.no}>
            <td className="r num">{r.no}</td><td>{t(`run.${r.kind}`)}</td>{blocks && <td className="r num">{r.block + 1}</td>}
            {r.planned.map((v, k) => <td key={k} className="r num">{value(v)}{typeof r.actual[k] === "number" && r.actual[k] !== v && <div className="dim">{t("actual.is", { value: value(r.actual[k]) })}</div>}</td>)}
            {r.results.map((v, k) => <td key={k} className="r num">{value(v)}{r.expected?.[k] && <div className="dim">{t("expected.is", { value: value(r.expected[k].value), half: value(r.expected[k].half) })}</div>}</td>)}
            <td>{r.note}</td><td className="noprint">{may && <Button size="small" aria-label={`${r.at ? t("common:edit") : t("enter")} ${t("run.n", { no: r.no })}`} onClick={() => setOpen(r)}>{r.at ? t("common:edit") : t("enter")}</Button>} <span className="dim num">{r.at ? `${r.by} ${dateTime(r.at)}` : ""}</span></td>
          </tr>))}</tbody>
      </table></div>
      {open && <EnterForm e={e} run={open} close={() => setOpen(undefined)} />}
    </section>
  );
}

function EnterForm({ e, run, close }: { e: Experiment; run: TrialRun; close: () => void }) {
  const { t } = useTranslation("trial");
  const { name } = useLang();
  const [draft, setDraft] = useState<Entered>({ rev: e.rev, actual: run.planned.map((v, k) => run.actual[k] ?? v), results: [...run.results], ...(run.order ? { order: run.order } : {}), ...(run.note ? { note: run.note } : {}), ...(run.from ? { from: run.from } : {}), ...(run.to ? { to: run.to } : {}) });
  const save = useStep((d: Entered) => enter(e.id, run.no, { ...d, rev: e.rev }), close);
  const heads = useHeads(e);
  const change = (key: "actual" | "results", k: number, v: number | null) => setDraft({ ...draft, [key]: (draft[key] ?? []).map((was, i) => (i === k ? v : was)) });
  const measures = e.responses.some((r) => r.characteristic);
  return (
    <Drawer open size={520} onClose={close} title={t("run.n", { no: run.no })} extra={<Button type="primary" loading={save.isPending} onClick={() => save.mutate(draft)}>{t("common:save")}</Button>}>
      <div className="stack">
        <section aria-label={t("settings")}><h3 style={{ margin: 0 }}>{t("settings")}</h3>
          {heads.factors.map((f, k) => <label key={f} className="row"><span style={{ width: 180 }}>{f}</span><InputNumber style={{ width: 140 }} aria-label={f} value={draft.actual?.[k] ?? null} onChange={(v) => change("actual", k, v)} /><span className="dim">{t("planned.is", { value: value(run.planned[k]) })}</span></label>)}
        </section>
        <section aria-label={t("results")}><h3 style={{ margin: 0 }}>{t("results")}</h3>
          {heads.responses.map((r, k) => <label key={r} className="row"><span style={{ width: 180 }}>{r}</span><InputNumber style={{ width: 140 }} aria-label={r} value={draft.results?.[k] ?? null} onChange={(v) => change("results", k, v)} />{e.responses[k]?.characteristic && <span className="dim">{t("measured.hint", { name: name(e.responses[k].name) })}</span>}</label>)}
        </section>
        {measures && <label className="row">{t("when")} <DatePicker.RangePicker showTime={{ format: "HH:mm" }} format="YYYY-MM-DD HH:mm" aria-label={t("when")} {...(draft.from && draft.to ? { value: [dayjs(pickerDate(ms(draft.from))), dayjs(pickerDate(ms(draft.to)))] as [Dayjs, Dayjs] } : {})}
          onChange={(v: [Dayjs | null, Dayjs | null] | null) => v?.[0] && v[1] && setDraft({ ...draft, from: iso(ofPicker(v[0].toDate())), to: iso(ofPicker(v[1].toDate())) })} /></label>}
        <Input aria-label={t("order")} placeholder={t("order")} maxLength={40} value={draft.order} onChange={(c) => setDraft({ ...draft, order: c.target.value })} />
        <Input.TextArea aria-label={t("note")} placeholder={t("note")} rows={2} maxLength={1000} value={draft.note} onChange={(c) => setDraft({ ...draft, note: c.target.value })} />
      </div>
    </Drawer>
  );
}
