import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Drawer } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { signals, type View } from "../../api/quality";
import { Problem, Waiting } from "../../components/Status";
import { dateTime, iso, ms } from "../../lib/time";

/** How many subgroups of a long time broke each rule; each of them is listed and looked at closer. */
export function SignalsLine({ view, from, to, zoom }: { view: View; from: number; to: number; zoom: (from: number, to: number) => void }) {
  const { t } = useTranslation("quality");
  const [rule, setRule] = useState<string>();
  return (
    <div className="row noprint">
      <span className="dim">{t("signals")}</span>
      {view.signals.map((s) => <Button key={s.rule} size="small" onClick={() => setRule(s.rule)}>{t(`rule.${s.rule}` as "rule.n1")} · {s.n}</Button>)}
      {rule && <Signals view={view} rule={rule} from={from} to={to} close={() => setRule(undefined)} zoom={(a, b) => { setRule(undefined); zoom(a, b); }} />}
    </div>
  );
}

/** Points before and after a signal that are shown with it. */
const around = 12 * 3_600_000;

function Signals({ view, rule, from, to, close, zoom }: { view: View; rule: string; from: number; to: number; close: () => void; zoom: (from: number, to: number) => void }) {
  const { t } = useTranslation("quality");
  const [window] = useState({ from: iso(from), to: iso(to) });
  const list = useInfiniteQuery(signals(view.characteristic.id ?? "", window.from, window.to, rule));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Drawer open onClose={close} size={420} title={t(`rule.${rule}` as "rule.n1")}>
      {list.error ? <Problem error={list.error} /> : <Waiting query={list} />}
      <table className="plain">
        <thead><tr><th>{t("at")}</th><th>{t("broken")}</th></tr></thead>
        <tbody>{rows.map((s) => <tr key={s.id}><td className="num"><button type="button" className="figbtn" onClick={() => zoom(ms(s.at) - around, ms(s.at) + around)}>{dateTime(s.at)}</button></td><td>{s.rules.map((r) => t(`rule.${r}` as "rule.n1")).join("，")}</td></tr>)}</tbody>
      </table>
      {list.hasNextPage && <Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("common:more")}</Button>}
    </Drawer>
  );
}
