import { useEffect, useState } from "react";
import { asWritten, type Say, sayIn } from "./say";
import { useLang } from "./useLang";

/** Says reasons that stand in answers of the node. */
export function useSay(): Say {
  const { lang } = useLang();
  const [say, set] = useState<Say>(() => asWritten);
  useEffect(() => {
    let here = true;
    void sayIn(lang).then((s) => { if (here) set(() => s); });
    return () => { here = false; };
  }, [lang]);
  return say;
}
