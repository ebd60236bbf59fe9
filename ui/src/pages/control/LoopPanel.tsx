import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { type Loop, loop } from "../../api/loop";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { iso } from "../../lib/time";
import { Events } from "./Events";
import { FacePlate } from "./FacePlate";
import { LoopTrend } from "./LoopTrend";
import { useLoopsSearch } from "./parts";
import { Revisions } from "./Revisions";
import { TuningPanel } from "./TuningPanel";

/** One loop: its face plate, how it went, what it did, and its revisions. */
export function LoopPanel({ id, edit }: { id: string; edit: (l: Loop) => void }) {
  const { t } = useTranslation("loop");
  const { name } = useLang();
  const [search, set] = useLoopsSearch();
  const range = useRange(search, "1h");
  const query = useQuery(loop(id));
  const v = query.data;
  if (!v) return <Waiting query={query} />;
  const from = iso(range.from);
  const to = iso(range.to);
  return (
    <>
      <FacePlate v={v} />
      <TuningPanel v={v} edit={edit} />
      <section className="panel stack" aria-label={t("trend")}>
        <div className="row"><h2 style={{ margin: 0 }}>{t("trend")} · {name(v.loop.name)}</h2><span className="fill" /><RangePicker few search={search} fallback="1h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /></div>
        <LoopTrend v={v} from={range.from} to={range.to} />
        <Events id={id} of={v} from={from} to={to} />
      </section>
      <Revisions v={v} edit={edit} />
    </>
  );
}
