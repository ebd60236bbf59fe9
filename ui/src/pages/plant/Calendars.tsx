import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Input, Modal } from "antd";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { calendars } from "../../api/queries";
import type { Calendar } from "../../api/types";
import { useLang } from "../../i18n/useLang";

export function Calendars() {
  const { t } = useTranslation("plant");
  const { name } = useLang();
  const { data } = useQuery(calendars);
  const [edited, setEdited] = useState<Calendar>();
  const days = t("weekday");
  return (
    <div className="stack">
      {(data ?? []).map((c) => (
        <section key={c.code} className="panel">
          <div className="row"><h2 style={{ margin: 0 }}>{name(c.name)} <span className="dim mono">{c.code}</span></h2><Button size="small" onClick={() => setEdited(c)}>{t("common:edit")}</Button></div>
          <p className="dim">{t("cal.zone")}: {c.zone}</p>
          <table className="plain">
            <thead><tr><th>{t("cal.shift")}</th><th>{t("cal.time")}</th><th>{t("cal.days")}</th><th>{t("cal.breaks")}</th></tr></thead>
            <tbody>
              {c.shifts.map((s) => (
                <tr key={s.code}>
                  <td>{name(s.name)}</td><td>{s.start}–{s.end}</td><td>{s.weekdays.map((d) => days[d - 1]).join(" ")}</td>
                  <td>{(s.breaks ?? []).map((b) => `${b.start}–${b.end}`).join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
          <p>{t("cal.holidays")}: {(c.holidays ?? []).map((d) => `${d.date} ${name(d.name)}`).join(", ") || t("common:none")}</p>
        </section>
      ))}
      {edited && <Editor calendar={edited} close={() => setEdited(undefined)} />}
    </div>
  );
}

/** Shifts nest too deep for a form that stays readable; the node checks every
 * line and says what is wrong. */
function Editor({ calendar, close }: { calendar: Calendar; close: () => void }) {
  const { t } = useTranslation("plant");
  const { message } = App.useApp();
  const client = useQueryClient();
  const [text, setText] = useState(() => JSON.stringify(calendar, null, 2));
  const save = useMutation({
    mutationFn: () => {
      let body: Calendar;
      try {
        body = JSON.parse(text) as Calendar;
      } catch (err) {
        throw new Error(t("cal.bad", { error: String(err) }));
      }
      return api.put(`/calendars/${calendar.code}`, body);
    },
    onSuccess: () => { message.success(t("common:saved")); close(); return client.invalidateQueries({ queryKey: ["calendars"] }); },
    onError: (err) => message.error(err.message),
  });
  return (
    <Modal open width={760} title={t("cal.edit")} onCancel={close} onOk={() => save.mutate()} okText={t("common:save")} confirmLoading={save.isPending}>
      <label className="dim" htmlFor="calendar-text">{t("cal.yaml")}</label>
      <Input.TextArea id="calendar-text" className="mono" value={text} onChange={(e) => setText(e.target.value)} autoSize={{ minRows: 12, maxRows: 24 }} />
    </Modal>
  );
}
