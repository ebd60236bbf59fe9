import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type Golden, goldens } from "../../api/batch";
import { session } from "../../api/queries";
import { ProcessLinks } from "../../components/ProcessLinks";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import type { BatchesSearch } from "../../routes";
import { shortTime } from "../../lib/time";
import { Compared } from "./Compared";
import { GoldenForm } from "./GoldenForm";
import { RunsTable } from "./RunsTable";

/** Golden batches, and the runs since beside them. */
export default function BatchesPage() {
  const { t } = useTranslation("batch");
  const search: BatchesSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: BatchesSearch) => void navigate({ to: "/process/batches", search: { ...search, ...more }, replace: true });
  const range = useRange(search, "24h");
  const may = (useQuery(session).data?.permissions ?? []).includes("engineer");
  const [edited, setEdited] = useState<Golden | "new">();
  const query = useQuery(goldens);
  const open = query.data?.find((g) => g.id === search.golden) ?? query.data?.find((g) => !g.ended) ?? query.data?.[0];
  return (
    <>
      <div className="pagehead"><h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" /><ProcessLinks here="/process/batches" /></div>
      <div className="stack">
        <div className="row">
          {may && <Button type={query.data?.length === 0 ? "primary" : "default"} onClick={() => setEdited("new")}>{t("new")}</Button>}
          {may && open && <Button onClick={() => setEdited(open)}>{t("again")}</Button>}
          <span className="fill" /><RangePicker few search={search} fallback="24h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        </div>
        {!query.data ? <Waiting query={query} /> : query.data.length === 0 ? <Nothing text={t("none")} /> : <List all={query.data} open={open} pick={(golden) => set({ golden, run: undefined, until: undefined })} />}
        {open && <RunsTable golden={open} range={range} run={search.run} pick={(run, until) => set({ golden: open.id, run, until })} />}
        {open && search.run && <Compared golden={open} run={search.run} until={search.until} />}
      </div>
      {edited && <GoldenForm was={edited === "new" ? undefined : edited} range={range} close={(golden) => { setEdited(undefined); if (golden) set({ golden }); }} />}
    </>
  );
}

function List({ all, open, pick }: { all: Golden[]; open: Golden | undefined; pick: (id: string) => void }) {
  const { t } = useTranslation("batch");
  const { name } = useLang();
  const [text, setText] = useState("");
  const rows = all.filter((g) => `${name(g.name)}\n${name(g.equipment_name)}\n${g.item ?? ""}`.toLowerCase().includes(text.toLowerCase()));
  return (
    <section className="panel" aria-label={t("goldens")}>
      <div className="row"><h2>{t("goldens")}</h2><span className="fill" /><Input.Search allowClear style={{ width: 220 }} aria-label={t("find")} placeholder={t("find")} value={text} onChange={(e) => setText(e.target.value)} /></div>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("goldens")}><table className="plain">
        <thead><tr><th>{t("name")}</th><th>{t("machine")}</th><th>{t("item")}</th><th>{t("cut")}</th><th>{t("align")}</th><th className="r">{t("runs.n")}</th><th>{t("reason")}</th><th>{t("made")}</th></tr></thead>
        <tbody>{rows.map((g) => (
          <tr key={g.id} style={g.id === open?.id ? { fontWeight: 600 } : {}}>
            <td><button type="button" className="figbtn" onClick={() => pick(g.id ?? "")}>{name(g.name)}</button> <span className="dim">{t("revision.n", { n: g.rev })}{g.ended ? ` · ${t("ended")}` : ""}</span></td>
            <td>{name(g.equipment_name)}</td><td>{g.item ?? "—"}</td><td>{t(`cut.${g.cut.by}`)}</td><td>{t(`align.${g.align}`)}</td><td className="r num">{g.runs.length}</td><td>{g.reason}</td><td className="num">{shortTime(g.at)} <span className="dim">{g.by}</span></td>
          </tr>))}</tbody>
      </table></div>
    </section>
  );
}
