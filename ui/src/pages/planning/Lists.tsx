import { useQuery } from "@tanstack/react-query";
import { Alert, Table } from "antd";
import { useTranslation } from "react-i18next";
import { type ChainLink, type Cover, type Late, lateOrders, type Plan, type Unplanned, type Violation } from "../../api/planning";
import { Nothing, Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { span } from "../../lib/format";
import { shortTime } from "../../lib/time";
import { useNames } from "../production/parts";

/** Orders that are late, each with what it waited for, back to the beginning. */
export function LateList({ p }: { p: Plan }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const { product } = useNames();
  const query = useQuery(lateOrders(p.id));
  if (!query.data) return <Waiting query={query} />;
  if (query.data.length === 0) return <Nothing text={t("late.none")} />;
  return (
    <Table<Late> size="small" rowKey="id" dataSource={query.data} pagination={{ pageSize: 10, hideOnSinglePage: true }} scroll={{ x: 800 }}
      expandable={{ expandedRowRender: (o) => <Chain of={o.chain} /> }}
      columns={[
        { title: t("order"), key: "number", render: (_, o) => <>{o.number}{o.assumed && <span className="chip">{t("assumed")}</span>}</> },
        { title: t("product"), key: "product", render: (_, o) => product(o.product) },
        { title: t("due"), key: "due", render: (_, o) => shortTime(o.due) },
        { title: t("end.at"), key: "end", render: (_, o) => (o.end ? shortTime(o.end) : "—") },
        { title: t("late"), key: "late", align: "right", sorter: (a, b) => (a.late_ms ?? 0) - (b.late_ms ?? 0), render: (_, o) => <b style={{ color: "var(--alarm)" }}>{span(o.late_ms ?? 0, lang)}</b> },
        { title: t("late.because"), key: "because", render: (_, o) => <Because of={o.chain} /> },
      ]} />
  );
}

/** Which material, and which arrival brings it. */
export const awaited = (c: Cover) => [c.item, c.arrival?.reference, c.arrival?.party, c.at && shortTime(c.at)].filter(Boolean).join(" · ");

/** The part of the chain that cost most, in a few words. */
function Because({ of }: { of: ChainLink[] }) {
  const { t } = useTranslation("planning");
  const { lang } = useLang();
  const { place } = useNames();
  const worst = [...of].sort((a, b) => b.wait_ms - a.wait_ms)[0];
  if (!worst) return null;
  return <>{t(`because.${worst.because}`)}{worst.limit ? ` ${worst.limit}` : ""}{worst.material ? ` ${awaited(worst.material)}` : worst.equipment ? ` · ${place(worst.equipment)}` : ""}{worst.wait_ms > 0 ? ` · ${span(worst.wait_ms, lang)}` : ""}</>;
}

function Chain({ of }: { of: ChainLink[] }) {
  const { t } = useTranslation("planning");
  const { lang, name } = useLang();
  const { place } = useNames();
  return (
    <ol style={{ margin: 0, paddingLeft: 20 }}>
      {of.map((l) => (
        <li key={`${l.order}/${l.job}`}>
          {l.number}-{l.job} {name(l.name)} · {l.equipment ? place(l.equipment) : t("outside")} · {shortTime(l.start)} – {shortTime(l.end)}
          <span className="dim"> ← {t(`because.${l.because}`)}{l.limit ? ` ${l.limit}` : ""}{l.material ? ` ${awaited(l.material)}` : ""}{l.wait_ms > 0 ? ` ${span(l.wait_ms, lang)}` : ""}{l.setup_ms ? ` · ${t("fig.setup")} ${span(l.setup_ms, lang)}` : ""}{l.closed_ms ? ` · ${t("legend.closed")} ${span(l.closed_ms, lang)}` : ""}</span>
        </li>))}
    </ol>
  );
}

/** What the plan leaves out, with how to mend it; and where it is on the safe side. */
export function Left({ p }: { p: Plan }) {
  const { t } = useTranslation("planning");
  const { product } = useNames();
  return (
    <div className="stack">
      <Table<Unplanned> size="small" rowKey={(u) => `${u.order}/${u.job ?? 0}/${u.why}`} dataSource={p.unplanned} pagination={{ pageSize: 10, hideOnSinglePage: true }} locale={{ emptyText: <Nothing text={t("left.none")} /> }}
        columns={[
          { title: t("order"), key: "order", width: 180, render: (_, u) => `${u.number}${u.job ? ` · ${u.job}` : ""}` },
          { title: t("left.why"), key: "why", width: 200, render: (_, u) => t(`why.${u.why}`) },
          { title: t("left.text"), dataIndex: "text" },
        ]} />
      {p.notes.length > 0 && <Alert type="info" showIcon title={t("notes.title")} description={<ul style={{ margin: 0 }}>{p.notes.slice(0, 12).map((n) => <li key={`${n.product}/${n.job ?? 0}/${n.what}`}>{product(n.product)}{n.job ? ` · ${n.job}` : ""}：{t(`notes.${n.what}`)}</li>)}</ul>} />}
    </div>
  );
}

/** What the independent check found: such a plan is not issued. */
export function Problems({ p }: { p: Plan }) {
  const { t } = useTranslation("planning");
  const number = (order: string | undefined) => p.orders.find((o) => o.id === order)?.number ?? "";
  return (
    <Table<Violation> size="small" rowKey={(v) => `${v.kind}/${v.order ?? ""}/${v.job ?? 0}/${v.text}`} dataSource={p.violations} pagination={{ pageSize: 10, hideOnSinglePage: true }} locale={{ emptyText: <Nothing text={t("problems.none")} /> }}
      columns={[
        { title: t("problems.what"), key: "kind", width: 200, render: (_, v) => t(`violation.${v.kind}`) },
        { title: t("order"), key: "order", width: 200, render: (_, v) => `${number(v.order)}${v.job ? ` · ${v.job}` : ""}${v.other ? ` ↔ ${number(v.other.order)} · ${v.other.job}` : ""}` },
        { title: t("left.text"), dataIndex: "text" },
      ]} />
  );
}
