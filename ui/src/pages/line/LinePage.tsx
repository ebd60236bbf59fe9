import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, InputNumber, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { lineAnalysis, lineProposal, lines, type LineAnalysis, type LineLayout } from "../../api/line";
import { nodes, session } from "../../api/queries";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, fixed } from "../../lib/format";
import { dateTime, iso, ms, shortTime } from "../../lib/time";
import type { LineSearch } from "../../routes";
import { ProposeAt } from "../production/ProposeAt";
import { Band } from "./Band";
import { Balance } from "./Balance";
import { Drawing } from "./Drawing";
import { Fall } from "./Fall";
import { Figures } from "./Figures";
import { LayoutEditor } from "./LayoutEditor";
import { dearest } from "./look";
import { Shares } from "./Shares";
import { StationDrawer } from "./StationDrawer";

/** Which station holds a line up, since when, and what mending it would give. */
export default function LinePage() {
  const { t } = useTranslation("line");
  const { name } = useLang();
  const search: LineSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: LineSearch) => void navigate({ to: "/line", search: { ...search, ...more }, replace: true });
  const range = useRange(search, "shift");
  const all = useQuery(lines);
  const places = useQuery(nodes).data ?? [];
  const engineer = useQuery(session).data?.permissions.includes("engineer") ?? false;
  const [edited, setEdited] = useState<LineLayout>();
  const chosen = all.data?.find((l) => l.line === search.line) ?? all.data?.[0];
  const title = (l: LineLayout) => name(places.find((n) => n.id === l.line)?.name) || l.path;
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}>
        <h1>{t("title")}</h1><span className="dim">{t("lead")}</span><span className="fill" />
        {engineer && chosen && <Button onClick={() => setEdited(chosen)}>{t("edit")}</Button>}
        {engineer && <ProposeAt label={t("place")} action={t("propose")} fits={(n) => n.level !== "equipment" && n.level !== "enterprise" && !all.data?.some((l) => l.line === n.id)} ask={lineProposal} propose={setEdited} />}
      </div>
      {!all.data ? <Waiting query={all} /> : !chosen ? <Nothing text={t("line.none")} /> : (
        <>
          <div className="row">
            <Select aria-label={t("line")} style={{ width: 220 }} value={chosen.line} onChange={(line: string) => set({ line })} options={all.data.map((l) => ({ value: l.line, label: title(l) }))} />
            <RangePicker few search={search} fallback="shift" range={range} set={(r) => navigate({ to: "/line", search: { line: search.line, demand: search.demand, ...r }, replace: true })} />
            <InputNumber min={1} max={1e9} precision={0} style={{ width: 150 }} aria-label={t("demand")} placeholder={t("demand")} value={search.demand ?? null} onChange={(n) => set({ demand: n ?? undefined })} />
          </div>
          <Analysis key={chosen.line} line={chosen.line} from={iso(range.from)} to={iso(range.to)} demand={search.demand} />
        </>)}
      {edited && <LayoutEditor layout={edited} close={(saved) => { setEdited(undefined); if (saved) set({ line: saved.line }); }} />}
    </div>
  );
}

function Analysis({ line, from, to, demand }: { line: string; from: string; to: string; demand: number | undefined }) {
  const { t } = useTranslation("line");
  const [station, setStation] = useState<string>();
  const query = useQuery(lineAnalysis(line, { from, to, demand }));
  const a = query.data;
  if (query.isError) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!a) return <Waiting query={query} />;
  const open = a.stations.find((s) => s.code === station);
  return (
    <>
      {ms(a.from) > ms(from) + 1000 && <p className="dim" style={{ margin: 0 }}>{t("younger", { at: dateTime(a.from) })}</p>}
      <Headline a={a} />
      <Drawing a={a} open={setStation} />
      <Band a={a} open={setStation} />
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(420px, 1fr))", gap: 12 }}>
        <Shares a={a} />
        <Fall a={a} />
        <Balance a={a} />
      </div>
      <Figures a={a} />
      <div className="row"><Button onClick={() => exportOf(a)}>{t("common:export.csv")}</Button></div>
      {open && <StationDrawer station={open} close={() => setStation(undefined)} />}
    </>
  );
}

/** The answer in one sentence. */
function Headline({ a }: { a: LineAnalysis }) {
  const { t } = useTranslation("line");
  const { name, lang } = useLang();
  const station = (code: string | undefined) => name(a.stations.find((s) => s.code === code)?.name) || code;
  const b = a.bottleneck;
  const share = b.shares.find((s) => s.station === b.main);
  const loss = a.waterfall ? dearest(a.waterfall.steps) : undefined;
  return (
    <section className="panel" aria-label={t("bottleneck")}>
      <div style={{ fontSize: 18, fontWeight: 600 }} role="status">{b.now ? t("bottleneck.now", { name: station(b.now), at: shortTime(b.since ?? a.from) }) : t("bottleneck.none")}</div>
      {share && <div>{t("bottleneck.main", { name: station(b.main), sole: duration(share.sole_ms, lang), shifting: duration(share.shifting_ms, lang) })}{" "}
        {loss && t("gives", { loss: t(`loss.${loss.loss}`), time: loss.ms > 0 ? ` ${duration(loss.ms, lang)}` : "", parts: fixed(loss.parts, 0) })}</div>}
    </section>
  );
}

function exportOf(a: LineAnalysis): void {
  download("line.csv", csv([
    ["station", "from", "to", "state", "source", "reason"],
    ...a.stations.flatMap((s) => s.stretches.map((x) => [s.code, x.from, x.to, x.state, x.source, x.reason ?? ""])),
    [], ["bottleneck", "from", "to", "with"],
    ...a.bottleneck.moments.map((m) => [m.station ?? "", m.from, m.to, m.with ?? ""]),
    [], ["loss", "ms", "parts"],
    ...(a.waterfall?.steps ?? []).map((s) => [s.loss, s.ms, s.parts]),
    [], ["sha256", a.root],
  ]), "text/csv");
}
