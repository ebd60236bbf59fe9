import { Tag } from "antd";
import { useTranslation } from "react-i18next";
import type { Command, CommandStep } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { moodOf, type Shape, settingText } from "./setting";
import { Said } from "../Said";

export function useWords() {
  const { t } = useTranslation("commands");
  return { on: t("on"), off: t("off.value") };
}

export function Outcome({ state }: { state: Command["state"] }) {
  const { t } = useTranslation("commands");
  return <Tag color={moodOf(state)} variant="outlined">{t(`state.${state}` as "state.sent")}</Tag>;
}

/** How far a command came, each step with what was found. */
export function Steps({ command, of }: { command: Command; of: Shape }) {
  const { t } = useTranslation("commands");
  const first: CommandStep = { state: "requested", at: command.requested };
  return (
    <ol aria-label={t("steps")} aria-live="polite" style={{ margin: 0, paddingLeft: 20 }}>
      {[first, ...command.steps].map((s, i) => <Step key={`${s.state} ${i}`} step={s} of={of} />)}
      {command.state === "awaiting" && <li><Outcome state="awaiting" /> <span className="dim">{t("until", { at: dateTime(command.expires) })}</span></li>}
    </ol>
  );
}

function Step({ step: s, of }: { step: CommandStep; of: Shape }) {
  const { t } = useTranslation("commands");
  const { lang } = useLang();
  const words = useWords();
  return (
    <li style={{ marginBottom: 4 }}>
      <span className="row"><Outcome state={s.state} /><span className="dim num">{dateTime(s.at)}</span>{s.by && <span>{s.by}</span>}
        {s.from && <span>{t("before", { value: settingText(s.from, of, lang, words) })}</span>}
        {s.raw && <span className="dim">{t("raw", { value: s.raw.text ?? s.raw.number })}</span>}
        {s.read && <span>{t("read", { value: settingText(s.read, of, lang, words) })}</span>}
      </span>
      {s.detail && <div style={{ overflowWrap: "anywhere" }}><Said text={s.detail} /></div>}
      {s.checks && (
        <ul style={{ margin: 0, paddingLeft: 20 }}>
          {s.checks.filter((c) => s.state !== "checked" || c.result !== "passed").map((c) => (
            <li key={c.check} className={c.result === "skipped" ? "dim" : undefined}>
              <span aria-hidden>{c.result === "passed" ? "✓" : c.result === "failed" ? "✗" : "–"}</span> {t(`check.${c.check}` as "check.fresh")}: {t(`result.${c.result}` as "result.passed")}{c.detail && <> · <Said text={c.detail} /></>}
            </li>))}
        </ul>)}
    </li>
  );
}
