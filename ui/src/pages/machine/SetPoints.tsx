import { useQuery } from "@tanstack/react-query";
import { Button } from "antd";
import { useCallback, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { commands, session, setPoints } from "../../api/queries";
import type { Command, LiveValue, MachineDetail, SetPoint } from "../../api/types";
import { CommandDialog, Limits } from "../../components/commands/CommandDialog";
import { obstacle, settingOf, settingText } from "../../components/commands/setting";
import { Outcome, Steps, useWords } from "../../components/commands/Steps";
import { useLang } from "../../i18n/useLang";
import { dateTime, shortTime } from "../../lib/time";
import { useLiveValues } from "../../live/client";

/** What of the machine can be set, and what was. Nothing for a machine without set points. */
export function SetPoints({ detail }: { detail: MachineDetail }) {
  const { t } = useTranslation("commands");
  const { lang, name } = useLang();
  const words = useWords();
  const { data: me } = useQuery(session);
  const points = useQuery(setPoints(detail.id));
  const present = usePresent(detail, points.data ?? []);
  const [picked, setPicked] = useState<SetPoint | null>(null);
  if (!points.data?.length) return null;
  const may = me?.permissions.includes("control") ?? false;
  const hurdles = points.data.map((p) => obstacle(p, may));
  const all = new Set(hurdles).size === 1 ? hurdles[0] : undefined;
  return (
    <section className="panel" aria-label={t("title")}>
      <h2 className="row">{t("title")}{all && all !== "busy" && <span className="dim" style={{ fontWeight: 400 }}>{t(all)}</span>}</h2>
      <div className="scroll" tabIndex={0} aria-label={t("title")}>
        <table className="plain">
          <thead><tr><th>{t("point")}</th><th className="r">{t("present")}</th><th>{t("limits")}</th><th /></tr></thead>
          <tbody>
            {points.data.map((p, i) => {
              const why = hurdles[i];
              return (
                <tr key={p.signal}>
                  <td>{name(p.title)} <span className="mono dim">{p.signal}</span></td>
                  <td className="r num" style={{ fontWeight: 600, whiteSpace: "nowrap" }}>{settingText(present(p.signal), p, lang, words)}</td>
                  <td><Limits point={p} /></td>
                  <td><Button size="small" disabled={!!why} title={why && t(why)} aria-label={t("write.of", { name: name(p.title) })} onClick={() => setPicked(p)}>{t("write")}</Button></td>
                </tr>);
            })}
          </tbody>
        </table>
      </div>
      <History id={detail.id} points={points.data} />
      {picked && <CommandDialog machine={detail.id} name={name(detail.name)} point={picked} present={present(picked.signal)} close={() => setPicked(null)} />}
    </section>
  );
}

/** The present values of set points, by signal; only theirs make the panel render. */
function usePresent(detail: MachineDetail, points: SetPoint[]) {
  const numbers = useMemo(() => new Map(detail.tags.filter((x) => points.some((p) => p.signal === x.name)).map((x) => [x.no, x.name])), [detail.tags, points]);
  const [values, setValues] = useState<ReadonlyMap<number, LiveValue>>(() => new Map(detail.values.map((v) => [v.tag, v])));
  const hear = useCallback((items: LiveValue[]) => {
    const own = items.filter((v) => numbers.has(v.tag));
    if (own.length) setValues((old) => new Map([...old, ...own.map((v) => [v.tag, v] as const)]));
  }, [numbers]);
  useLiveValues(detail.id, hear);
  return (signal: string) => {
    for (const [no, name] of numbers) if (name === signal) return settingOf(values.get(no));
    return undefined;
  };
}

function History({ id, points }: { id: string; points: SetPoint[] }) {
  const { t } = useTranslation("commands");
  const { name } = useLang();
  const [limit, setLimit] = useState(10);
  const { data } = useQuery(commands({ equipment: id, limit }));
  if (!data) return null;
  return (
    <details style={{ marginTop: 8 }} open={data.items.some((c) => !c.final)}>
      <summary>{t("history")} <span className="dim num">{data.items.length}{data.next ? "+" : ""}</span></summary>
      {data.items.length === 0 ? <p className="dim">{t("history.none")}</p> : (
        <div className="scroll" tabIndex={0} aria-label={t("history")}>
          <table className="plain">
            <thead><tr><th>{t("when")}</th><th>{t("who")}</th><th>{t("point")}</th><th className="r">{t("value")}</th><th>{t("state")}</th><th>{t("steps")}</th></tr></thead>
            <tbody>{data.items.map((c) => <Row key={c.id} command={c} point={points.find((p) => p.signal === c.signal)} label={name(points.find((p) => p.signal === c.signal)?.title) || c.signal} />)}</tbody>
          </table>
        </div>)}
      {data.next && limit < 500 && <Button size="small" type="link" onClick={() => setLimit(limit * 5)}>{t("more")}</Button>}
    </details>
  );
}

function Row({ command: c, point, label }: { command: Command; point: SetPoint | undefined; label: string }) {
  const { t } = useTranslation("commands");
  const { lang } = useLang();
  const words = useWords();
  const [open, setOpen] = useState(false);
  const of = point ?? { kind: "number", unit: c.unit };
  return (
    <>
      <tr>
        <td className="num" title={dateTime(c.requested)} style={{ whiteSpace: "nowrap" }}>{shortTime(c.requested)}</td><td>{c.by}{c.note && <span className="dim"> · {c.note}</span>}</td>
        <td>{label}</td><td className="r num">{settingText(c.value, of, lang, words)}</td><td><Outcome state={c.state} /></td>
        <td><Button size="small" type="link" aria-expanded={open} aria-label={t("steps.of", { name: `${label} ${shortTime(c.requested)}` })} onClick={() => setOpen(!open)}>{open ? "▾" : "▸"}</Button></td>
      </tr>
      {open && <tr><td colSpan={6}><Steps command={c} of={of} /></td></tr>}
    </>
  );
}
