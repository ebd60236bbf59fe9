import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Alert, Button, Form, Input, Select } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { EvidenceRequest, EvidenceState } from "../../api/types";
import { evidenceSource, evidenceState, myRequests } from "../../api/walk";
import { dateTime } from "../../lib/time";
import type { DayWalk } from "../../routes";
import { Samples } from "./Samples";
import { utcDays } from "./walk";

interface Props { machine: string; day: string; search: DayWalk }

/** The last step down: asked from the firm's node, decided and noted there. */
export function EvidencePanel({ machine, day, search }: Props) {
  const { t } = useTranslation("cockpit");
  const navigate = useNavigate();
  const source = useQuery(evidenceSource(machine));
  const mine = useQuery(myRequests(machine));
  const days = utcDays(day);
  const fitting = (mine.data ?? []).filter((r) => r.from <= days.from && days.to <= r.to);
  // What the address names, or else the newest of one's own that is over this day.
  const request = search.request ?? fitting[0]?.id;
  const office = search.office ?? fitting.find((r) => r.id === request)?.office;
  const go = (more: DayWalk) => void navigate({ to: ".", search: (s: DayWalk) => ({ ...s, ...more }), replace: true });
  return (
    <section className="panel stack" aria-label={t("samples")}>
      <h2>{t("samples")}</h2>
      <p className="dim" style={{ margin: 0 }}>{t("samples.hint")}</p>
      {source.error && <Alert type="error" showIcon title={source.error.message} />}
      {source.data && <Reach of={source.data} />}
      {request !== undefined && office !== undefined && <Standing machine={machine} day={day} request={request} office={office} search={search} go={go} />}
      {source.data && source.data.state !== "offline" && (
        <details open={request === undefined}>
          <summary>{t(request === undefined ? "ask" : "ask.again")}</summary>
          <Ask machine={machine} day={day} source={source.data} asked={(s, by) => go({ request: s.request, office: by, tag: undefined, hour: undefined })} />
        </details>
      )}
      <Past of={mine.data ?? []} go={(r) => go({ request: r.id, office: r.office, tag: undefined, hour: undefined })} />
    </section>
  );
}

/** Whether the firm's node can be asked, and what it sealed last. */
function Reach({ of }: { of: EvidenceState }) {
  const { t } = useTranslation("cockpit");
  const sealed = of.last_sealed ? t("last.sealed", { day: of.last_sealed }) : t("last.none");
  if (of.state === "offline") return <Alert type="warning" showIcon title={t("offline", { node: of.at ?? "", since: of.since ? dateTime(of.since) : t("offline.never") })} description={sealed} />;
  if (of.state === "refused") return <Alert type="warning" showIcon title={t("policy.refuses", { reason: of.reason ?? "" })} description={sealed} />;
  return <p style={{ margin: 0 }}>{t("reachable")} <span className="dim">{sealed}</span></p>;
}

interface StandingProps { machine: string; day: string; request: string; office: string; search: DayWalk; go: (more: DayWalk) => void }

function Standing({ machine, day, request, office, search, go }: StandingProps) {
  const { t } = useTranslation("cockpit");
  const { data, error } = useQuery(evidenceState(machine, request));
  if (error) return <Alert type="error" showIcon title={error.message} />;
  if (!data) return null;
  const until = data.until ? dateTime(data.until) : "";
  return (
    <div className="stack" data-testid="standing" data-state={data.state}>
      {data.state === "waiting" && <Alert type="info" showIcon title={t("state.waiting")} description={t("request.n", { id: request })} />}
      {data.state === "offline" && <Alert type="warning" showIcon title={t("offline", { node: data.at ?? "", since: data.since ? dateTime(data.since) : t("offline.never") })} />}
      {(data.state === "refused" || data.state === "withdrawn" || data.state === "ended") && <Alert type="warning" showIcon title={t(`state.${data.state}`)} description={data.reason} />}
      {data.state === "granted" && <p role="status" style={{ margin: 0 }}>{t("state.granted", { until })} <span className="dim">{t("request.n", { id: request })}</span></p>}
      {data.state === "granted" && <Samples machine={machine} day={day} request={request} office={office} tags={(data.tags ?? []).map((x) => x.name)} tag={search.tag} hour={search.hour} go={go} />}
    </div>
  );
}

const officeKey = "zhigai.office";

function Ask({ machine, day, source, asked }: { machine: string; day: string; source: EvidenceState; asked: (s: EvidenceState, office: string) => void }) {
  const { t } = useTranslation("cockpit");
  const client = useQueryClient();
  const [failed, setFailed] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const tags = source.tags ?? [];
  const usual = tags.find((x) => x.name === "count.good") ?? tags[0];
  const send = async (v: { office: string; purpose: string; tags: string[] }) => {
    setBusy(true);
    setFailed(undefined);
    try {
      localStorage.setItem(officeKey, v.office);
      const s = await api.post<EvidenceState>("/evidence-requests", { equipment: machine, ...v, ...utcDays(day) });
      await client.invalidateQueries({ queryKey: ["my-requests", machine] });
      if (s.state === "offline") await client.invalidateQueries({ queryKey: ["evidence-source", machine] });
      else asked(s, v.office);
    } catch (err) {
      setFailed(err as Error);
    }
    setBusy(false);
  };
  return (
    <Form layout="vertical" style={{ maxWidth: 560, marginTop: 8 }} onFinish={(v) => void send(v)} initialValues={{ office: localStorage.getItem(officeKey) ?? "", tags: usual ? [usual.name] : [] }}>
      <Form.Item name="office" label={t("office")} rules={[{ required: true, whitespace: true }]}><Input maxLength={60} /></Form.Item>
      <Form.Item name="purpose" label={t("purpose")} extra={t("purpose.hint")} rules={[{ required: true, whitespace: true }]}><Input.TextArea maxLength={300} autoSize={{ minRows: 1, maxRows: 4 }} /></Form.Item>
      <Form.Item name="tags" label={t("tags")} rules={[{ required: true, type: "array", min: 1, max: 20 }]}><Select mode="multiple" showSearch={{ optionFilterProp: "label" }} options={tags.map((x) => ({ value: x.name, label: x.unit ? `${x.name} (${x.unit})` : x.name }))} maxCount={20} /></Form.Item>
      <p className="dim">{t("ask.days", utcDays(day))}</p>
      {failed && <Alert type="error" showIcon title={failed.message} style={{ marginBottom: 12 }} />}
      <Button type="primary" htmlType="submit" loading={busy}>{t("ask.send")}</Button>
    </Form>
  );
}

function Past({ of, go }: { of: EvidenceRequest[]; go: (r: EvidenceRequest) => void }) {
  const { t } = useTranslation("cockpit");
  if (of.length === 0) return null;
  return (
    <details>
      <summary>{t("past", { n: of.length })}</summary>
      <table className="plain">
        <thead><tr><th>{t("made")}</th><th>{t("purpose")}</th><th>{t("tags")}</th><th>{t("period")}</th><th>{t("standing.of")}</th></tr></thead>
        <tbody>{of.slice(0, 50).map((r) => (
          <tr key={r.id}><td><Button type="link" style={{ padding: 0 }} onClick={() => go(r)}>{dateTime(r.made)}</Button></td><td>{r.purpose}</td><td>{r.tags.join("、")}</td><td>{r.from} – {r.to}</td><td>{t(`short.${r.state}`)}{r.reason ? `：${r.reason}` : ""}</td></tr>
        ))}</tbody>
      </table>
    </details>
  );
}
