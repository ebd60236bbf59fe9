// A mail server, made of the npm package smtp-server: the foreign party that takes
// alarms as e-mail.
//
// node server.mjs
//
// The first line of standard input is JSON: {"key", "cert", "user", "password"}, PEM
// and the one account; without a user anybody may send, and nothing is encrypted.
// It says {"event": "ready", "port"}, then for each letter {"event": "mail", "from",
// "to", "tls", "user", "raw"}.
import readline from "node:readline";
import { SMTPServer } from "smtp-server";

const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

readline.createInterface({ input: process.stdin }).once("line", (line) => {
  const { key, cert, user, password } = JSON.parse(line);
  const server = new SMTPServer({
    ...(user ? { key, cert } : { disabledCommands: ["STARTTLS", "AUTH"] }),
    authOptional: !user,
    onAuth: (auth, _, done) => (auth.username === user && auth.password === password ? done(null, { user }) : done(new Error("Invalid username or password"))),
    onRcptTo: (to, _, done) => (to.address.startsWith("nobody@") ? done(Object.assign(new Error("No such user here"), { responseCode: 550 })) : done()),
    onData: (stream, session, done) => {
      let raw = "";
      stream.setEncoding("utf8");
      stream.on("data", (chunk) => { raw += chunk; });
      stream.on("end", () => {
        say("mail", { from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map((t) => t.address), tls: session.secure, user: session.user ?? "", raw });
        done(null, "2.0.0 taken");
      });
    },
  });
  server.on("error", () => {}); // a client that went away
  server.listen(0, "127.0.0.1", () => say("ready", { port: server.server.address().port }));
});
process.stdin.on("end", () => process.exit(0));
