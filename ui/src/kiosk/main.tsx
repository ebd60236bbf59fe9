// The kiosk's entry: no component library, so that an old panel PC paints at
// once. Addresses: /kiosk/andon/SCOPE, /kiosk/stop/EQUIPMENT and /kiosk/machine/EQUIPMENT.

import { board } from "./board";
import { el, show } from "./dom";
import "./kiosk.css";
import { machine } from "./machine";
import { ask, Refused, Unauthorized } from "./node";
import { stop } from "./stop";
import { lang, words } from "./words";

const w = words[lang()];

function signIn(): void {
  const name = el("input", { name: "name", autocomplete: "username", required: true });
  const password = el("input", { name: "password", type: "password", autocomplete: "current-password", required: true });
  const said = el("p", {});
  said.setAttribute("role", "alert");
  const form = el("form", {}, el("h1", {}, w.board), el("label", {}, w.name, name), el("label", {}, w.password, password), el("button", { className: "plain" }, w.signin), said);
  form.addEventListener("submit", (e) => {
    e.preventDefault();
    ask("/session", { name: name.value, password: password.value }).then(start, (err: unknown) => { said.textContent = err instanceof Error && err.message ? err.message : w.failed; });
  });
  show(el("main", {}, form));
}

async function start(): Promise<void> {
  try {
    const me = await ask<{ name: string }>("/session");
    const [, , page, ...rest] = location.pathname.split("/");
    if (page === "stop" && rest[0]) await stop(rest[0]);
    else if (page === "machine" && rest[0]) await machine(rest[0], me.name, signIn);
    else board(decodeURIComponent(rest.join("/")).replace(/\/$/, ""));
  } catch (err) {
    if (err instanceof Unauthorized) signIn();
    else if (err instanceof Refused) show(el("p", { className: "note" }, err.message));
    else {
      show(el("p", { className: "note" }, w.silent));
      setTimeout(() => void start(), 5_000);
    }
  }
}

document.documentElement.lang = lang() === "zh" ? "zh-CN" : "en";
void start();
