import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Alert, Button, Drawer, Table, Tabs } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { type JobView, type Order, order, stepAt } from "../../api/production";
import { session } from "../../api/queries";
import { Waiting } from "../../components/Status";
import { useLang } from "../../i18n/useLang";
import { fixed } from "../../lib/format";
import { dateTime, shortTime } from "../../lib/time";
import { EntryForm } from "./EntryForm";
import { History } from "./History";
import { MergeOrder, SplitOrder, WithReason } from "./OrderDialogs";
import { OrderEnergyTab } from "./OrderEnergy";
import { OrderForm } from "./OrderForm";
import { JobTag, OrderTag, useChange, useNames, useUnit } from "./parts";
import { useReason } from "./reasons";
import { Said } from "../../components/Said";

interface Props { id: string; may: boolean; show: (id: string) => void; close: () => void }

/** One order: what it says, its jobs with what machines counted, and what was done to it. */
export function OrderDrawer({ id, may, show, close }: Props) {
  const { t } = useTranslation("production");
  const unit = useUnit();
  const { product, place } = useNames();
  const { data: o, ...query } = useQuery(order(id));
  return (
    <Drawer open onClose={close} size={1080} title={o ? t("order.n", { number: o.number }) : t("orders.title")} extra={o && may && <Acts o={o} show={show} />}>
      {!o ? <Waiting query={query} /> : (
        <div className="stack">
          <dl className="kv panel" style={{ gridTemplateColumns: "repeat(auto-fit, minmax(170px, 1fr))" }}>
            <div><dt>{t("product")}</dt><dd>{product(o.product)} {o.revision ? <Link style={{ textDecoration: "underline" }} to="/production/definitions" search={{ product: o.product, revision: o.revision }}>{t("revision.n", { n: o.revision })}</Link> : <span className="dim">{t("revision.open")}</span>}</dd></div>
            <div><dt>{t("quantity")}</dt><dd>{fixed(o.quantity, 0)} {unit(o.units)}</dd></div>
            <div><dt>{t("state")}</dt><dd><OrderTag state={o.state} />{o.reason && <span className="dim">{o.reason}</span>}</dd></div>
            <div><dt>{t("due")}</dt><dd>{dateTime(o.due)}</dd></div>
            <div><dt>{t("place")}</dt><dd>{place(o.place)}</dd></div>
            <div><dt>{t("began.ended")}</dt><dd>{o.began ? shortTime(o.began) : "—"} – {o.ended ? shortTime(o.ended) : "—"}</dd></div>
            <div><dt>{t("priority")}</dt><dd>{o.priority}</dd></div>
            <div><dt>{t("customer")}</dt><dd>{o.customer ?? "—"} <span className="dim">{o.reference}</span></dd></div>
          </dl>
          {o.note && <p style={{ margin: 0 }}>{o.note}</p>}
          {o.doubts.length > 0 && <Alert type="warning" showIcon title={t("doubt.title", { n: o.doubts.length })}
            description={<ul style={{ margin: 0 }}>{o.doubts.map((d) => <li key={d.step}>#{d.step} {dateTime(d.at)} {d.by}：{d.what} — <Said text={d.why} /></li>)}</ul>} />}
          <Tabs items={[
            { key: "jobs", label: t("tab.jobs", { n: o.jobs.length }), children: <Jobs o={o} /> },
            ...(o.began ? [{ key: "energy", label: t("energyshare:order.energy"), children: <OrderEnergyTab id={o.id} /> }] : []),
            { key: "history", label: t("history"), children: <History o={o} may={may} /> },
            ...(o.parts.length > 0 || o.parent ? [{ key: "parts", label: t("tab.parts"), children: <Parts o={o} show={show} /> }] : []),
          ]} />
        </div>)}
    </Drawer>
  );
}

function Acts({ o, show }: { o: Order; show: (id: string) => void }) {
  const { t } = useTranslation("production");
  const [open, setOpen] = useState<"edit" | "split" | "merge" | "held" | "cancelled">();
  const close = () => setOpen(undefined);
  const move = useChange((what: "released" | "resumed" | "closed") => stepAt(`/orders/${o.id}/state`, o.rev, { what }));
  const over = ["cancelled", "closed", "completed", "aborted"].includes(o.state);
  const begun = o.began !== undefined;
  return (
    <span className="row">
      {o.state === "forecast" && <Button type="primary" loading={move.isPending} onClick={() => move.mutate("released")}>{t("do.release")}</Button>}
      {!over && o.state !== "held" && o.state !== "forecast" && <Button onClick={() => setOpen("held")}>{t("do.hold")}</Button>}
      {o.state === "held" && <Button type="primary" loading={move.isPending} onClick={() => move.mutate("resumed")}>{t("do.resume")}</Button>}
      {o.state === "completed" && <Button type="primary" loading={move.isPending} onClick={() => move.mutate("closed")}>{t("do.close")}</Button>}
      {!over && <Button onClick={() => setOpen("edit")}>{t("common:edit")}</Button>}
      {!over && o.quantity > 1 && <Button onClick={() => setOpen("split")}>{t("do.split")}</Button>}
      {!over && <Button onClick={() => setOpen("merge")}>{t("do.merge")}</Button>}
      {!over && !begun && <Button danger onClick={() => setOpen("cancelled")}>{t("do.cancel")}</Button>}
      {open === "edit" && <OrderForm of={o} close={close} saved={close} />}
      {open === "split" && <SplitOrder o={o} close={close} made={show} />}
      {open === "merge" && <MergeOrder o={o} close={close} />}
      {(open === "held" || open === "cancelled") && <WithReason o={o} what={open} close={close} />}
    </span>
  );
}

function Jobs({ o }: { o: Order }) {
  const { t } = useTranslation("production");
  const { name } = useLang();
  const { place } = useNames();
  const reason = useReason();
  const me = useQuery(session).data;
  const [entering, setEntering] = useState<JobView>();
  if (o.jobs.length === 0) return <p className="dim">{t("jobs.none")}</p>;
  return (
    <>
      <Table<JobView> size="small" rowKey="no" pagination={false} dataSource={o.jobs} scroll={{ x: 950 }}
        columns={[
          { title: t("seg.no"), dataIndex: "no", width: 70, align: "right" },
          { title: t("seg.name"), key: "name", width: 120, render: (_, j) => name(j.name) },
          { title: t("machine"), key: "machine", width: 150, render: (_, j) => (j.outside ? (j.segment.outside?.supplier ?? t("seg.outside")) : <>{place(j.equipment)}{j.locked && <span className="chip">{t("locked")}</span>}</>) },
          { title: t("state"), key: "state", width: 120, render: (_, j) => <><JobTag state={j.state} />{j.reason && <div className="dim">{reason(j.reason)}</div>}</> },
          { title: t("made.good"), key: "good", width: 180, render: (_, j) => <Made j={j} /> },
          { title: t("made.scrap"), key: "scrap", width: 70, align: "right", render: (_, j) => fixed(j.made.scrap, 0) },
          { title: t("made.rework"), key: "rework", width: 70, align: "right", render: (_, j) => fixed(j.made.rework, 0) },
          { title: t("when"), key: "when", width: 130, render: (_, j) => <>{j.began ? shortTime(j.began) : j.from ? <span className="dim">{shortTime(j.from)}</span> : "—"}<div>{j.ended ? `→ ${shortTime(j.ended)}` : j.to ? <span className="dim">→ {shortTime(j.to)}</span> : ""}</div></> },
          { title: t("operators"), key: "operators", width: 100, render: (_, j) => j.operators.join("、") || "—" },
          { key: "act", width: 80, title: <span className="vh">{t("enter")}</span>, render: (_, j) => (me?.permissions.includes("report") ? <Button size="small" onClick={() => setEntering(j)}>{t("enter")}</Button> : null) },
        ]} />
      <p className="dim" style={{ margin: "4px 0" }}>{t("made.hint")}</p>
      {entering && <EntryForm o={o} j={o.jobs.find((j) => j.no === entering.no) ?? entering} close={() => setEntering(undefined)} />}
    </>
  );
}

/** Good parts against what is to be made, with where the figure is from. */
function Made({ j }: { j: JobView }) {
  const { t } = useTranslation("production");
  const { good, counted, typed } = j.made;
  const share = Math.min(1, good / j.quantity);
  return (
    <div>
      <span className="num">{fixed(good, 0)} / {fixed(j.quantity, 0)}</span>
      <div role="img" aria-label={t("made.of", { good, quantity: j.quantity })} style={{ height: 4, background: "var(--idle)" }}><div style={{ height: 4, width: `${share * 100}%`, background: "var(--accent)" }} /></div>
      <span className="dim">{t("made.from", { counted: fixed(counted, 0), typed: fixed(typed, 0) })}{j.foreign ? ` · ${t("made.foreign", { n: j.foreign })}` : ""}</span>
    </div>
  );
}

function Parts({ o, show }: { o: Order; show: (id: string) => void }) {
  const { t } = useTranslation("production");
  return (
    <ul>
      {o.parent && <li>{t("part.parent")} <Button type="link" size="small" onClick={() => show(o.parent ?? "")}>{t("part.open")}</Button></li>}
      {o.parts.map((p) => <li key={`${p.id}/${p.quantity}`}>{t(p.quantity < 0 ? "part.out" : "part.in", { n: fixed(Math.abs(p.quantity), 0) })} <Button type="link" size="small" onClick={() => show(p.id)}>{t("part.open")}</Button></li>)}
    </ul>
  );
}
