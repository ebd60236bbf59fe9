import { useNavigate, useSearch } from "@tanstack/react-router";
import { Button, Input, Select, Switch } from "antd";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import type { Machine } from "../../api/types";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { byLine, glyphs, type Look, lookKey, lookOf, looks } from "../../lib/states";
import { useBoard } from "../../live/client";
import type { BoardSearch } from "../../routes";
import { Tile } from "./Tile";
import "./overview.css";

function useMachines(search: BoardSearch) {
  const board = useBoard();
  return useMemo(() => {
    const all = [...board.machines.values()];
    const q = search.q?.toLowerCase();
    const inLine = all.filter((m) => (!search.line || m.line_path === search.line) &&
      (!q || [m.path, m.name.zh, m.name.en, m.product, m.order].some((s) => s?.toLowerCase().includes(q))));
    const counts = new Map<Look, number>();
    for (const m of inLine) counts.set(lookOf(m.state), (counts.get(lookOf(m.state)) ?? 0) + 1);
    const shown = inLine.filter((m) => !search.state || lookOf(m.state) === search.state);
    return { ready: board.ready, all, shown, counts, groups: byLine(shown), lines: byLine(all) };
  }, [board, search]);
}

export default function Overview() {
  const { t } = useTranslation("board");
  const search = useSearch({ from: "/app/" });
  const navigate = useNavigate();
  const set = (change: Partial<BoardSearch>) => void navigate({ to: "/", search: { ...search, ...change }, replace: true });
  const { ready, all, shown, counts, groups, lines } = useMachines(search);
  const { name } = useLang();
  return (
    <div className={search.look === "andon" ? "andon" : undefined}>
      <div className="pagehead">
        <h1>{t("title")}</h1>
        <span className="dim">{t("count", { count: shown.length })}</span>
        <span className="fill" />
        <Input.Search allowClear defaultValue={search.q} aria-label={t("filter.search")} placeholder={t("filter.search")} style={{ width: 240 }}
          onChange={(e) => set({ q: e.target.value || undefined })} />
        <Select allowClear value={search.line} aria-label={t("filter.line")} placeholder={t("filter.line")} style={{ width: 180 }} onChange={(line?: string) => set({ line })}
          options={lines.map((g) => ({ value: g.path, label: `${name(g.area)} / ${name(g.line) || t("other")}` }))} />
        <label className="row" title={t("look.hint")}>
          <Switch size="small" checked={search.look === "andon"} onChange={(on) => set({ look: on ? "andon" : undefined })} aria-label={t("look.andon")} />{t("look.andon")}
        </label>
      </div>
      <Counts counts={counts} active={search.state} set={(state) => set({ state })} />
      {!ready ? <Waiting query={{ error: null, isPending: true }} /> : all.length === 0 ? <Nothing text={t("empty")} /> : shown.length === 0 ? <Nothing text={t("none")} /> : null}
      {groups.map((g) => (
        <section key={g.path} aria-label={`${name(g.area)} ${name(g.line)}`} className="lineblock">
          <h2>{name(g.area)}<span className="dim"> / {name(g.line) || t("other")}</span> <span className="dim num">{g.machines.length}</span></h2>
          <div className="tiles">{g.machines.map((m: Machine) => <Tile key={m.id} machine={m} />)}</div>
        </section>
      ))}
    </div>
  );
}

function Counts({ counts, active, set }: { counts: Map<Look, number>; active?: string; set: (s: string | undefined) => void }) {
  const { t } = useTranslation("board");
  return (
    <div className="row" role="group" aria-label={t("filter.state")} style={{ marginBottom: 12 }}>
      {looks.map((look) => (
        <button key={look} type="button" className={`count ${look}`} aria-pressed={active === look} onClick={() => set(active === look ? undefined : look)}>
          <span aria-hidden className="glyph">{glyphs[look]}</span> {t(`common:${lookKey[look]}` as "common:state.UNKNOWN")} <b className="num">{counts.get(look) ?? 0}</b>
        </button>
      ))}
      {active && <Button type="link" onClick={() => set(undefined)}>{t("clear")}</Button>}
    </div>
  );
}
