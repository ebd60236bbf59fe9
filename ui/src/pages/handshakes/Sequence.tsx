import { useTranslation } from "react-i18next";
import type { Handover, Handshake, HandshakeStep, HandshakeView } from "../../api/handshake";
import { useLang } from "../../i18n/useLang";
import { measured } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { EndTag, useRole, useTook, useWhy } from "./parts";

type Taken = Handover["steps"][number];

/** A hand-over between two life lines: an arrow for each step with when it was seen, how long it was waited for, and how the other side was told; the step that waits is marked. */
export function Sequence({ of, one, now }: { of: Handshake; one: Handover; now: HandshakeView["now"] }) {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  const role = useRole();
  const why = useWhy(of);
  return (
    <div className="stack" style={{ gap: 6 }}>
      <div className="row"><span className="num">{dateTime(one.begun, true)}</span><EndTag of={one} /><span>{why(one)}</span>{one.reason && <span className="dim" style={{ overflowWrap: "anywhere" }}>{one.reason}</span>}{!!one.resumed && <span className="dim">{t("resumed", { n: one.resumed })}</span>}</div>
      <div style={{ position: "relative", maxWidth: 900 }}>
        <div className="hs-heads" aria-hidden><span>{role(of, "giver")} {name(of.giver.name)}</span><span style={{ textAlign: "right" }}>{role(of, "taker")} {name(of.taker.name)}</span></div>
        <ol className="hs" aria-label={t("sequence.of", { name: name(of.name) })}>
          {of.steps.map((s, i) => <Arrow key={s.name} s={s} taken={one.steps[i]} of={of} one={one} waits={!one.end && one.steps.length === i ? now : undefined} />)}
          {one.late && <li className="hs-end dim">{t("late", { at: dateTime(one.late, true) })}</li>}
          {one.end && <li className="hs-end dim">{t(one.cleared ? "ended.cleared" : one.held ? "wait.held" : "ended.clearing")}{one.cleared && <span className="num"> {dateTime(one.cleared, true)}</span>}</li>}
        </ol>
      </div>
    </div>
  );
}

function Arrow({ s, taken, of, one, waits }: { s: HandshakeStep; taken: Taken | undefined; of: Handshake; one: Handover; waits: HandshakeView["now"] }) {
  const { t } = useTranslation("handshake");
  const { name } = useLang();
  const took = useTook();
  const way = s.party === "giver" ? "hs-right" : "hs-left";
  const failed = !!one.end && one.end !== "done" && one.at === s.name;
  const look = failed && !(taken && (!taken.told || taken.told.state === "confirmed")) ? "hs-fail" : taken ? "hs-seen" : waits ? "hs-wait" : "hs-come";
  const other = name(s.party === "giver" ? of.taker.name : of.giver.name);
  return (
    <li className={`${way} ${look}`}>
      <div className="hs-text">
        <b>{t(`step.${s.name}`)}</b><span className="mono">{t("shows", { signal: s.signal, value: measured(s.value) })}</span>
        {taken && <span className="num dim">{dateTime(taken.at, true).slice(11)}</span>}
        {taken && taken.waited_ms > 0 && <span className="num dim">{t("waited", { for: took(taken.waited_ms) })}</span>}
        {!taken && waits && <b className="num">{t("wait.of", { for: took(waits.since_ms), most: took(s.within_ms) })}</b>}
      </div>
      <div className="hs-arrow" aria-hidden />
      {s.tell && (
        <div className="hs-text dim">
          <span>{t("tells", { signal: `${other} ${s.tell.signal}`, value: measured(s.tell.value) })}</span>
          {taken?.told && <span className="num">{!taken.told.state ? (one.end ? "" : t("telling")) : taken.told.state === "confirmed" ? t("told", { ms: measured(taken.told.took_ms ?? 0) }) : t("told.not", { why: taken.told.why || taken.told.state })}</span>}
        </div>)}
    </li>
  );
}
