import { useQuery } from "@tanstack/react-query";
import { Alert, Button, Empty, Input, Select, Table } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { nodes } from "../../api/queries";
import type { EvidenceRequest } from "../../api/types";
import { receivedRequests } from "../../api/walk";
import { useLang } from "../../i18n/useLang";
import { download } from "../../lib/download";
import { csv, fixed } from "../../lib/format";
import { dateTime } from "../../lib/time";
import { Decide, type Verb } from "./Decide";

const states = ["waiting", "granted", "refused", "withdrawn"] as const;

/** Requests to this node: what waits first, then all with what was seen. */
export function Received({ decides }: { decides: boolean }) {
  const { t } = useTranslation("requests");
  const { name } = useLang();
  const { data, error, isPending } = useQuery(receivedRequests);
  const machines = new Map((useQuery(nodes).data ?? []).map((n) => [n.id, name(n.name)]));
  const [deciding, setDeciding] = useState<{ of: EvidenceRequest; verb: Verb }>();
  const [q, setQ] = useState("");
  const [state, setState] = useState<string>();
  const all = data ?? [];
  const open = all.filter((r) => r.state === "waiting");
  const rows = all.filter((r) => (!state || r.state === state) && (!q || `${r.person} ${r.office} ${r.purpose}`.includes(q)));
  const machine = (r: EvidenceRequest) => machines.get(r.equipment) ?? r.equipment;
  const sheet = () => download("requests.csv", csv([
    [t("made"), t("who"), t("purpose"), t("what"), t("period"), t("state"), t("reason"), t("seen")],
    ...rows.map((r) => [r.made, `${r.person} ${r.office} ${r.node}`, r.purpose, `${machine(r)} ${r.tags.join(" ")}`, `${r.from} – ${r.to}`, r.state, r.reason, r.samples]),
  ]), "text/csv");
  const decide = (of: EvidenceRequest, verb: Verb) => <Button key={verb} size="small" onClick={() => setDeciding({ of, verb })}>{t(verb)}</Button>;
  return (
    <div className="stack">
      <p className="dim" style={{ margin: 0 }}>{t("hint")}</p>
      {error && <Alert type="error" showIcon title={error.message} />}
      <section className="panel" aria-label={t("open", { n: open.length })}>
        <h2>{t("open", { n: open.length })}</h2>
        {open.length === 0 && <p className="dim" style={{ margin: 0 }}>{t("open.none")}</p>}
        {open.map((r) => (
          <div key={r.id} className="row" style={{ borderTop: "1px solid var(--line)", padding: "8px 0" }}>
            <span style={{ flex: "1 1 420px" }}><strong>{r.person}</strong>（{r.office}）：{r.purpose}<br /><span className="dim">{machine(r)} · {r.tags.join("、")} · {r.from} – {r.to}</span></span>
            {decides && <>{decide(r, "grant")}{decide(r, "refuse")}</>}
          </div>
        ))}
      </section>
      <div className="row">
        <h2 style={{ fontSize: 16, margin: 0 }}>{t("all")}</h2><span style={{ flex: 1 }} />
        <Input.Search allowClear aria-label={t("filter")} placeholder={t("filter")} style={{ width: 240 }} onSearch={setQ} />
        <Select aria-label={t("state")} allowClear placeholder={t("state.all")} style={{ width: 130 }} onChange={(v?: string) => setState(v)} options={states.map((s) => ({ value: s, label: t(`state.${s}`) }))} />
        <Button onClick={sheet} disabled={rows.length === 0}>{t("export")}</Button>
      </div>
      <Table<EvidenceRequest> size="small" rowKey="id" loading={isPending} dataSource={rows} pagination={{ pageSize: 20, hideOnSinglePage: true }} scroll={{ x: 980 }}
        locale={{ emptyText: <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t("none")} /> }}
        expandable={{ expandedRowRender: (r) => <Steps of={r} />, rowExpandable: (r) => r.steps.length > 0 }}
        columns={[
          { title: t("made"), key: "made", width: 170, sorter: (a, b) => a.made.localeCompare(b.made), render: (_, r) => dateTime(r.made) },
          { title: t("who"), key: "who", render: (_, r) => <>{r.person}（{r.office}）{r.via.length > 0 && <div className="dim">{t("via", { via: r.via.join(" → ") })}</div>}</> },
          { title: t("purpose"), dataIndex: "purpose" },
          { title: t("what"), key: "what", render: (_, r) => <>{machine(r)}<div className="dim">{r.tags.join("、")} · {r.from} – {r.to}</div></> },
          { title: t("state"), key: "state", width: 150, render: (_, r) => <><span className="chip">{t(`state.${r.state}`)}</span>{r.until && r.state === "granted" && <div className="dim">{t("until", { at: dateTime(r.until) })}</div>}{r.reason && <div className="dim">{r.reason}</div>}</> },
          { title: t("seen"), key: "seen", sorter: (a, b) => a.samples - b.samples, render: (_, r) => <>{t("seen.n", { answers: fixed(r.answers, 0), samples: fixed(r.samples, 0) })}{r.denied > 0 && <div className="dim">{t("denied", { n: fixed(r.denied, 0) })}</div>}{r.last && <div className="dim">{t("last", { at: dateTime(r.last) })}</div>}</> },
          ...(decides ? [{ title: "", key: "do", width: 130, render: (_: unknown, r: EvidenceRequest) => <div className="row">{r.state === "waiting" && [decide(r, "grant"), decide(r, "refuse")]}{r.state === "granted" && decide(r, "withdraw")}</div> }] : []),
        ]} />
      {deciding && <Decide of={deciding.of} verb={deciding.verb} machine={machine(deciding.of)} close={() => setDeciding(undefined)} />}
    </div>
  );
}

function Steps({ of }: { of: EvidenceRequest }) {
  const { t } = useTranslation("requests");
  return (
    <ol aria-label={t("history")} style={{ margin: 0 }}>
      {of.steps.map((s) => (
        <li key={s.at}>{t("decided", { at: dateTime(s.at), by: s.by === "sharing policy" ? t("policy.by") : s.by, state: t(`state.${s.state as "granted"}`) })} {s.reason} {s.until && t("until", { at: dateTime(s.until) })}</li>
      ))}
    </ol>
  );
}
