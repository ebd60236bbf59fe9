import { Link } from "@tanstack/react-router";
import { Button } from "antd";
import { EditOutlined } from "@ant-design/icons";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { RoomLoop, RoomRule, RoomSetPoint, RoomTile } from "../../api/room";
import { Said } from "../../components/Said";
import { useLang } from "../../i18n/useLang";
import { glyphs, lookKey, lookOf } from "../../lib/states";
import { shortTime } from "../../lib/time";
import { useValue } from "../control/parts";
import { Indicator } from "./Indicator";
import { deviation, shapeOf } from "./look";

interface Props { tile: RoomTile; wall: boolean; scope?: string | undefined; edit?: ((t: RoomTile) => void) | undefined }

/** One area, or one machine, at a glance. The head leads a level down. */
export const Tile = memo(function Tile({ tile, wall, scope, edit }: Props) {
  const { t } = useTranslation("room");
  const { name } = useLang();
  const s = tile.states;
  const look = tile.state && lookOf(tile.state);
  const title = <><span className="roomname">{name(tile.name) || tile.path}</span>{tile.abnormal > 0 && <b className={`worst p${tile.abnormal}`} title={t(`alarms:priority.${tile.abnormal}` as "alarms:priority.1")}>{shapeOf(tile.abnormal)}{tile.abnormal}</b>}</>;
  return (
    <article className={`roomtile${tile.abnormal ? ` p${tile.abnormal}` : ""}${tile.stale ? " hatch" : ""}`} aria-label={name(tile.name) || tile.path}>
      <header className="row">
        {tile.state
          ? <Link className="roomhead" to="/machines/$id" params={{ id: tile.id }} data-tile>{look && <span aria-hidden className="glyph">{tile.state.link ? glyphs[look] : "?"}</span>}{title}</Link>
          : <Link className="roomhead" to={wall ? "/control-wall" : "/control"} search={{ scope, place: tile.id }} data-tile>{title}</Link>}
        <span className="fill" />
        {edit && <Button type="text" size="small" icon={<EditOutlined />} aria-label={t("edit.of", { name: name(tile.name) })} onClick={() => edit(tile)} />}
      </header>
      <div className="roomstates num">
        {tile.state
          ? <span>{tile.state.link ? t(`common:${lookKey[look ?? "unknown"]}` as "common:state.UNKNOWN") : t("lost")}{tile.state.since && <span className="dim"> · {t("since", { time: shortTime(tile.state.since) })}</span>}</span>
          : <>
            <span title={t("common:state.EXECUTING")}>▶ {s.executing}</span><span title={t("common:state.NOT_EXECUTING")}>‖ {s.not_executing}</span>
            <span title={t("common:state.OUT_OF_SERVICE")}>■ {s.out_of_service}</span><span title={t("common:state.NOT_AVAILABLE")}>○ {s.not_available}</span>
            <span title={t("common:state.UNKNOWN")}>? {s.unknown}</span>{s.lost > 0 && <b>{t("lost.n", { n: s.lost })}</b>}<span className="dim">{t("machines", { n: s.machines })}</span>
          </>}
      </div>
      {tile.indicators.length === 0 ? <p className="dim">{t("no.indicators")}</p> : <div className="indicators">{tile.indicators.map((r) => <Indicator key={`${r.equipment}/${r.signal}`} r={r} machine={!tile.state} />)}</div>}
      {tile.loops.length > 0 && <Loops loops={tile.loops} />}
      {tile.set_points && tile.set_points.length > 0 && <SetPoints points={tile.set_points} />}
      {tile.rules.length > 0 && <Rules rules={tile.rules} />}
      <footer className="roomfoot num">
        {([1, 2, 3, 4] as const).map((p) => { const n = tile.alarms[`p${p}`]; return n > 0 && <Link key={p} to="/alarms" search={tile.state ? { equipment: tile.id } : { scope: tile.path }} className={`count p${p}`} aria-label={t("alarms.of", { n, priority: t(`alarms:priority.${p}`) })}>{shapeOf(p)} {n}</Link>; })}
        {tile.alarms.unacknowledged > 0 && <span>{t("unacked", { n: tile.alarms.unacknowledged })}</span>}
        {tile.alarms.worst && <span className="worsttext">{name(tile.alarms.worst.text)}</span>}
        {tile.commands.open > 0 && <Link to="/control/commands">{t("open", { n: tile.commands.open })}</Link>}
        {tile.commands.waiting > 0 && <Link to="/control/commands" search={{ state: "awaiting" }}><b>{t("waiting", { n: tile.commands.waiting })}</b></Link>}
      </footer>
    </article>
  );
});

/** Letters of the modes, as face plates have them. */
const modes: Record<RoomLoop["mode"], string> = { off: "O", manual: "M", auto: "A", tuning: "T", suspended: "S" };

function Loops({ loops }: { loops: RoomLoop[] }) {
  const { t } = useTranslation("room");
  const { name } = useLang();
  const value = useValue();
  return (
    <ul className="roomlist">
      {loops.map((l) => (
        <li key={l.id} className={l.mode === "suspended" ? "p2" : ""}>
          <b className="letter" title={t(`loop:mode.${l.mode}`)}>{modes[l.mode]}</b> <Link to="/control/loops" search={{ loop: l.id }}>{name(l.name)}</Link>
          <span className="vh">{t(`loop:mode.${l.mode}`)}</span>
          <span className="num"> {value(l.pv, l.unit)} → {value(l.sp, l.unit)} <span className="dim">Δ {value(deviation(l), l.unit)} · {t("out")} {value(l.output, l.output_unit)}{l.watchdog && ` · ${t("watchdog")}`}</span></span>
          {l.reason && <div className="dim"><Said text={l.reason} /></div>}
        </li>
      ))}
    </ul>
  );
}

export function Rules({ rules }: { rules: RoomRule[] }) {
  const { t } = useTranslation("room");
  const { name } = useLang();
  return (
    <ul className="roomlist">
      {rules.map((r) => (
        <li key={r.id} className={r.state === "suspended" ? "p2" : ""}>
          <b className="letter" title={t(`rule.${r.state}`)}>{{ active: "A", shadow: "D", suspended: "S" }[r.state]}</b> <Link to="/control/rules" search={{ rule: r.id }}>{name(r.name)}</Link>
          <span className="vh">{t(`rule.${r.state}`)}</span>
          <span className="dim num"> {r.blind ? t("rule.blind") : r.standing ? <b>{t("rule.stands", { time: shortTime(r.standing) })}</b> : r.last ? t("rule.last", { time: shortTime(r.last) }) : t("rule.never")}</span>
        </li>
      ))}
    </ul>
  );
}

function SetPoints({ points }: { points: RoomSetPoint[] }) {
  const { t } = useTranslation("room");
  const { name } = useLang();
  const value = useValue();
  return (
    <details className="roompoints">
      <summary>{t("points", { n: points.length })}</summary>
      <ul className="roomlist">
        {points.map((p) => (
          <li key={p.signal}>
            {name(p.title)} <span className="num">{p.stale ? "? " : ""}{value(p.value, p.unit)}</span> <span className="dim num">{p.min !== undefined && p.max !== undefined && t("range.of", { low: p.min, high: p.max })}{!p.writing && ` · ${t("writing.off")}`}{p.approve ? ` · ${t("approve", { n: p.approve })}` : ""}</span>
            {p.interlock && <div className="dim">{t("interlock")}: {name(p.interlock)}</div>}
          </li>
        ))}
      </ul>
    </details>
  );
}
