import { useInfiniteQuery } from "@tanstack/react-query";
import { Button, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type PlanHead, plans } from "../../api/planning";
import { Nothing, Problem } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { shortTime } from "../../lib/time";
import { More } from "../production/parts";
import { amount } from "./amount";
import { PlanTag } from "./PlanHead";
import { usePlanningSearch } from "./search";

/** As many as fit side by side. */
const mostCompared = 4;

/** All plans of a place; some are chosen to be compared. */
export function PlansTab({ place }: { place: string }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const [search, set] = usePlanningSearch();
  const list = useInfiniteQuery(plans({ scope: place, state: search.state }));
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const chosen = search.compare?.split(",") ?? [];
  return (
    <div className="stack">
      <div className="row">
        <Select mode="multiple" showSearch={{ optionFilterProp: "label" }} allowClear style={{ minWidth: 220 }} aria-label={t("state")} placeholder={t("state.all")} value={search.state?.split(",") ?? []} onChange={(v: string[]) => set({ state: v.join(",") || undefined })} options={(["draft", "in_use", "past", "dropped"] as const).map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <span style={{ flex: 1 }} />
        <Button type="primary" disabled={chosen.length < 1} onClick={() => set({ tab: "compare" })}>{t("compare.do", { n: chosen.length })}</Button>
      </div>
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <Table<PlanHead> size="small" rowKey="id" loading={list.isLoading} dataSource={rows} pagination={false} scroll={{ x: 1000 }} locale={{ emptyText: <Nothing text={t("plans.none")} /> }}
        rowSelection={{ selectedRowKeys: chosen, hideSelectAll: true, onChange: (keys) => set({ compare: keys.map(String).slice(-mostCompared).join(",") || undefined }), getCheckboxProps: (p) => ({ "aria-label": t("compare.pick", { n: p.number }) }) }}
        columns={[
          { title: t("plan"), key: "plan", render: (_, p) => <><button type="button" className="figbtn" onClick={() => set({ tab: "plan", plan: p.state === "in_use" ? undefined : p.id })}>{t("plan.n", { n: p.number })} {p.name}</button><div className="dim">{p.note}</div></> },
          { title: t("state"), key: "state", width: 170, render: (_, p) => <PlanTag of={p} /> },
          { title: t("made"), key: "made", width: 150, render: (_, p) => <>{p.by}<div className="dim">{shortTime(p.made)}</div></> },
          { title: t("fig.late"), key: "late", width: 90, align: "right", render: (_, p) => `${p.figures.late}/${p.figures.planned}` },
          { title: t("fig.weighted"), key: "weighted", width: 120, align: "right", render: (_, p) => amount(p.figures.weighted_tardiness_ms, lang) },
          { title: t("fig.setup"), key: "setup", width: 100, align: "right", render: (_, p) => amount(p.figures.setup_ms, lang) },
          { title: t("fig.makespan"), key: "makespan", width: 130, render: (_, p) => (p.figures.makespan ? shortTime(p.figures.makespan) : "—") },
          { title: t("fig.unplanned"), key: "unplanned", width: 90, align: "right", render: (_, p) => p.figures.unplanned },
          { title: t("fig.violations"), key: "violations", width: 90, align: "right", render: (_, p) => p.figures.violations },
        ]} />
      <More list={list} />
    </div>
  );
}
