import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { useTranslation } from "react-i18next";
import { intervals, machine } from "../../api/queries";
import type { Machine, MachineDetail } from "../../api/types";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Priority } from "../../components/alarms/AlarmTable";
import { Waiting } from "../../components/Status";
import { TrendPanel } from "../../components/TrendPanel";
import { useLang } from "../../i18n/useLang";
import type { RangeSearch } from "../../lib/ranges";
import { glyphs, lookKey, lookOf } from "../../lib/states";
import { dateTime, iso, shortTime } from "../../lib/time";
import { useBoard } from "../../live/client";
import type { MachineSearch } from "../../routes";
import { Since } from "../overview/Tile";
import { Entries } from "./Entries";
import { FigureStrip } from "./FigureStrip";
import { LossPanel } from "./LossPanel";
import { MachineAlarms } from "./MachineAlarms";
import { MachineStops } from "./MachineStops";
import { SetPoints } from "./SetPoints";
import { StateStrip } from "./StateStrip";
import { Thresholds } from "./Thresholds";
import { ValuesTable } from "./ValuesTable";
import { Waveforms } from "./Waveforms";

export default function MachinePage() {
  const { id } = useParams({ from: "/app/machines/$id" });
  const query = useQuery(machine(id));
  if (!query.data) return <Waiting query={query} />;
  return <Loaded key={id} detail={query.data} />;
}

/** Tags drawn when the address names none: what says most about a machine. */
function defaultTags(d: MachineDetail): string[] {
  const wanted = ["power.active", "spindle.speed", "spindle.load", "temperature."];
  const found = wanted.flatMap((w) => d.tags.filter((t) => t.name.startsWith(w)).slice(0, 1));
  return (found.length ? found : d.tags.filter((t) => t.kind === "number").slice(0, 2)).map((t) => t.name);
}

function Loaded({ detail }: { detail: MachineDetail }) {
  const search = useSearch({ from: "/app/machines/$id" });
  const navigate = useNavigate();
  const { t } = useTranslation("machine");
  const { name } = useLang();
  const set = (change: Partial<MachineSearch>) => void navigate({ to: "/machines/$id", params: { id: detail.id }, search: { ...search, ...change }, replace: true });
  const setRange = (r: RangeSearch) => set({ range: undefined, from: undefined, to: undefined, ...r });
  const view = (from: number, to: number) => setRange({ from: iso(from), to: iso(to) });
  const range = useRange(search, "8h");
  const live = useBoard().machines.get(detail.id) ?? detail;
  const strip = useQuery(intervals(detail.id, iso(range.from), iso(range.to)));
  const names = search.tags?.split(",") ?? defaultTags(detail);
  const waves = detail.tags.filter((x) => x.kind === "waveform");
  const tags = names.flatMap((n) => detail.tags.filter((x) => x.name === n));
  return (
    <div className="stack">
      <Head machine={live} detail={detail} />
      <RangePicker search={search} fallback="8h" range={range} set={setRange} />
      <StateStrip query={strip} from={range.from} to={range.to} onView={view} />
      <FigureStrip path={detail.path} from={range.from} to={range.to} />
      <section className="panel" aria-label={t("trend")}>
        <h2 className="row">{t("trend")}
          <Select mode="multiple" size="small" maxCount={8} value={names} aria-label={t("trend.pick")} style={{ minWidth: 320, flex: 1, fontWeight: 400 }} onChange={(v: string[]) => set({ tags: v.join(",") || undefined })}
            options={detail.tags.filter((x) => x.kind !== "text" && x.kind !== "waveform").map((x) => ({ value: x.name, label: name(x.title) }))} optionFilterProp="label" maxTagCount="responsive" />
        </h2>
        <TrendPanel tags={tags} from={range.from} to={range.to} live={range.live} height={260} onView={view} />
      </section>
      <div style={{ display: "grid", gridTemplateColumns: "repeat(auto-fit, minmax(440px, 1fr))", gap: 12 }}>
        <LossPanel path={detail.path} from={range.from} to={range.to} />
        <MachineStops id={detail.id} from={range.from} to={range.to} />
        <MachineAlarms id={detail.id} from={range.from} to={range.to} />
      </div>
      {waves.length > 0 && <Waveforms tags={waves} from={range.from} to={range.to} />}
      <SetPoints detail={detail} />
      <ValuesTable detail={detail} show={(tag) => set({ tags: [...new Set([...names, tag])].slice(-8).join(",") })} />
    </div>
  );
}

function Head({ machine: m, detail }: { machine: Machine; detail: MachineDetail }) {
  const { t } = useTranslation("machine");
  const { name } = useLang();
  const look = lookOf(m.state);
  const facts: [string, string | undefined][] = [
    [t("reason"), m.reason && `${name(m.reason.name)}${m.reason.by && !m.reason.by.startsWith("machine") ? ` (${m.reason.by.replace(/^person:/, "")})` : ""}`], [t("product"), m.product], [t("order"), m.order], [t("shift"), m.shift],
    [t("profile"), `${name(detail.profile.title)} v${detail.profile.version}`], [t("device"), `${detail.node.equipment?.device.driver ?? ""} ${detail.node.equipment?.device.address ?? ""}`],
  ];
  return (
    <header className={`panel${m.link ? "" : " hatch"}`} style={look === "alarm" ? { borderLeft: "8px solid var(--alarm)" } : undefined}>
      <div className="row">
        <span className="dim"><Link to="/" search={{ line: m.line_path || undefined }}>{name(m.area)} / {name(m.line)}</Link> /</span>
        <h1 style={{ fontSize: 20, margin: 0 }}>{name(m.name)}</h1>
        <strong style={{ fontSize: 18, marginLeft: 16 }}><span aria-hidden>{glyphs[look]}</span> {t(`common:${lookKey[look]}` as "common:state.UNKNOWN")}</strong>
        <span>{t(`common:mode.${m.state.mode}`)} · {t(`common:class.${m.time_class}` as "common:class.APT", m.time_class)}</span>
        <span title={dateTime(m.since)}>{t("since", { at: shortTime(m.since) })} · <Since since={m.since} /></span>
        {m.alarms.map((a) => <span key={a.id} className="chip" title={dateTime(a.since)}><Priority level={a.priority} /> {name(a.text)}</span>)}
        {!m.link && <b>⚠ {t("lost", { last: m.device?.last_answer ? dateTime(m.device.last_answer) : "—" })}</b>}
        <span style={{ marginLeft: "auto" }}>{detail.profile.thresholds && <Thresholds detail={detail} />} <Entries machine={m} /></span>
      </div>
      <dl className="row" style={{ margin: "6px 0 0", gap: "4px 20px" }}>
        {facts.filter(([, v]) => v).map(([k, v]) => <div key={k} className="row" style={{ gap: 6 }}><dt className="dim">{k}</dt><dd style={{ margin: 0 }}>{v}</dd></div>)}
      </dl>
    </header>
  );
}
