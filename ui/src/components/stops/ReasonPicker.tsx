import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { stopReasons } from "../../api/queries";
import type { Stop, StopReason } from "../../api/types";
import { useLang } from "../../i18n/useLang";
import { dateTime } from "../../lib/time";
import { Problem, Waiting } from "../Status";

export function useAssign() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ stop, reason, note }: { stop: Stop; reason: string; note: string }) =>
      api.post("/stops", { equipment: stop.equipment, from: stop.from, ...(stop.open ? {} : { to: stop.to }), reason, ...(note ? { note } : {}) }),
    onSuccess: () => Promise.all(["stops", "losses", "intervals", "figures"].map((k) => client.invalidateQueries({ queryKey: [k] }))),
  });
}

export interface ReasonGroup { head: StopReason; reasons: StopReason[] }

/** Headings with their reasons; one without children stands for itself. */
export function groupsOf(all: StopReason[]): ReasonGroup[] {
  return all.filter((r) => !r.parent && r.id !== "unassigned").map((head) => {
    const below = all.filter((r) => r.parent === head.id);
    return { head, reasons: head.group ? below : [head, ...below] };
  });
}

/** The second touch: all reasons at once, one press says it. */
export function ReasonPicker({ stop, close }: { stop: Stop; close: () => void }) {
  const { t } = useTranslation("stops");
  const { name } = useLang();
  const { message } = App.useApp();
  const query = useQuery(stopReasons);
  const assign = useAssign();
  const [note, setNote] = useState("");
  const say = (r: StopReason) => assign.mutate({ stop, reason: r.id, note }, {
    onSuccess: () => {
      void message.success(t("said", { reason: name(r.name) }));
      close();
    },
  });
  return (
    <Modal open onCancel={close} footer={null} width={860} title={`${name(stop.name)} · ${dateTime(stop.from)} – ${stop.open ? t("open") : dateTime(stop.to)}`}>
      {!query.data ? <Waiting query={query} /> : (
        <div className="stack">
          {assign.error && <Problem error={assign.error} />}
          <Input value={note} onChange={(e) => setNote(e.target.value)} maxLength={500} placeholder={t("note")} aria-label={t("note")} />
          <div className="reasons">
            {groupsOf(query.data).map((g) => (
              <section key={g.head.id} aria-label={name(g.head.name)}>
                <h3>{name(g.head.name)}</h3>
                {g.reasons.map((r) => (
                  <button key={r.id} type="button" className="reason" disabled={assign.isPending} aria-pressed={stop.reason?.id === r.id} onClick={() => say(r)}>{name(r.name)}</button>))}
              </section>))}
          </div>
        </div>)}
    </Modal>
  );
}
