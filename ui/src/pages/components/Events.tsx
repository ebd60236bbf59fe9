import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Table, Tag } from "antd";
import { useTranslation } from "react-i18next";
import { type Event, happened } from "../../api/components";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { useSay } from "../../i18n/useSay";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { More } from "../production/parts";
import { millis, useComponentsSearch } from "./parts";

const colors: Record<Event["what"], string> = { failed: "warning", suspended: "error", aside: "error", back: "success" };

/** What components did wrong, and when they were stopped for it. */
export function Events({ scope, series }: { scope?: string | undefined; series?: string | undefined }) {
  const { t } = useTranslation("components");
  const { name } = useLang();
  const say = useSay();
  const [, set] = useComponentsSearch();
  const list = useInfiniteQuery(happened({ scope, series }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const save = () => download("component-events.csv", csv([["at", "component", "revision", "what", "why", "detail", "took_ms", "sha256"], ...rows.map((e) => [e.at, e.name.zh, e.revision, e.what, e.why, e.detail, e.took_ms, e.sha256])]), "text/csv");
  return (
    <div className="stack">
      <div className="row"><span className="fill" /><Button size="small" disabled={rows.length === 0} onClick={save}>{t("common:export.csv")}</Button></div>
      {list.error && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<Event> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 720 }} locale={{ emptyText: <Nothing text={t("events.none")} /> }}
        columns={[
          { title: t("at"), key: "at", width: 170, render: (_, e) => <span className="num">{dateTime(e.at)}</span> },
          ...(series ? [] : [{ title: t("component"), key: "component", width: 200, render: (_: unknown, e: Event) => <button type="button" className="figbtn" onClick={() => set({ component: e.component, tab: "components" })}>{name(e.name)} · {e.revision}</button> }]),
          { title: t("event"), key: "what", width: 180, filters: (["failed", "suspended", "aside", "back"] as const).map((w) => ({ text: t(`what.${w}`), value: w })), onFilter: (v, e) => e.what === v, render: (_, e) => <><Tag color={colors[e.what]} variant="outlined">{t(`what.${e.what}`)}</Tag>{e.why && <span>{t(`why.${e.why}`)}</span>}</> },
          { title: t("detail"), key: "detail", render: (_, e) => <span style={{ overflowWrap: "anywhere" }}>{say(e.detail)}</span> },
          { title: t("took"), key: "took", width: 90, align: "right", render: (_, e) => <span className="num">{e.what === "failed" ? millis(e.took_ms) : "—"}</span> },
        ]} />
      <More list={list} />
    </div>
  );
}
