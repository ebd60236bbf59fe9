import { useQuery } from "@tanstack/react-query";
import { Button, Table, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { type Beside, type Golden, goldenRuns } from "../../api/batch";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, duration, fixed, percent } from "../../lib/format";
import type { Range } from "../../lib/ranges";
import { dateTime, iso, ms } from "../../lib/time";
import { Said } from "../../components/Said";

interface Props { golden: Golden; range: Range; run: string | undefined; pick: (run: string, until: string | undefined) => void }

/** The last runs beside a golden batch, the newest first. */
export function RunsTable({ golden, range, run, pick }: Props) {
  const { t } = useTranslation("batch");
  const { name, lang } = useLang();
  const query = useQuery(goldenRuns(golden.id ?? "", iso(range.from), iso(range.to)));
  const title = (s: string | undefined) => name(golden.signal_titles.find((one) => one.name === s)?.title) || s;
  const rows = query.data ?? [];
  const departed = rows.filter((b) => b.departed).length;
  const save = () => download("runs.csv", csv([["from", "to", "order", "item", "score", "highest_good", "departed", "first", "first_at", "long", "short", "why"], ...rows.map((b) => [b.run.from, b.run.to, b.run.order, b.run.item, b.score, b.highest_good, String(b.departed), b.first, b.first_at, String(b.long ?? false), String(b.short ?? false), b.why])]), "text/csv");
  const verdict = (b: Beside) => {
    if (b.score === null) return <span className="dim"><Said text={b.why} /></span>;
    if (!b.departed) return <span>✓ {t("like")}</span>;
    return <span><Tag color="error">▲ {t("departed")}</Tag> {[b.first && `${title(b.first)}${b.first_at ? ` ${dateTime(b.first_at)}` : ""}`, b.long && t("long"), b.short && t("short")].filter(Boolean).join("，")}</span>;
  };
  return (
    <section className="panel" aria-label={t("runs")}>
      <div className="row"><h2>{t("runs")}</h2><span className="dim" role="status">{query.data ? t("runs.count", { n: rows.length, departed }) : ""}</span><span className="fill" /><Button disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button></div>
      {query.error ? <Problem error={query.error} retry={() => void query.refetch()} /> : (
        <Table<Beside> size="small" rowKey={(b) => b.run.from} loading={query.isLoading} dataSource={rows} pagination={{ pageSize: 12, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 860 }} locale={{ emptyText: <Nothing text={t("runs.none")} /> }}
          onRow={(b) => ({ style: b.run.from === run ? { fontWeight: 600 } : {} })}
          columns={[
            { title: t("began"), key: "from", width: 180, sorter: (a, b) => ms(a.run.from) - ms(b.run.from), render: (_, b) => <Button type="link" size="small" style={{ padding: 0 }} onClick={() => pick(b.run.from, b.run.running ? undefined : b.run.to)}><span className="num">{dateTime(b.run.from)}</span></Button> },
            { title: t("length"), key: "length", width: 110, align: "right", sorter: (a, b) => ms(a.run.to) - ms(a.run.from) - ms(b.run.to) + ms(b.run.from), render: (_, b) => <span className="num">{duration(ms(b.run.to) - ms(b.run.from), lang)}{b.run.running && ` ▶ ${percent(b.reached, 0)}`}</span> },
            { title: t("order"), key: "order", width: 120, render: (_, b) => b.run.order || "—" }, { title: t("item"), key: "item", width: 120, render: (_, b) => b.run.item || "—" },
            { title: <span title={t("score.hint")}>{t("score")}</span>, key: "score", width: 90, align: "right", sorter: (a, b) => (a.score ?? 0) - (b.score ?? 0), render: (_, b) => <span className="num">{b.score === null ? "—" : fixed(b.score, 2)}</span> },
            { title: t("verdict"), key: "verdict", filters: [{ text: t("departed"), value: true }, { text: t("like"), value: false }], onFilter: (v, b) => b.departed === v, render: (_, b) => verdict(b) },
          ]} />)}
    </section>
  );
}
