import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Screening, screening, screenings } from "../../api/batch";
import { session } from "../../api/queries";
import { ProcessLinks } from "../../components/ProcessLinks";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed, measured } from "../../lib/format";
import { shortTime } from "../../lib/time";
import type { CausesSearch } from "../../routes";
import { Answer } from "./Answer";
import { QuestionForm } from "./QuestionForm";

/** What was different about bad runs: questions and their answers. */
export default function CausesPage() {
  const { t } = useTranslation("batch");
  const search: CausesSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: CausesSearch) => void navigate({ to: "/process/causes", search: more, replace: true });
  const may = (useQuery(session).data?.permissions ?? []).includes("engineer");
  const query = useQuery(screenings);
  const [asking, setAsking] = useState(false);
  const open = search.screening ?? query.data?.[0]?.id;
  return (
    <>
      <div className="pagehead"><h1>{t("causes.title")}</h1><span className="dim">{t("causes.lead")}</span><span className="fill" /><ProcessLinks here="/process/causes" /></div>
      <div className="stack">
        {may && <div className="row"><Button type={query.data?.length === 0 ? "primary" : "default"} onClick={() => setAsking(true)}>{t("causes.new")}</Button></div>}
        {!query.data ? <Waiting query={query} /> : query.data.length === 0 ? <Nothing text={t("causes.none")} /> : <List all={query.data} open={open} pick={(id) => set({ screening: id })} />}
        {open && <Open id={open} />}
      </div>
      {asking && <QuestionForm close={(id) => { setAsking(false); if (id) set({ screening: id }); }} />}
    </>
  );
}

function Open({ id }: { id: string }) {
  const query = useQuery(screening(id));
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />;
  return query.data ? <Answer s={query.data} /> : <Waiting query={query} />;
}

function List({ all, open, pick }: { all: Screening[]; open: string | undefined; pick: (id: string) => void }) {
  const { t } = useTranslation("batch");
  const { name } = useLang();
  const [text, setText] = useState("");
  const rows = all.filter((s) => `${name(s.equipment_name)}\n${name(s.answer_name)}\n${s.item ?? ""}\n${s.note ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <section className="panel" aria-label={t("screenings")}>
      <div className="row"><h2>{t("screenings")}</h2><span className="fill" /><Input.Search allowClear style={{ width: 220 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /></div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("screenings")} style={{ maxHeight: 260 }}><table className="plain">
        <thead><tr><th>{t("answer")}</th><th>{t("machine")}</th><th>{t("item")}</th><th>{t("cut")}</th><th>{t("period")}</th><th>{t("verdict")}</th><th className="r">p</th><th className="r">Q²</th><th>{t("made")}</th></tr></thead>
        <tbody>{rows.map((s) => (
          <tr key={s.id} style={s.id === open ? { fontWeight: 600 } : {}}>
            <td><button type="button" className="figbtn" onClick={() => pick(s.id)}>{name(s.answer_name)}</button></td><td>{name(s.equipment_name)}</td><td>{s.item || "—"}</td><td>{t(`cut.${s.cut.by}`)}</td><td className="num">{shortTime(s.from)} – {shortTime(s.to)}</td>
            <td>{s.found ? `✓ ${t("found")}` : t("nothing")}</td><td className="r num">{measured(s.p)}</td><td className="r num">{fixed(s.q2_held_out, 2)}</td><td className="num">{shortTime(s.at)} <span className="dim">{s.by}</span></td>
          </tr>))}</tbody>
      </table></div>
    </section>
  );
}
