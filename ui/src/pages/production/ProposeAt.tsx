import { Button } from "antd";
import { useState } from "react";
import type { PlantNode } from "../../api/types";
import { useProblem } from "../../components/Status";
import { PlacePicker } from "./parts";

/** Something that a place does not have yet, drafted from the plant model. */
export function ProposeAt<T>({ label, action, fits, ask, propose }: { label: string; action: string; fits: (n: PlantNode) => boolean; ask: (place: string) => Promise<T>; propose: (draft: T) => void }) {
  const problem = useProblem();
  const [place, setPlace] = useState<string>();
  const [failed, setFailed] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const draft = async () => {
    if (!place) return;
    setBusy(true);
    setFailed(undefined);
    try {
      propose(await ask(place));
    } catch (err) {
      setFailed(err);
    }
    setBusy(false);
  };
  return (
    <span className="row">
      <span style={{ width: 200, display: "inline-block" }}><PlacePicker by="id" label={label} fits={fits} value={place} onChange={setPlace} /></span>
      <Button disabled={!place} loading={busy} onClick={() => void draft()}>{action}</Button>
      {failed !== undefined && <span role="alert">{problem(failed)}</span>}
    </span>
  );
}
