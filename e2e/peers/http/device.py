# A machine with its values in JSON over HTTP, on Python's own http.server.
# usage: device.py PORT          serves GET and POST on /status and /records
#        device.py post URL TOKEN EVERY   posts the status again and again
import base64, http.server, json, sys, threading, time, urllib.request

STATUS = {
    "machine": {"name": "磨床 3", "running": True, "power_kw": 7.25},
    "sensors": [{"name": "spindle", "temperature": 41.5}, {"name": "bed", "temperature": "23.75"}],
    "program": "O1234", "empty": None, "big": 9007199254740993,
}
RECORDS = [
    {"at": "2025-01-02T08:00:02+08:00", "serial": "B", "diameter": 19.998},
    {"at": "2025-01-02T08:00:01+08:00", "serial": "A", "diameter": 20.001},
    {"serial": "no time", "diameter": 1},
]


def say(**event):
    print(json.dumps(event), flush=True)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, code, body, **headers):
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        auth = self.headers.get("Authorization", "")
        basic = "Basic " + base64.b64encode(b"reader:secret").decode()
        if self.path == "/basic" and auth != basic or self.path == "/bearer" and auth != "Bearer 0123456789abcdef":
            return self.answer(401, b"who are you")
        if self.path == "/records":
            return self.answer(200, json.dumps({"items": RECORDS}).encode())
        if self.path == "/redirect":
            return self.answer(302, b"", Location="/status")
        if self.path == "/elsewhere":
            return self.answer(302, b"", Location="http://localhost:1/status")
        return self.answer(200, json.dumps(STATUS, ensure_ascii=False).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer(200, json.dumps({"asked": json.loads(body), "header": self.headers.get("X-Line")}).encode())


def post(url, token, every):
    # Each document is posted until it is taken.
    say(event="ready")
    while True:
        r = urllib.request.Request(url, json.dumps(STATUS).encode(), {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(r, timeout=30) as answer:
                say(event="posted", status=answer.status)
        except Exception as e:
            say(event="failed", error=str(e))
        time.sleep(every)


if sys.argv[1] == "post":
    post(sys.argv[2], sys.argv[3], float(sys.argv[4]))
else:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
    say(event="ready")
    server.serve_forever()
