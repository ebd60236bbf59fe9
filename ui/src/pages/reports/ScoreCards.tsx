import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Empty, Table } from "antd";
import { useTranslation } from "react-i18next";
import { policies } from "../../api/queries";
import { reportScores, type Score } from "../../api/reporting";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { figureText, fixed } from "../../lib/format";
import { marks, StateTag } from "./words";

/** The incentive counties on the card of the period. */
export function ScoreCards({ period }: { period: string }) {
  const { t } = useTranslation("reports");
  const { name, lang } = useLang();
  const reason = useReason();
  const navigate = useNavigate();
  const { data, error, isPending } = useQuery(reportScores(period));
  const indicators = useQuery(policies).data?.indicators ?? [];
  const title = (id: string) => name(indicators.find((i) => i.id === id)?.name) || id;
  const shown = (id: string, value: number) => { const i = indicators.find((o) => o.id === id); return figureText(value, i?.unit ?? "1", i?.digits ?? 4, lang); };
  if (error) return <Alert type="error" showIcon message={error.message} />;
  return (
    <div className="stack">
      {data?.listed === 0 && <Alert type="info" showIcon title={t("scores.unset", { n: data.counted })} />}
      {data && <p className="dim" style={{ margin: 0 }}>{name(data.card.name)} · {t("scores.listed", { n: data.listed, of: data.counted })} · {t("scores.source", { v: data.card.version, source: data.card.source })} {data.card.verified === "unverified" && <span className="chip">{t("unverified")}</span>}</p>}
      <Table<Score> size="small" rowKey="region" loading={isPending} dataSource={data?.rows ?? []} pagination={{ pageSize: 50, hideOnSinglePage: true }} scroll={{ x: 1200 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("noneFound")} /> }}
        columns={[
          { title: t("rank"), key: "rank", width: 60, align: "right", render: (_, s) => s.rank || "—" },
          { title: t("region"), key: "region", render: (_, s) => <button type="button" className="figbtn" onClick={() => void navigate({ to: "/reports", search: { id: `${period}.${s.region}` } })}>{s.name}</button> },
          { title: t("state"), key: "state", width: 90, render: (_, s) => <StateTag state={s.state} /> },
          { title: t("total"), key: "total", width: 80, align: "right", render: (_, s) => (s.revision ? <b className="num">{marks(s.total)}</b> : "—") },
          { title: t("possible"), key: "possible", width: 90, align: "right", render: (_, s) => (s.revision ? marks(s.possible) : "—") },
          ...(data?.card.items ?? []).map((item, i) => ({
            title: <>{title(item.indicator)}<div className="dim">{t("marks", { n: item.marks })} · {shown(item.indicator, item.full)}</div></>, key: item.indicator, width: 130, align: "right" as const,
            render: (_: unknown, s: Score) => {
              const m = s.items[i];
              if (!s.revision || !m) return "—";
              if (m.value === null || m.marks === null) return <span className="dim">{reason(m.reason)}</span>;
              return <span title={Object.entries(m.terms).map(([k, n]) => `${k} ${fixed(n, 0)}`).join("，")}><span className="num">{marks(m.marks)}</span><div className="dim num">{shown(item.indicator, m.value)}</div></span>;
            },
          })),
        ]} />
    </div>
  );
}
