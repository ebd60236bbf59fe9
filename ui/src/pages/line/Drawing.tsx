import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import type { LineAnalysis, LineBuffer, StationDid } from "../../api/line";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { glyph, inOrder, paint } from "./look";

/** The line as stations and buffers in a row. What runs is grey; the bottleneck has a heavy edge. */
export function Drawing({ a, open }: { a: LineAnalysis; open: (code: string) => void }) {
  const { t } = useTranslation("line");
  const stations = inOrder(a.stations, a.layout.links);
  return (
    <section className="panel" aria-label={t("drawing")}>
      <h2>{t("drawing")} <span className="dim" style={{ fontWeight: 400, fontSize: 12 }}>{t("drawing.hint")}</span></h2>
      <div className="scroll" tabIndex={0} role="group" aria-label={t("drawing")}>
        <div style={{ display: "flex", alignItems: "stretch", gap: 6, minWidth: "min-content" }}>
          {stations.map((s, i) => (
            <Fragment key={s.code}>
              <StationBox s={s} bottleneck={a.bottleneck.now === s.code} open={() => open(s.code)} />
              <div style={{ display: "flex", flexDirection: "column", justifyContent: "center", gap: 6 }}>
                {a.buffers.filter((b) => b.from === s.code).map((b) => <BufferBox key={b.to} b={b} stations={a.stations} next={stations[i + 1]?.code === b.to} />)}
              </div>
            </Fragment>))}
        </div>
      </div>
    </section>
  );
}

function StationBox({ s, bottleneck, open }: { s: StationDid; bottleneck: boolean; open: () => void }) {
  const { t } = useTranslation("line");
  const { name } = useLang();
  const abnormal = s.state === "down";
  const source = s.stretches.at(-1)?.source;
  return (
    <button type="button" onClick={open}
      className={s.state === "unknown" ? "hatch" : ""}
      style={{ all: "unset", boxSizing: "border-box", cursor: "pointer", width: 158, padding: 8, border: `${bottleneck ? 3 : 1}px solid var(${bottleneck ? "--text" : "--line"})`, borderRadius: 2, background: "var(--panel2)" }}
      onKeyDown={(e) => { if (e.key === "Enter" || e.key === " ") { e.preventDefault(); open(); } }}>
      <span style={{ position: "absolute", width: 1, height: 1, overflow: "hidden", clipPath: "inset(50%)" }}>{t("open.station", { name: "" })}</span>
      <div style={{ fontWeight: 600 }}>{name(s.name)}</div>
      <div className="dim" style={{ fontSize: 12 }}>{t(`function.${s.function}`)} · {t("machines", { n: s.machines.length })}</div>
      <div style={{ margin: "4px 0", padding: "2px 6px", background: `var(${paint[s.state]})`, color: abnormal ? "var(--alarm-text)" : "var(--text)", border: "1px solid var(--line)" }}>
        {glyph[s.state]} {t(`state.${s.state}`)}
      </div>
      <div className="dim" style={{ fontSize: 12 }}>{t("since", { at: shortTime(s.since) })}{source === "neighbours" ? ` · ${t("source.neighbours")}` : ""}</div>
      <div className="num" style={{ fontSize: 12 }}>{t("made", { good: fixed(s.made.good, 0), scrap: fixed(s.made.scrap, 0) })}</div>
      {bottleneck && <span className="chip" style={{ fontWeight: 600 }}>{t("bottleneck")}</span>}
    </button>
  );
}

function BufferBox({ b, stations, next }: { b: LineBuffer; stations: StationDid[]; next: boolean }) {
  const { t } = useTranslation("line");
  const { name } = useLang();
  const to = name(stations.find((s) => s.code === b.to)?.name) || b.to;
  const full = b.capacity !== undefined && b.content !== null ? Math.min(1, b.content / Math.max(b.capacity, 1)) : 0;
  const text = b.content === null ? t("buffer.unknown") : b.capacity === undefined ? t("buffer.content", { n: fixed(b.content, 0) }) : t("buffer.of", { n: fixed(b.content, 0), capacity: fixed(b.capacity, 0) });
  return (
    <div style={{ width: 92, textAlign: "center", fontSize: 12 }} title={`${t(`anchor.${b.anchor}`)}${b.doubt ? `；${t("buffer.doubt")}` : ""}`}>
      <div aria-hidden style={{ height: 8, border: "1px solid var(--line)", background: "var(--panel)" }}><div style={{ width: `${full * 100}%`, height: "100%", background: full >= 1 ? "var(--warn)" : "var(--run)" }} /></div>
      <div className="num">{b.doubt ? "⚠ " : ""}{text}</div>
      <div aria-hidden>{next ? "→" : `→ ${to}`}</div>
    </div>
  );
}
