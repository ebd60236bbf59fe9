import { AutoComplete, Button, Input, Typography } from "antd";
import { useTranslation } from "react-i18next";
import type { Checked, Input as RuleInput } from "../../api/rules";
import { useLang } from "../../i18n/useLang";
import { unitText } from "../../lib/format";

const functions = ["avg", "min", "max", "rate", "duration", "count", "since"] as const;

interface Props { inputs: RuleInput[]; label: string; field: "when" | "reset"; check: Checked | undefined; id?: string; value?: string; onChange?: (v: string) => void }

/** A condition that is completed while it is typed, with the place marked where it is wrong. */
export function Expression({ inputs, label, field, check, id, value = "", onChange }: Props) {
  const { t } = useTranslation("rules");
  const { name, lang } = useLang();
  const word = /[a-z_][a-z0-9_]*$/.exec(value)?.[0] ?? "";
  const begun = value.slice(0, value.length - word.length);
  const known = [
    ...inputs.filter((i) => i.name).map((i) => ({ word: i.name, text: `${i.title ? name(i.title) : i.signal} ${unitText(i.unit, lang)}`.trim() })),
    ...functions.map((f) => ({ word: `${f}(`, text: t(`fn.${f}`) })),
  ];
  const options = word ? known.filter((k) => k.word.startsWith(word) && k.word !== word).map((k) => ({ value: begun + k.word, label: <span><code>{k.word}</code> <span className="dim">{k.text}</span></span> })) : [];
  const insert = (w: string) => onChange?.(`${value}${value && !/[\s(]$/.test(value) ? " " : ""}${w}`);
  const wrong = check && !check.ok && check.field === field ? check : undefined;
  return (
    <div className="stack" style={{ gap: 6 }}>
      <AutoComplete {...(id ? { id } : {})} value={value} options={options} onChange={(v: string) => onChange?.(v)} defaultActiveFirstOption={false} style={{ width: "100%" }} popupMatchSelectWidth={420}>
        <Input.TextArea aria-label={label} autoSize={{ minRows: 2, maxRows: 8 }} maxLength={2000} spellCheck={false} style={{ fontFamily: "var(--mono, monospace)" }} status={wrong ? "error" : ""} />
      </AutoComplete>
      {wrong && <Wrong text={value} at={wrong.at} what={wrong.what ?? ""} />}
      <div className="row" role="group" aria-label={t("insert")}>
        {inputs.filter((i) => i.name).map((i) => <Button key={i.name} size="small" onClick={() => insert(i.name)} title={i.title ? name(i.title) : i.signal}>{i.name} <span className="dim">{unitText(i.unit, lang)}</span></Button>)}
        {functions.map((f) => <Button key={f} size="small" onClick={() => insert(`${f}(${inputs[0]?.name ?? "x"}${f === "duration" || f === "count" || f === "since" ? " > 0.0" : ""}, "30s")`)} title={t(`fn.${f}`)}>{f}()</Button>)}
      </div>
    </div>
  );
}

/** The expression with the place at which it is wrong. */
function Wrong({ text, at, what }: { text: string; at: number; what: string }) {
  const { t } = useTranslation("rules");
  const letters = [...text];
  const from = Math.min(Math.max(at, 0), Math.max(0, letters.length - 1));
  return (
    <div role="status" aria-live="polite">
      {at >= 0 && letters.length > 0 && <pre style={{ margin: 0, whiteSpace: "pre-wrap" }} aria-hidden>{letters.slice(0, from).join("")}<mark>{letters[from] ?? " "}</mark>{letters.slice(from + 1).join("")}</pre>}
      <Typography.Text type="danger">{at >= 0 && `${t("check.at", { n: at + 1 })}: `}{what}</Typography.Text>
    </div>
  );
}
