import { useQuery } from "@tanstack/react-query";
import { Alert, Drawer, Empty, Spin, Table } from "antd";
import { useTranslation } from "react-i18next";
import { indicator, policies, regions } from "../../api/queries";
import type { Indicator, TargetPart, TargetRow } from "../../api/types";
import { useReason } from "../../components/Figures";
import { useLang } from "../../i18n/useLang";
import { fixed, percent } from "../../lib/format";
import { ResultValue } from "./values";

interface Props { of: TargetRow; region?: string; year: number; close: () => void }

/** What a target is, as the text says it, and what its figures are made of. */
export function TargetDrawer({ of: { target: g }, region, year, close }: Props) {
  const { t } = useTranslation("targets");
  const { name } = useLang();
  return (
    <Drawer open onClose={close} size={720} title={`${g.id} ${name(g.name)}`}>
      <dl className="kv">
        <dt>{t("clause")}</dt><dd>{g.clause} {g.verified !== "read" && <span className="chip">{t("unverified")}</span>}</dd>
        <dt>{t("written")}</dt><dd>{g.operator_as_written}{g.by ? ` · ${t("due", { year: g.by })}` : ""}{g.every ? ` · ${t("every")}` : ""}{g.aim ? ` · ${t("strive")}` : ""}</dd>
        <dt>{t("scope")}</dt><dd>{name(g.scope)}</dd>
        <dt>{t("units")}</dt><dd>{g.units.join("、") || t("units.none")}</dd>
        {g.note && <><dt>{t("note")}</dt><dd>{name(g.note)}</dd></>}
      </dl>
      {g.indicators.length === 0 && <p>{t("judged.hint")}</p>}
      {g.indicators.map((id) => <IndicatorPart key={id} id={id} region={region} year={year} />)}
    </Drawer>
  );
}

function IndicatorPart({ id, region, year }: { id: string; region?: string; year: number }) {
  const { t } = useTranslation("targets");
  const { name } = useLang();
  const reason = useReason();
  const { data, error, isPending } = useQuery(indicator(id, region, year));
  const definition = useQuery(policies).data?.indicators.find((i) => i.id === id);
  if (error) return <Alert type="error" showIcon message={error.message} />;
  if (isPending) return <Spin />;
  return (
    <section className="stack" style={{ marginTop: 16 }}>
      <h3>{name(data.definition.name)} <ResultValue of={data} reason={reason} /></h3>
      {definition && <Meaning of={definition} />}
      <p className="dim" style={{ margin: 0 }}>
        {t("known", { known: fixed(data.known.known, 0), due: fixed(data.known.due, 0) })}{data.coverage === null ? "" : ` (${percent(data.coverage)})`}；
        {(["machine", "audited", "declared"] as const).map((b) => `${t(`basis.${b}`)} ${fixed(data.known.basis?.[b] ?? 0, 0)}`).join("，")}；{t("grade", { grade: data.confidence })}
      </p>
      <Parts parts={data.parts} terms={Object.keys(data.terms)} />
      <p className="dim mono" style={{ margin: 0, overflowWrap: "anywhere" }} title={t("root.hint")}>{t("root")} {data.root}</p>
    </section>
  );
}

function Meaning({ of }: { of: Indicator }) {
  const { t } = useTranslation("targets");
  const { name } = useLang();
  return (
    <dl className="kv">
      <dt>{t("meaning")}</dt><dd>{name(of.description)}</dd>
      <dt>{t("formula")}</dt><dd className="mono">{of.formula}</dd>
      <dt>{t("source")}</dt><dd>{name({ zh: of.source_zh, en: of.source })} {of.verified !== "read" && <span className="chip">{t("unverified")}</span>}</dd>
      <dt>{t("version")}</dt><dd>{of.version}</dd>
    </dl>
  );
}

function Parts({ parts, terms }: { parts: TargetPart[]; terms: string[] }) {
  const { t } = useTranslation("targets");
  const { data } = useQuery(regions);
  const names = new Map((data ?? []).map((r) => [r.code, r.name]));
  return (
    <Table<TargetPart> size="small" rowKey="region" dataSource={parts} pagination={{ pageSize: 12, hideOnSinglePage: true }} scroll={{ x: 480 }} locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("parts.none")} /> }}
      columns={[
        { title: t("county"), key: "region", render: (_, p) => <>{names.get(p.region) ?? ""} <span className="dim mono">{p.region}</span></> },
        ...terms.map((term) => ({ title: term, key: term, align: "right" as const, render: (_: unknown, p: TargetPart) => <span className="num">{fixed(p.terms[term] ?? 0, 0)}</span> })),
        { title: t("firms"), key: "known", align: "right" as const, render: (_, p) => <span className="num">{fixed(p.known.known, 0)} / {fixed(p.known.due, 0)}</span> },
      ]} />
  );
}
