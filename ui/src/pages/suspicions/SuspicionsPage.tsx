import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, DatePicker, Segmented, Select } from "antd";
import dayjs from "dayjs";
import { useTranslation } from "react-i18next";
import { RegionPicker } from "../../components/RegionPicker";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import type { SuspicionsSearch } from "../../routes";
import { SuspicionTable } from "./SuspicionTable";
import { firmSuspicions, kinds, showOf, type Shown, shown, whoOf } from "./suspicions";

const page = 50;

/** What is suspected in the person's area, and the decisions. */
export default function SuspicionsPage() {
  const { t } = useTranslation("suspicions");
  const { name } = useLang();
  const search: SuspicionsSearch = useSearch({ from: "/app/suspicions" });
  const navigate = useNavigate();
  const set = (more: SuspicionsSearch) => void navigate({ to: "/suspicions", search: { ...search, ...more }, replace: true });
  const list = useInfiniteQuery({ ...firmSuspicions(search, page), placeholderData: keepPreviousData });
  const rows = list.data?.pages.flatMap((p) => p.items) ?? [];
  const counts = { open: 0, contested: 0, upheld: 0, dismissed: 0, ...list.data?.pages[0]?.counts };
  const show = showOf(search.show);
  const sheet = () => download("suspicions.csv", csv([
    [t("date"), t("region"), t("firm"), t("machine"), t("reason"), t("state"), t("said")],
    ...rows.map((s) => [s.date, s.party.region, s.party.company, s.party.path, `${t(`authenticity:kind.${s.kind}` as "kind")}${s.like ? `（${t("like", { who: whoOf(s.like, name) })}）` : ""}`, t(`authenticity:state.${s.state}` as "state"), s.said.map((x) => `${x.by}：${x.text}`).join("；")]),
  ]), "text/csv");
  return (
    <div className="stack">
      <div className="pagehead"><h1>{t("title")}</h1><span className="fill" />
        <RegionPicker value={search.region} onChange={(region) => set({ region })} />
        <Select style={{ width: 190 }} aria-label={t("kind")} placeholder={t("kind.all")} allowClear value={search.kind} onChange={(kind?: string) => set({ kind })} options={kinds.map((k) => ({ value: k, label: t(`authenticity:kind.${k}` as "kind") }))} />
        <DatePicker.RangePicker aria-label={t("days")} allowEmpty={[true, true]} value={[search.from ? dayjs(search.from) : null, search.to ? dayjs(search.to).subtract(1, "day") : null]}
          onChange={(d) => set({ from: d?.[0]?.format("YYYY-MM-DD"), to: d?.[1]?.add(1, "day").format("YYYY-MM-DD") })} />
      </div>
      <p className="dim" style={{ margin: 0 }}>{t("lead")}</p>
      <div className="row">
        <Segmented<Shown> aria-label={t("show")} value={show} options={(Object.keys(shown) as Shown[]).map((k) => ({ value: k, label: t(`show.${k}`) }))} onChange={(v) => set({ show: v === "open" ? undefined : v })} />
        <span className="dim" role="status">{list.isSuccess ? t("count", counts) : ""}</span><span className="fill" />
        <Button disabled={rows.length === 0} onClick={sheet}>{t("export")}</Button>
      </div>
      {list.isError && <Alert type="error" showIcon title={list.error.message} />}
      <SuspicionTable rows={rows} loading={list.isFetching && !list.isFetchingNextPage} none={t(show === "open" ? "none.open" : "none")} />
      {list.hasNextPage && <div className="row"><Button loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t("more")}</Button></div>}
    </div>
  );
}
