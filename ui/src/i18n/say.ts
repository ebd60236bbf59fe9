// What the node says is wrong, in Chinese. The API speaks English, so that programs
// and logs read one text; the sentences of each part of the node lie beside this file
// as the formats of its code, and archtest holds that none is missing.
import type { Lang } from "../lib/format";

export type Say = (english: string) => string;

interface Sentence {
  /** The longest run of letters without a hole: most texts are told apart by it. */
  mark: string;
  letters: number;
  pattern: RegExp;
  text: string;
  /** The format begins with the kind of error, which is taken off a text first. */
  kind: boolean;
}

const verb = /%[-+# 0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:\[\d+\])?[a-zA-Z]|%%/g;
const hole: Record<string, string> = { d: "(-?\\d+)", q: '("(?:[^"\\\\]|\\\\.)*"|`[^`]*`)' };

const wrapped = "%w: ";

function sentence(whole: string, text: string): Sentence {
  const kind = whole.startsWith(wrapped), format = kind ? whole.slice(wrapped.length) : whole;
  let pattern = "", at = 0, mark = "", letters = 0, run = "";
  const take = (s: string) => { run += s; if (run.length > mark.length) mark = run; letters += s.length; pattern += s.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"); };
  for (const m of format.matchAll(verb)) {
    take(format.slice(at, m.index));
    at = m.index + m[0].length;
    if (m[0] === "%%") { take("%"); continue; }
    run = "";
    pattern += hole[m[0].at(-1) ?? ""] ?? "([\\s\\S]*?)";
  }
  take(format.slice(at));
  return { mark, letters, pattern: new RegExp(`^${pattern}$`), text, kind };
}

/** A place in a file that is named before what is wrong there. */
const place = /^(?:\S+:)?\d+:\d+: /;

/** What rooms put before a sentence to name themselves; it tells an asker nothing. */
const room = /^(?:[a-z\d][a-z\d /]*: (?:not valid|not possible|invalid|malformed): )+/;

/** So few letters tell a sentence apart only behind its kind. */
const few = 8;

/** A sentence within a sentence within ...: deeper ones stay as they are. */
const deepest = 6;

/** Says English sentences in Chinese; what is in none of the books stays as it is. */
export function speaker(...books: Record<string, string>[]): Say {
  const known = books.flatMap((b) => Object.entries(b).map(([format, text]) => sentence(format, text))).sort((a, b) => b.letters - a.letters);
  const kinds = books.flatMap((b) => Object.keys(b)).filter((k) => !k.includes("%")).sort((a, b) => b.length - a.length);
  const say = (english: string, depth: number): string => {
    const text = english.replace(room, "");
    if (depth > deepest || !/[A-Za-z]{2}/.test(text)) return text;
    if (text.includes("\n")) return text.split("\n").map((line) => say(line, depth + 1)).join("\n");
    const where = place.exec(text)?.[0];
    if (where) return where + say(text.slice(where.length), depth + 1);
    const kind = kinds.find((k) => text.startsWith(`${k}: `)), rest = kind ? text.slice(kind.length + 2) : text;
    for (const s of known) {
      const m = (s.kind ? rest : text).includes(s.mark) && s.pattern.exec(s.kind ? rest : text);
      if (!m || (s.kind && !kind && s.letters < few)) continue;
      const holes = s.kind ? [m[0], kind ?? "", ...m.slice(1)] : m;
      const form = s.kind && !kind ? s.text.replace(/^\{1\}：/, "") : s.text;
      return form.replaceAll(/\{(\d+)\}/g, (as, n: string) => { const in_ = holes[Number(n)]; return in_ === undefined ? as : say(in_, depth + 1); });
    }
    const colon = kind?.length ?? text.indexOf(": ");
    if (colon < 0) return text;
    const what = text.slice(colon + 2), said = say(what, depth + 1);
    return kind || said !== what ? `${say(text.slice(0, colon), depth + 1)}：${said}` : text;
  };
  return (english) => say(english, 0);
}

const files = import.meta.glob<Record<string, string>>("./sentences/*.json", { import: "default" });
let spoken: Promise<Say> | undefined;

export const asWritten: Say = (english) => english;

/** How sentences are said in a language; they are fetched when the first is needed. */
export function sayIn(lang: Lang): Promise<Say> {
  if (lang !== "zh") return Promise.resolve(asWritten);
  spoken ??= Promise.all(Object.values(files).map((load) => load())).then((books) => speaker(...books)).catch(() => {
    spoken = undefined; // the network is away: English is better than nothing
    return asWritten;
  });
  return spoken;
}
