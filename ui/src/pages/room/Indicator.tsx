import { useTranslation } from "react-i18next";
import type { Reading } from "../../api/room";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { number } from "../control/parts";
import { along, letters, shapeOf, spark, toneOf } from "./look";

/** A value in its context: normal range, alarm limits, set point and the last hour; in grey while nothing is wrong. */
export function Indicator({ r, machine }: { r: Reading; machine: boolean }) {
  const { t } = useTranslation("room");
  const { lang, name } = useLang();
  const unit = unitText(r.unit, lang);
  const tone = toneOf(r);
  const range = r.low !== undefined || r.high !== undefined ? t("range.of", { low: number(r.low), high: number(r.high) }) : t("range.none");
  const words = [
    `${machine ? `${name(r.equipment_name)} ` : ""}${name(r.title)}`, `${number(r.value)} ${unit}`.trim(), t(`state.${r.state}`),
    r.priority ? t("alarm.on", { priority: t(`alarms:priority.${r.priority}` as "alarms:priority.1") }) : "", range, r.sp === undefined ? "" : `${t("sp")} ${number(r.sp)}`,
    r.state === "stale" && r.at ? t("stale.since", { time: shortTime(r.at) }) : "",
  ].filter(Boolean).join("，");
  return (
    <div className={`indicator ${tone}`} role="img" aria-label={words} title={words}>
      <div className="indname">{machine && <span className="dim">{name(r.equipment_name)} </span>}{name(r.title)}</div>
      <Bar r={r} />
      <div className="indvalue num">
        {r.priority ? <b className="shape">{shapeOf(r.priority)}</b> : null}{letters[r.state] && <b className="letter">{letters[r.state]}</b>}
        <span>{number(r.value)}</span> <small>{unit}</small>
      </div>
      <Sparkline r={r} />
      {r.state === "stale" && <div className="indstale">{r.at ? t("stale.since", { time: shortTime(r.at) }) : t("stale.never")}</div>}
    </div>
  );
}

/** The moving analogue indicator: where the value lies, without reading a digit. */
function Bar({ r }: { r: Reading }) {
  const at = along(r, r.value);
  const low = along(r, r.low ?? r.scale_low);
  const high = along(r, r.high ?? r.scale_high);
  const bounded = r.low !== undefined || r.high !== undefined;
  const sp = along(r, r.sp);
  const pc = (v: number) => `${(v * 100).toFixed(2)}%`;
  return (
    <svg className="indbar" aria-hidden width="100%" height="18">
      <rect className="track" x="0" y="5" width="100%" height="8" />
      {bounded && low !== null && high !== null && <rect className="band" x={pc(low)} y="5" width={pc(Math.max(0, high - low))} height="8" />}
      {r.marks.map((m) => { const x = along(r, m.value); return x === null ? null : <line key={`${m.kind}${m.value}`} className="limit" x1={pc(x)} x2={pc(x)} y1="2" y2="16" strokeWidth={m.priority <= 2 ? 3 : 2} />; })}
      {sp !== null && <svg x={pc(sp)} y="0" width="1" height="18" overflow="visible"><path className="sp" d="M0 13L-4 18H4Z" /></svg>}
      {at !== null && <svg x={pc(at)} y="0" width="1" height="18" overflow="visible"><path className="pointer" d="M-5 0H5L0 9Z" /><line className="needle" x1="0" x2="0" y1="5" y2="13" /></svg>}
    </svg>
  );
}

function Sparkline({ r }: { r: Reading }) {
  const s = spark(r);
  return (
    <svg className="spark" aria-hidden viewBox="0 -0.15 60 1.3" preserveAspectRatio="none" width="100%" height="22">
      {s && <><path className="sparkband" d={s.band} vectorEffect="non-scaling-stroke" /><path className="sparkline" d={s.line} vectorEffect="non-scaling-stroke" /></>}
    </svg>
  );
}
