import { type FromPage, Hub, type Source, type ToPage } from "./hub";

const hub = new Hub({
  open: (url) => new EventSource(url) as Source,
  now: () => Date.now(),
  every: (f, ms) => setInterval(f, ms),
});

const scope = self as unknown as { onconnect: ((e: MessageEvent) => void) | null };
scope.onconnect = (e) => {
  const port = e.ports[0];
  if (!port) return;
  const page = (m: ToPage) => port.postMessage(m);
  port.onmessage = (m: MessageEvent<FromPage>) => hub.hear(page, m.data);
  hub.join(page);
};
