import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App } from "antd";
import { changeDiagnosis, type Diagnosis } from "../../api/diagnosis";
import { ApiError } from "../../api/client";

export interface Change { method: "post" | "put"; part: string; body: unknown }

/** Makes one change and shows what it made; after a conflict what others made. */
export function useChange(d: Diagnosis, done?: () => void) {
  const client = useQueryClient();
  const { message } = App.useApp();
  return useMutation({
    mutationFn: (c: Change) => changeDiagnosis(c.method, d, c.part, c.body),
    onSuccess: (made) => {
      client.setQueryData(["diagnosis", d.id], made);
      void client.invalidateQueries({ queryKey: ["diagnoses"] });
      done?.();
    },
    onError: (err) => {
      message.error(err.message);
      if (err instanceof ApiError && err.status === 409) void client.invalidateQueries({ queryKey: ["diagnosis", d.id] });
    },
  });
}
