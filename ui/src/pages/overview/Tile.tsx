import { Link } from "@tanstack/react-router";
import { memo } from "react";
import { useTranslation } from "react-i18next";
import type { Machine } from "../../api/types";
import { HeadlineValue } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { duration } from "../../lib/format";
import { glyphs, lookKey, lookOf } from "../../lib/states";
import { useNow } from "../../lib/ticking";
import { dateTime, iso, ms, shortTime, startOfDay } from "../../lib/time";

export function Since({ since }: { since: string }) {
  const now = useNow();
  const { lang } = useLang();
  return <time dateTime={since} title={dateTime(since)} className="num">{duration(Math.max(0, now - ms(since)), lang)}</time>;
}

export const Tile = memo(function Tile({ machine: m }: { machine: Machine }) {
  const { t } = useTranslation("board");
  const { name } = useLang();
  const look = lookOf(m.state);
  const from = startOfDay(Date.now());
  const today = { window: "day", from: iso(from), to: iso(from + 86400_000), scope: m.path };
  const why = m.reason ? name(m.reason.name) : m.state.mode !== "NONE" && look !== "setup" && look !== "maint" ? t(`common:mode.${m.state.mode}`) : "";
  return (
    <article className={`tile ${look}${m.link ? "" : " hatch"}`} aria-label={name(m.name)}>
      <Link to="/machines/$id" params={{ id: m.id }} className="tilehead">
        <span className="glyph" aria-hidden>{glyphs[look]}</span>
        <span className="tilename">{name(m.name)}</span>
      </Link>
      <div className="row" style={{ justifyContent: "space-between", gap: 4 }}>
        <strong>{t(`common:${lookKey[look]}` as "common:state.UNKNOWN")}</strong><Since since={m.since} />
      </div>
      <div className="tilewhy">{m.link ? why : <b>{m.device?.last_answer ? t("link.lost.since", { last: shortTime(m.device.last_answer) }) : t("link.lost")}</b>}{m.excluded && ` · ${t("excluded")}`}</div>
      <div className="tilewhy mono">{m.product ?? ""}</div>
      <dl className="tilefigs">
        <div><dt>{t("oee.today")}</dt><dd><HeadlineValue headline={m.today?.oee} digits={4} title={t("oee.today")} question={{ id: "oee", ...today }} /></dd></div>
        <div><dt>{t("good")}</dt><dd><HeadlineValue headline={m.today?.good ? { ...m.today.good, unit: "1" } : undefined} digits={0} title={t("good")} question={{ id: "good", ...today }} /></dd></div>
        <div><dt>{t("scrap")}</dt><dd><HeadlineValue headline={m.today?.scrap ? { ...m.today.scrap, unit: "1" } : undefined} digits={0} title={t("scrap")} question={{ id: "scrap", ...today }} /></dd></div>
      </dl>
    </article>
  );
});
