import { useMutation, useQuery } from "@tanstack/react-query";
import { App, Button } from "antd";
import { useTranslation } from "react-i18next";
import { type Component, repeatComponent, runs } from "../../api/components";
import { RangePicker, useRange } from "../../components/RangePicker";
import { Nothing, useProblem, Waiting } from "../../components/Status";
import { download } from "../../lib/download";
import { csv } from "../../lib/format";
import { iso } from "../../lib/time";
import { useComponentsSearch } from "./parts";
import { Values } from "./TrialPanel";

/** What a revision said of windows, each with what it rests on. */
export function Runs({ c }: { c: Component }) {
  const { t } = useTranslation("components");
  const { message } = App.useApp();
  const problem = useProblem();
  const [search, set] = useComponentsSearch();
  const range = useRange(search, "1h");
  const [from, to] = [iso(range.from), iso(range.to)];
  const query = useQuery({ ...runs(c.id ?? "", from, to), refetchInterval: range.live ? 10_000 : false });
  const all = query.data ?? [];
  const again = useMutation({ mutationFn: () => repeatComponent(c.id ?? "", from, to), onSuccess: (r) => { void message.success(t("again.done", { n: r.windows, differ: r.differ, other: r.other_inputs }), 8); }, onError: (err) => { void message.error(problem(err), 10); } });
  const save = () => download("component-runs.csv", csv([["at", "window_sha256", "module_sha256", "why", "detail", "took_ms", ...c.outputs.flatMap((o) => [o.name, `${o.name}.quality`])], ...all.map((r) => [r.at, r.window, r.sha256, r.why, r.detail, r.took_ms, ...c.outputs.flatMap((o) => { const x = r.outputs.find((y) => y.name === o.name); return [x?.value, x?.quality]; })])]), "text/csv");
  return (
    <section className="panel" aria-label={t("runs")}>
      <div className="row">
        <h2 style={{ margin: 0 }}>{t("runs")}</h2>
        <RangePicker few search={search} fallback="1h" range={range} set={(r) => set({ range: undefined, from: undefined, to: undefined, ...r })} /><span className="fill" />
        {c.form === "module" && <Button size="small" loading={again.isPending} title={t("again.hint")} onClick={() => again.mutate()}>{t("again")}</Button>}
        <Button size="small" disabled={all.length === 0} onClick={save}>{t("common:export.csv")}</Button>
      </div>
      {!query.data ? <Waiting query={query} /> : all.length === 0 ? <Nothing text={t("runs.none")} /> : <Values runs={all} outputs={c.outputs} />}
    </section>
  );
}
