import { Button, InputNumber, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useChange } from "../production/parts";
import { number } from "./parts";

interface Props { title: string; from: number; low: number; high: number; unit: string; word: string; send: (v: number) => Promise<unknown>; close: () => void }

/** A value in two steps: what it is to be, and then from what to what. */
export function ValueDialog({ title, from, low, high, unit, word, send, close }: Props) {
  const { t } = useTranslation("loop");
  const [value, setValue] = useState<number | null>(null);
  const [sure, setSure] = useState(false);
  const change = useChange((v: number) => send(v), close);
  const fits = value !== null && value >= low && value <= high;
  const words = t("from.to", { from: `${number(from)} ${unit}`.trim(), to: `${number(value)} ${unit}`.trim() });
  return (
    <Modal open title={title} onCancel={close} destroyOnHidden footer={sure
      ? <><Button onClick={() => setSure(false)}>{t("back")}</Button><Button type="primary" danger loading={change.isPending} onClick={() => value !== null && change.mutate(value)}>{word}</Button></>
      : <><Button onClick={close}>{t("common:cancel")}</Button><Button type="primary" disabled={!fits} onClick={() => setSure(true)}>{t("next")}</Button></>}>
      <p className="num" style={{ fontSize: 18 }} aria-live="polite">{sure ? t("check.again", { what: words }) : words}</p>
      {!sure && <label>{t("new")}　<InputNumber autoFocus aria-label={t("new")} style={{ width: 200 }} value={value} status={value === null || fits ? "" : "error"} suffix={unit} onChange={setValue} onPressEnter={() => fits && setSure(true)} /> <span className="dim">{t("range", { low, high })}</span></label>}
    </Modal>
  );
}
