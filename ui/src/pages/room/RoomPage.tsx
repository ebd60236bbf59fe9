import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Checkbox, Input, Segmented } from "antd";
import { type KeyboardEvent, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { session } from "../../api/queries";
import { room, roomStale, type RoomOverview, type RoomTile } from "../../api/room";
import { useMood } from "../../components/mood";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem, Waiting } from "../../components/Status";
import { setLang } from "../../i18n";
import { useLang } from "../../i18n/useLang";
import { useNow } from "../../lib/ticking";
import { dateTime } from "../../lib/time";
import type { RoomSearch } from "../../routes";
import { LayoutEditor } from "./LayoutEditor";
import { neighbour, shapeOf, wants } from "./look";
import { RoomTable } from "./RoomTable";
import { Rules, Tile } from "./Tile";
import "./room.css";

/** The control room's overview by the levels of ISA-101: what is abnormal is seen at once, everything else is grey. */
export default function RoomPage({ wall = false }: { wall?: boolean }) {
  const { t } = useTranslation("room");
  const { name } = useLang();
  const search: RoomSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = (more: RoomSearch) => void navigate({ to: wall ? "/control-wall" : "/control", search: { ...search, ...more }, replace: true });
  const query = useQuery(room(search.scope, search.place));
  const [editing, setEditing] = useState<RoomTile>();
  const engineer = useQuery(session).data?.permissions.includes("engineer") ?? false;
  const now = useNow();
  const old = query.data !== undefined && (query.isError || now - query.dataUpdatedAt > roomStale);
  const o = query.data;
  const q = (search.q ?? "").toLowerCase();
  const tiles = (o?.tiles ?? []).filter((tile) => (!search.abnormal || wants(tile)) && (!q || `${tile.path} ${tile.name.zh} ${tile.name.en ?? ""} ${tile.indicators.map((r) => `${r.signal} ${r.title.zh} ${r.title.en ?? ""}`).join(" ")}`.toLowerCase().includes(q)));
  return (
    <div className={`room${wall ? " wall" : ""}${old ? " old" : ""}`}>
      <div className="pagehead">
        <h1>{o?.place ? name(o.place.name) || o.place.path : t("title")}</h1>
        {o?.place && <Link to={wall ? "/control-wall" : "/control"} search={{ scope: search.scope }}>{t("up")}</Link>}
        {o && <Totals o={o} />}
        <span className="fill" />
        {o && <time className="dim num" dateTime={o.at}>{t("data.of", { time: dateTime(o.at) })}</time>}
        {wall ? <WallButtons back={search} /> : <Link className="noprint" to="/control-wall" search={search}>{t("wall")}</Link>}
      </div>
      {!wall && (
        <div className="row" style={{ marginBottom: 12 }}>
          <ScopePicker value={search.scope} set={(scope) => set({ scope, place: undefined })} />
          <Input.Search allowClear style={{ width: 220 }} aria-label={t("find")} placeholder={t("find")} defaultValue={search.q} onChange={(e) => set({ q: e.target.value || undefined })} />
          <Checkbox checked={search.abnormal ?? false} onChange={(e) => set({ abnormal: e.target.checked || undefined })}>{t("only.abnormal")}</Checkbox>
          <span className="fill" />
          <Segmented aria-label={t("look")} value={search.look ?? "tiles"} onChange={(v) => set({ look: v === "table" ? "table" : undefined })} options={[{ value: "tiles", label: t("look.tiles") }, { value: "table", label: t("look.table") }]} />
        </div>
      )}
      {old && <div role="alert" className="oldline">? {t("old", { time: dateTime(o?.at ?? "") })}</div>}
      {query.isError && !o && <Problem error={query.error} retry={() => void query.refetch()} />}
      {!o && !query.isError && <Waiting query={query} />}
      {o && search.look === "table" && !wall && <RoomTable o={{ ...o, tiles }} old={old} />}
      {o && (search.look !== "table" || wall) && (tiles.length === 0
        ? <Nothing text={t(o.tiles.length === 0 ? "none" : search.abnormal && !q ? "all.normal" : "nothing")} />
        : <Grid tiles={tiles} level={o.level} wall={wall} scope={search.scope} edit={engineer && !wall ? setEditing : undefined} />)}
      {o && o.rules.length > 0 && <section className="panel" aria-label={t("rules.here")} style={{ marginTop: 12 }}><h2>{t("rules.here")}</h2><Rules rules={o.rules} /></section>}
      <p className="dim legend">{t("legend")}</p>
      {editing && <LayoutEditor tile={editing} close={() => setEditing(undefined)} />}
    </div>
  );
}

/** Tiles that the arrow keys lead through; Enter opens the one that has the focus. */
function Grid({ tiles, level, wall, scope, edit }: { tiles: RoomTile[]; level: number; wall: boolean; scope: string | undefined; edit: ((t: RoomTile) => void) | undefined }) {
  const { t } = useTranslation("room");
  const box = useRef<HTMLDivElement>(null);
  const press = (e: KeyboardEvent) => {
    if (!["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight", "Home", "End"].includes(e.key)) return;
    const heads = [...(box.current?.querySelectorAll<HTMLElement>("[data-tile]") ?? [])];
    const at = heads.indexOf(document.activeElement as HTMLElement);
    if (at < 0) return;
    e.preventDefault();
    heads[neighbour(heads.map((h) => { const r = (h.closest("article") ?? h).getBoundingClientRect(); return { x: r.left, y: r.top }; }), at, e.key)]?.focus();
  };
  return (
    <div ref={box} className={`roomgrid level${level}`} role="group" aria-label={t("grid")} onKeyDown={press}>
      {tiles.map((tile) => <Tile key={tile.id} tile={tile} wall={wall} scope={scope} edit={edit} />)}
    </div>
  );
}

function Totals({ o }: { o: RoomOverview }) {
  const { t } = useTranslation("room");
  const counts = ([1, 2, 3, 4] as const).map((p) => ({ p, n: o.alarms[`p${p}`] }));
  return (
    <span className="row totals num" role="group" aria-label={t("totals")}>
      {counts.map(({ p, n }) => <Link key={p} to="/alarms" className={`count${n > 0 ? ` p${p}` : ""}`} aria-label={t("alarms.of", { n, priority: t(`alarms:priority.${p}`) })}>{shapeOf(p)} {n}</Link>)}
      <Link to="/control/commands" search={{ state: "awaiting" }} className="count">{t("waiting", { n: o.waiting })}</Link>
    </span>
  );
}

function WallButtons({ back }: { back: RoomSearch }) {
  const { t } = useTranslation("room");
  const { lang } = useLang();
  const { mood, setMood } = useMood();
  return (
    <span className="row">
      <Button size="small" onClick={() => setLang(lang === "zh" ? "en" : "zh")} lang={lang === "zh" ? "en" : "zh-CN"}>{t("common:lang.switch")}</Button>
      <Button size="small" onClick={() => setMood(mood === "dark" ? "light" : "dark")}>{t(mood === "dark" ? "common:theme.light" : "common:theme.dark")}</Button>
      <Button size="small" onClick={() => void document.documentElement.requestFullscreen().catch(() => undefined)}>{t("full")}</Button>
      <Link to="/control" search={back}>{t("wall.leave")}</Link>
    </span>
  );
}
