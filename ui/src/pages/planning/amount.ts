import { type Lang, span } from "../../lib/format";

/** A sum of time; none of it is a plain nought. */
export const amount = (ms: number, lang: Lang): string => (ms === 0 ? "0" : span(ms, lang));
