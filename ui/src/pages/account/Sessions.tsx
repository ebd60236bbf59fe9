import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm, Table, Tag, Tooltip } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import { sessions, userSessions } from "../../api/queries";
import type { OpenSession, User } from "../../api/types";
import { Problem, useProblem } from "../../components/Status";
import { device } from "../../lib/device";
import { dateTime } from "../../lib/time";

function useEnding() {
  const { message } = App.useApp();
  const { t } = useTranslation("account");
  const problem = useProblem();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (path: string) => api.del(path),
    onSuccess: () => { message.success(t("ended")); return client.invalidateQueries({ queryKey: ["sessions"] }); },
    onError: (err) => { message.error(problem(err)); },
  });
}

/** Where one is signed in, and the end of it. */
export function Sessions() {
  const { t } = useTranslation("account");
  const list = useQuery(sessions);
  const end = useEnding();
  const others = list.data?.filter((s) => !s.current).length ?? 0;
  return (
    <div className="stack">
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <SessionTable rows={list.data} loading={list.isPending} end={(s) => end.mutate(`/sessions/${s.id}`)} />
      <div><Popconfirm title={t("end.others.sure")} onConfirm={() => end.mutate("/sessions")} disabled={others === 0}><Button danger disabled={others === 0}>{t("end.others", { n: others })}</Button></Popconfirm></div>
    </div>
  );
}

/** Those of another, for who administers. */
export function UserSessions({ user }: { user: User }) {
  const { t } = useTranslation("account");
  const list = useQuery(userSessions(user.id));
  const end = useEnding();
  const none = (list.data?.length ?? 0) === 0;
  return (
    <div className="stack">
      {list.isError && <Problem error={list.error} retry={() => void list.refetch()} />}
      <SessionTable rows={list.data} loading={list.isPending} />
      <div className="row">
        <Popconfirm title={t("end.all.sure", { name: user.name })} onConfirm={() => end.mutate(`/users/${user.id}/sessions`)} disabled={none}><Button danger disabled={none}>{t("end.all")}</Button></Popconfirm>
        <Popconfirm title={t("reset.sure", { name: user.name })} onConfirm={() => end.mutate(`/users/${user.id}/second-factor`)}><Button danger>{t("reset")}</Button></Popconfirm>
      </div>
    </div>
  );
}

function SessionTable({ rows, loading, end }: { rows: OpenSession[] | undefined; loading: boolean; end?: (s: OpenSession) => void }) {
  const { t } = useTranslation("account");
  return (
    <Table<OpenSession> size="small" rowKey="id" loading={loading} dataSource={rows ?? []} pagination={false} scroll={{ x: 700 }} locale={{ emptyText: t("none") }}
      columns={[
        { title: t("device"), key: "device", render: (_, s) => <Tooltip title={s.device}><span>{device(s.device) || t("unknown")}</span> {s.current && <Tag color="processing">{t("current")}</Tag>}</Tooltip> },
        { title: t("address"), key: "address", render: (_, s) => <span className="mono">{s.address || t("unknown")}</span> },
        { title: t("by"), key: "by", render: (_, s) => t(`by.${s.by}` as "by.password", s.by) },
        { title: t("opened"), key: "opened", render: (_, s) => dateTime(s.opened) },
        { title: t("seen"), key: "seen", render: (_, s) => dateTime(s.seen) },
        { title: t("expires"), key: "expires", render: (_, s) => dateTime(s.expires) },
        ...(end ? [{ title: t("do"), key: "end", render: (_: unknown, s: OpenSession) => !s.current && <Button size="small" aria-label={t("end.one", { device: device(s.device) })} onClick={() => end(s)}>{t("end")}</Button> }] : []),
      ]} />
  );
}
