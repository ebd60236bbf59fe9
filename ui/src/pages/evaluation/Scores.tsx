import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Alert, Button, Empty, Input, Select, Table } from "antd";
import { useTranslation } from "react-i18next";
import { scores, type Round, type ScoreRow, type Standard } from "../../api/evaluation";
import { fixed } from "../../lib/format";
import type { EvaluationSearch } from "../../routes";
import { ScoreBar, useWhy } from "./values";

/** The list of a revision: by score, those without one last. */
export function Scores({ round, standard }: { round: Round; standard: Standard | undefined }) {
  const { t } = useTranslation("evaluation");
  const why = useWhy();
  const search: EvaluationSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const newest = round.revisions.length;
  const revision = search.revision ?? newest;
  const unscored = search.class === "none";
  const { data, error, isPending } = useQuery(scores(round.id, round.rev, { revision, class: unscored ? undefined : search.class, unscored: unscored || undefined, q: search.q, cursor: search.cursor, limit: 50 }));
  const set = (more: EvaluationSearch) => void navigate({ to: "/evaluations", search: { ...search, cursor: undefined, ...more } });
  const rows = data?.items ?? [];
  const best = rows[0]?.score ?? 0;
  const digits = standard?.digits ?? 2;
  return (
    <>
      {revision !== newest && <Alert type="warning" showIcon style={{ marginBottom: 12 }} message={t("old", { n: revision, newest })} action={<Button size="small" onClick={() => set({ revision: undefined })}>{t("toNewest")}</Button>} />}
      <div className="row" style={{ marginBottom: 12 }}>
        <Select allowClear style={{ width: 140 }} value={search.class} placeholder={t("allClasses")} aria-label={t("class")} onChange={(v?: string) => set({ class: v })}
          options={[...(standard?.classes.steps ?? []).map((s) => ({ value: s.class, label: t("class.n", { class: s.class }) })), { value: "none", label: t("unscored") }]} />
        <Input.Search allowClear style={{ width: 260 }} defaultValue={search.q} placeholder={t("search")} aria-label={t("search")} onSearch={(q) => set({ q: q || undefined })} />
      </div>
      {error && <Alert type="error" showIcon message={error.message} />}
      <Table<ScoreRow> size="small" rowKey="firm" loading={isPending} dataSource={rows} pagination={false} scroll={{ x: 800 }}
        locale={{ emptyText: <Empty description={t("scores.none")} /> }}
        columns={[
          { title: t("place"), dataIndex: "place", width: 70, align: "right" },
          { title: t("firm"), key: "firm", render: (_, r) => <><button type="button" className="figbtn" onClick={() => set({ firm: r.firm, cursor: search.cursor })}>{r.name}</button><div className="dim">{[r.region, r.sector].filter(Boolean).join(" · ")}</div></> },
          { title: t("class"), key: "class", width: 80, render: (_, r) => (r.class ? <b>{r.class}</b> : <span className="dim">—</span>) },
          { title: t("score"), key: "score", width: 320, render: (_, r) => (r.score === undefined ? <span className="dim">{why(r.why?.slice(r.why.indexOf(":") + 1))}</span> : <ScoreBar score={r.score} best={best} text={fixed(r.score, digits)} />) },
          { title: t("rank"), key: "rank", width: 110, align: "right", render: (_, r) => (r.rank ? `${r.rank} / ${r.of}` : "—") },
        ]} />
      <div className="row" style={{ marginTop: 12, justifyContent: "flex-end" }}>
        {search.cursor && <Button onClick={() => set({})}>{t("first")}</Button>}
        {data?.next && <Button onClick={() => set({ cursor: data.next })}>{t("next")}</Button>}
      </div>
    </>
  );
}
