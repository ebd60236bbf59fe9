import { Alert, Button, Table, Tag } from "antd";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { profile } from "../../api/queries";
import type { ProfileDetail as Detail, ProfilePoint } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { measured, unitText } from "../../lib/format";
import { VerifiedBadge } from "./VerifiedBadge";

function range(min?: number, max?: number): string {
  if (min === undefined && max === undefined) return "";
  return `${min === undefined ? "" : measured(min)} … ${max === undefined ? "" : measured(max)}`;
}

function Section({ title, count, children }: { title: string; count: number; children: ReactNode }) {
  if (count === 0) return null;
  return <section><h2 style={{ fontSize: 15 }}>{title}</h2>{children}</section>;
}

/** A kind of machine in its own words: what is read where, what its states and alarms are, and where that was read. */
export function ProfileDetail({ id, onClose }: { id: string; onClose: () => void }) {
  const { t } = useTranslation("devices");
  const { data, error } = useQuery(profile(id));
  if (error) return <Alert type="error" showIcon message={error.message} action={<Button onClick={onClose}>{t("p.back")}</Button>} />;
  if (!data) return <div role="status">{t("common:loading")}</div>;
  return (
    <div className="stack">
      <div className="row noprint">
        <Button onClick={onClose}>{t("p.back")}</Button>
        <Button onClick={() => download(`${data.id}.yaml`, data.yaml, "text/yaml")}>{t("p.export")}</Button>
        <Button onClick={() => window.print()}>{t("p.print")}</Button>
      </div>
      <Head p={data} />
      <Section title={t("p.params")} count={data.params.length}><Params p={data} /></Section>
      <Section title={`${t("p.signals")} (${data.points.length})`} count={data.points.length}><Points rows={data.points} /></Section>
      <Rules p={data} />
      <details className="noprint"><summary>{t("p.file")}</summary><pre className="mono" tabIndex={0} style={{ whiteSpace: "pre-wrap" }}>{data.yaml}</pre></details>
    </div>
  );
}

function Head({ p }: { p: Detail }) {
  const { t } = useTranslation("devices");
  const { name } = useLang();
  return (
    <>
      <h2 style={{ margin: 0 }}>{name(p.title)} <span className="dim mono">{p.id} v{p.version}</span></h2>
      <div className="row"><VerifiedBadge verified={p.verified} /><Tag>{p.class}</Tag><Tag>{p.protocol}</Tag><span>{p.vendor} · {p.models.join(" · ")}</span></div>
      <div><b>{t("p.source")}</b> <span style={{ overflowWrap: "anywhere" }}>{p.source}</span>{p.bases.length > 0 && <> · {t("p.bases", { bases: p.bases.join(" → ") })}</>}</div>
      {p.requirements && <Alert type="info" showIcon message={t("p.requirements")} description={name(p.requirements)} />}
      {p.caveats.map((c) => <Alert key={c.zh} type="warning" showIcon message={name(c)} />)}
    </>
  );
}

function Params({ p }: { p: Detail }) {
  const { t } = useTranslation("devices");
  const { name } = useLang();
  return (
    <table className="plain">
      <thead><tr><th>{t("p.param")}</th><th>{t("p.default")}</th><th>{t("p.range")}</th></tr></thead>
      <tbody>
        {p.params.map((one) => (
          <tr key={one.name}>
            <td>{name(one.title)} <span className="dim mono">{one.name}</span>{one.required && <Tag>{t("p.required")}</Tag>}{one.secret && <Tag>{t("p.secret")}</Tag>}</td>
            <td className="mono">{one.default}</td>
            <td>{one.choices ? one.choices.map((c) => `${c.code} ${name(c.name)}`).join("; ") : range(one.min, one.max)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Points({ rows }: { rows: ProfilePoint[] }) {
  const { t } = useTranslation("devices");
  const { lang, name } = useLang();
  return (
    <Table<ProfilePoint> size="small" rowKey="name" dataSource={rows} pagination={false} scroll={{ x: 760 }}
      columns={[
        { title: t("v.name"), key: "name", render: (_, s) => <>{name(s.title)} <span className="dim mono">{s.name}</span></> },
        { title: t("v.address"), dataIndex: "address", render: (v: string) => <span className="mono">{v}</span> },
        { title: t("p.scale"), key: "scale", align: "right", render: (_, s) => (s.kind !== "number" ? t(`kind.${s.kind as "text"}`) : [s.scale === 1 ? "" : `×${s.scale}`, s.offset === 0 ? "" : `+${s.offset}`].join(" ").trim()) },
        { title: t("p.unit"), key: "unit", render: (_, s) => (s.device_unit ? `${unitText(s.device_unit, lang)} → ${unitText(s.unit, lang)}` : unitText(s.unit, lang)) },
        { title: t("p.range"), key: "range", render: (_, s) => (s.codes ? s.codes.map((c) => `${c.code} ${name(c.name)}`).join("; ") : range(s.min, s.max)) },
        { title: t("p.write"), key: "write", render: (_, s) => s.write && <Tag color="warning">{range(s.write.min, s.write.max) || t("p.writable")}</Tag> },
      ]} />
  );
}

function Rules({ p }: { p: Detail }) {
  const { t } = useTranslation("devices");
  const { name } = useLang();
  return (
    <>
      <Section title={t("p.derived")} count={p.derived.length}>
        <ul>{p.derived.map((d) => <li key={d.name}>{name(d.title) || d.name} = <code>{d.expr}</code></li>)}</ul>
      </Section>
      <Section title={t("p.states")} count={p.states.length}>
        <ol>{p.states.map((s) => <li key={s.when}><code>{s.when}</code> → {s.item} / {s.mode}</li>)}</ol>
      </Section>
      <Section title={t("p.counters")} count={p.counters.length}>
        <ul>{p.counters.map((c) => <li key={c.counts}>{t(`counts.${c.counts as "good"}`)}: <span className="mono">{c.signal}</span></li>)}</ul>
      </Section>
      <Section title={t("p.alarms")} count={p.alarms.length}>
        <ul>{p.alarms.map((a) => <li key={a.id}>{t("p.priority", { n: a.priority })} · {name(a.text)} — <code>{a.when}</code></li>)}</ul>
      </Section>
      <Section title={t("p.identify")} count={p.identify.length}>
        <ul>{p.identify.map((r) => <li key={r.address + r.match}><span className="mono">{r.address}</span> ~ <code>{r.match}</code></li>)}</ul>
      </Section>
    </>
  );
}
