import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Select } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { tags as tagsQuery } from "../../api/queries";
import type { Tag } from "../../api/types";
import { maxPens } from "../../charts/pens";
import { RangePicker, useRange } from "../../components/RangePicker";
import { ScopePicker } from "../../components/ScopePicker";
import { Waiting } from "../../components/Status";
import { TrendPanel } from "../../components/TrendPanel";
import { useLang } from "../../i18n/useLang";
import type { RangeSearch } from "../../lib/ranges";
import { iso } from "../../lib/time";
import type { MachineSearch } from "../../routes";

/** The machine's own code in front of the tag's title. */
const machineOf = (t: Tag): string => t.path.slice(0, t.path.length - t.name.length - 1).split("/").at(-1) ?? "";

export default function TrendPage() {
  const { t } = useTranslation("trend");
  const { name, lang } = useLang();
  const search = useSearch({ from: "/app/trend" });
  const navigate = useNavigate();
  const set = (change: Partial<MachineSearch>) => void navigate({ to: "/trend", search: { ...search, ...change }, replace: true });
  const setRange = (r: RangeSearch) => set({ range: undefined, from: undefined, to: undefined, ...r });
  const range = useRange(search, "1h");
  const [scope, setScope] = useState<string | undefined>();
  const query = useQuery(tagsQuery(""));
  const title = (x: Tag) => `${machineOf(x)} ${name(x.title)}`;
  const options = useMemo(() => (query.data ?? []).filter((x) => x.kind !== "text" && (!scope || x.path.startsWith(`${scope}/`)))
    .map((x) => ({ value: x.no, label: `${machineOf(x)} · ${name(x.title)} · ${x.name}` })), [query.data, scope, lang]);
  const numbers = (search.tags ?? "").split(",").map(Number).filter((n) => Number.isInteger(n) && n > 0);
  const chosen = numbers.flatMap((n) => (query.data ?? []).filter((x) => x.no === n));
  const choose = (list: number[]) => set({ tags: list.slice(0, maxPens).join(",") || undefined });
  return (
    <div className="stack">
      <div className="pagehead" style={{ marginBottom: 0 }}><h1>{t("title")}</h1></div>
      <RangePicker search={search} fallback="1h" range={range} set={setRange} />
      <div className="row">
        <ScopePicker value={scope} set={setScope} />
        <Select mode="multiple" maxCount={maxPens} showSearch optionFilterProp="label" value={numbers} options={options} onChange={choose} loading={query.isPending}
          aria-label={t("add")} placeholder={t("search")} style={{ flex: 1, minWidth: 320 }} />
      </div>
      <section className="panel">
        {!query.data ? <Waiting query={query} /> : (
          <TrendPanel tags={chosen} from={range.from} to={range.to} live={range.live} height={Math.max(320, innerHeight - 340)} titleOf={title}
            onView={(from, to) => setRange({ from: iso(from), to: iso(to) })} drop={(x) => choose(numbers.filter((n) => n !== x.no))} />)}
      </section>
    </div>
  );
}
