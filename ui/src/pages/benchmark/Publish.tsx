import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Popconfirm } from "antd";
import { useTranslation } from "react-i18next";
import { api } from "../../api/client";
import type { BenchmarkAnswer, Measure } from "../../api/evaluation";
import { useLang } from "../../i18n/useLang";

const least = 5; // the rule's k, as the question words it

/** Makes the year's next issue of a measure. */
export function Publish({ measure, year }: { measure: Measure; year: number }) {
  const { t } = useTranslation("benchmark");
  const { name } = useLang();
  const { message } = App.useApp();
  const client = useQueryClient();
  const send = useMutation({
    mutationFn: () => api.post<BenchmarkAnswer["issue"]>("/benchmark-issues", { measure: measure.id, year }),
    onSuccess: (i) => {
      message.success(t("published", { n: i.number }));
      void client.invalidateQueries({ queryKey: ["benchmarks"] });
    },
    onError: (err) => { message.error(err.message); },
  });
  return (
    <Popconfirm title={t("publish.hint", { measure: name(measure.name), year, least })} okText={t("publish")} cancelText={t("common:cancel")} onConfirm={() => send.mutate()} styles={{ root: { maxWidth: 420 } }}>
      <Button loading={send.isPending}>{t("publish")}</Button>
    </Popconfirm>
  );
}
