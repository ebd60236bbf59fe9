import { useQuery } from "@tanstack/react-query";
import { Button, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type ItemFigures, itemDefinitions, itemFigures } from "../../api/material";
import { Badges, useReason } from "../../components/Figures";
import { FigureTable } from "../../components/FigureTable";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, figureText, fixed, unitText } from "../../lib/format";
import { iso } from "../../lib/time";
import { ItemPicker, useMaterialSearch } from "./parts";

const terms = ["stock_opening", "stock_received", "stock_produced", "stock_moved_in", "stock_moved_out", "stock_consumed", "stock_shipped", "stock_scrapped", "stock_discarded", "stock_missing", "stock_adjusted", "stock_closing", "stock_average"] as const;
const amount = (of: Record<string, number>, term: string) => (of[term] ?? 0) / 1e6;

/** What became of the stock of each item: turns, losses, and the lots behind them. */
export function FiguresTab() {
  const { t } = useTranslation("material");
  const { lang, name } = useLang();
  const reason = useReason();
  const [search, set] = useMaterialSearch();
  const range = useRange(search, "30d");
  const answer = useQuery(itemFigures({ from: iso(range.from), to: iso(range.to), scope: search.scope, item: search.item }));
  const rows = answer.data ?? [];
  const of = (i: ItemFigures, id: string) => i.figures.find((f) => f.definition.id === id);
  const quantity = (term: (typeof terms)[number]) => ({ title: t(`balance.${term}`), key: term, align: "right" as const, width: 110, sorter: (a: ItemFigures, b: ItemFigures) => amount(a.terms, term) - amount(b.terms, term), render: (_: unknown, i: ItemFigures) => <span className="num">{fixed(amount(i.terms, term), 3)}</span> });
  const figure = (id: string, title: string) => ({
    title, key: id, align: "right" as const, width: 170, sorter: (a: ItemFigures, b: ItemFigures) => (of(a, id)?.value ?? -Infinity) - (of(b, id)?.value ?? -Infinity),
    render: (_: unknown, i: ItemFigures) => { const f = of(i, id); return f && <span className="row" style={{ justifyContent: "flex-end" }}>{f.value === null ? <span className="dim">{reason(f.reason)}</span> : <b className="num">{figureText(f.value, f.unit, f.definition.digits, lang)}</b>}<Badges figure={f} /></span>; },
  });
  const exportCsv = () => download("material-figures.csv", csv([
    ["item", "unit", "figure", "version", "value", "reason", "from", "to", "sha256"],
    ...rows.flatMap((i) => i.figures.map((f) => [i.item.code, i.item.unit, f.definition.id, f.definition.version, f.value, f.reason, iso(range.from), iso(range.to), i.root])),
    [], ["lot", "bookings", ...terms], ...rows.flatMap((i) => i.lots.map((l) => [l.lot, l.entries, ...terms.map((k) => amount(l.terms, k))])),
  ]), "text/csv");
  return (
    <div className="stack">
      <div className="row">
        <RangePicker few search={search} fallback="30d" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} />
        <ScopePicker value={search.scope} set={(scope) => set({ scope })} />
        <ItemPicker label={t("item")} width={200} value={search.item} onChange={(item) => set({ item })} />
        <span className="fill" /><Button disabled={rows.length === 0} onClick={exportCsv}>{t("common:export.csv")}</Button>
      </div>
      {answer.isError && <Problem error={answer.error} retry={() => void answer.refetch()} />}
      <Table<ItemFigures> size="small" rowKey={(i) => i.item.code} loading={answer.isPending} dataSource={rows} pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 1100 }}
        locale={{ emptyText: <Nothing text={t("balance.none")} /> }} expandable={{ expandedRowRender: (i) => <Lots of={i} /> }}
        columns={[
          { title: t("item"), key: "item", sorter: (a, b) => a.item.code.localeCompare(b.item.code), render: (_, i) => <>{name(i.item.name)} <span className="dim mono">{i.item.code}</span></> },
          { title: t("unit"), key: "unit", width: 70, render: (_, i) => unitText(i.item.unit, lang) },
          quantity("stock_opening"), quantity("stock_consumed"), quantity("stock_shipped"), quantity("stock_closing"), quantity("stock_average"),
          figure("inventory-turns", t("balance.turns")), figure("storage-and-transportation-loss-ratio", t("balance.loss")),
        ]} />
    </div>
  );
}

/** The lots that an item's figures are made of. */
function Lots({ of }: { of: ItemFigures }) {
  const { t } = useTranslation("material");
  const [, set] = useMaterialSearch();
  const definitions = useQuery(itemDefinitions).data?.items ?? [];
  const used = terms.filter((k) => of.lots.some((l) => l.terms[k]));
  return (
    <div className="stack">
      <FigureTable figures={of.figures} definitions={definitions} />
      <Table size="small" rowKey="lot" dataSource={of.lots} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 700 }}
        columns={[
          { title: t("lot"), key: "lot", render: (_, l) => (l.lot.endsWith(":") ? <span className="dim">{t("balance.untracked")}</span> : <Button type="link" size="small" style={{ padding: 0 }} className="mono" onClick={() => set({ lot: l.lot })}>{l.lot.slice(l.lot.indexOf(":") + 1)}</Button>) },
          { title: t("balance.entries"), dataIndex: "entries", align: "right", width: 80 },
          ...used.map((k) => ({ title: t(`balance.${k}`), key: k, align: "right" as const, width: 105, render: (_: unknown, l: (typeof of.lots)[number]) => <span className="num">{fixed(amount(l.terms, k), 3)}</span> })),
        ]} />
      <p className="dim" style={{ margin: 0 }} title={t("balance.root.hint")}>{t("balance.root")} <span className="mono">{of.root}</span></p>
    </div>
  );
}
