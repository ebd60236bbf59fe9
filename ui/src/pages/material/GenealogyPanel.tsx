import { useQuery } from "@tanstack/react-query";
import { Alert, Segmented, Table, Tree } from "antd";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { type Found, type Genealogy, genealogy, partsOf } from "../../api/material";
import { Waiting } from "../../components/Status";
import { dateTime } from "../../lib/time";
import { type Branch, familyOf } from "./family";
import { useMaterialSearch } from "./parts";

/** What a lot was made of, and what was made of it, as a tree and as a list of where each is now. */
export function GenealogyPanel({ id }: { id: string }) {
  const { t } = useTranslation("material");
  const [down, setDown] = useState(true);
  const query = useQuery(genealogy(id, down ? "down" : "up"));
  return (
    <section className="panel stack">
      <div className="row">
        <h2 style={{ margin: 0 }}>{t("genealogy")}</h2>
        <Segmented aria-label={t("genealogy")} value={down ? "down" : "up"} onChange={(v) => setDown(v === "down")} options={[{ value: "down", label: t("genealogy.down") }, { value: "up", label: t("genealogy.up") }]} />
        {query.data && <span className="dim">{t("genealogy.count", { lots: new Set(query.data.lots.map((f) => f.lot.id)).size - 1, links: query.data.links.length })}</span>}
      </div>
      {query.data ? <Walk key={`${id} ${down}`} g={query.data} /> : <Waiting query={query} />}
    </section>
  );
}

function Walk({ g }: { g: Genealogy }) {
  const { t } = useTranslation("material");
  const [, set] = useMaterialSearch();
  const [open, setOpen] = useState<string[]>([]);
  const tree = useMemo(() => familyOf(g, open), [g, open]);
  const lotButton = (id: string) => <button type="button" className="figbtn" onClick={() => set({ lot: id })}>{partsOf(id).join(" · ")}</button>;
  if (g.links.length === 0) return <span className="dim">{t(g.down ? "genealogy.none.down" : "genealogy.none.up")}</span>;
  return (
    <>
      {g.more && <Alert type="info" showIcon title={t("genealogy.more")} />}
      <Tree<Branch> blockNode showLine selectable={false} treeData={tree} expandedKeys={open} loadData={() => Promise.resolve()} onExpand={(keys) => setOpen(keys.map(String))} height={280}
        titleRender={(b) => <>{lotButton(b.lot)} {b.byJob && <span className="chip" title={t("link.job.more")}>{t("link.job")}</span>}</>} />
      <Table<Found> size="small" rowKey={(f) => `${f.lot.id} ${f.where} ${f.location ?? ""} ${f.party ?? ""} ${f.quantity}`} dataSource={g.lots} pagination={{ pageSize: 20, hideOnSinglePage: true, showSizeChanger: false }} scroll={{ x: 700 }}
        columns={[
          { title: t("lot"), key: "lot", render: (_, f) => <>{lotButton(f.lot.id)} {f.lot.blocked && <span className="chip" title={f.lot.reason}>{t("blocked")}</span>}</> },
          { title: t("where"), key: "where", render: (_, f) => [t(`where.${f.where}`), f.location, f.party].filter(Boolean).join(" · ") },
          { title: t("quantity"), key: "quantity", align: "right", render: (_, f) => <span className="num">{f.quantity}</span> },
          { title: t("order"), key: "order", render: (_, f) => (f.lot.order ? `${f.lot.order}-${f.lot.job ?? ""}` : "—") },
          { title: t("since"), key: "since", render: (_, f) => (f.lot.since ? dateTime(f.lot.since) : "—") },
        ]} />
    </>
  );
}
