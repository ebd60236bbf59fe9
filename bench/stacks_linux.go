package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Names of the stacks that are compared with each other.
const (
	nameOfSelf     = "zhigai"
	nameOfVictoria = "Mosquitto, Telegraf, VictoriaMetrics"
)

const notFsynced = "no: the broker answers from memory"

// Programs of the system.
const (
	mosquitto = "/usr/sbin/mosquitto"
	influxd   = "/usr/bin/influxd"
)

func (p Peers) stacks() []stack {
	telegraf, victoria, nodeRed := filepath.Join(p.Dir, "telegraf"), filepath.Join(p.Dir, "victoria-metrics"), filepath.Join(p.Dir, "node-red", "node_modules", "node-red", "red.js")
	initdb, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is good
	postgres := filepath.Dir(strings.Join(append([]string{""}, initdb[max(0, len(initdb)-1):]...), ""))
	return []stack{
		{nameOfSelf, "yes", nil, p.self},
		{nameOfVictoria, notFsynced, []string{mosquitto, telegraf, victoria}, func(ctx context.Context, dir string, _ traffic) (*running, error) {
			return piped(ctx, dir, telegraf, func(r *running) (string, error) { return startVictoria(ctx, r, dir, victoria) })
		}},
		{"Mosquitto, Telegraf, InfluxDB 1.6", notFsynced, []string{mosquitto, telegraf, influxd}, func(ctx context.Context, dir string, _ traffic) (*running, error) {
			return piped(ctx, dir, telegraf, func(r *running) (string, error) { return startInflux(ctx, r, dir) })
		}},
		{"Mosquitto, Telegraf, PostgreSQL", notFsynced, []string{mosquitto, telegraf, filepath.Join(postgres, "postgres")}, func(ctx context.Context, dir string, t traffic) (*running, error) {
			return piped(ctx, dir, telegraf, func(r *running) (string, error) { return startPostgres(ctx, r, dir, postgres, t) })
		}},
		{"Mosquitto, Node-RED, VictoriaMetrics", notFsynced, []string{mosquitto, nodeRed, victoria}, func(ctx context.Context, dir string, _ traffic) (*running, error) {
			r := &running{}
			if _, err := startVictoria(ctx, r, dir, victoria); err != nil {
				return r, err
			}
			if err := startMosquitto(ctx, r, dir); err != nil {
				return r, err
			}
			return r, startNodeRed(ctx, r, dir, nodeRed)
		}},
	}
}

// run starts a program and keeps it with the others.
func (r *running) run(ctx context.Context, dir string, c command, ready func() error) error {
	p, err := start(dir, c)
	if err != nil {
		return err
	}
	r.processes = append(r.processes, p)
	if ready == nil {
		return nil
	}
	return await(ctx, p, ready)
}

func (p Peers) self(_ context.Context, dir string, t traffic) (*running, error) {
	address, err := free()
	if err != nil {
		return nil, err
	}
	served := Served{Dir: filepath.Join(dir, "data"), MQTT: address, Shape: t.shape, Every: t.every}
	if p.Profiles != "" {
		served.Profile = filepath.Join(p.Profiles, "peers-zhigai"+profileEnding)
	}
	args, err := served.Arguments()
	if err != nil {
		return nil, err
	}
	one, err := start(dir, command{name: "zhigai", args: append(append([]string{}, p.Self...), args...), reads: true})
	if err != nil {
		return nil, err
	}
	r := &running{processes: []*process{one}, broker: address}
	_, err = one.line("ready")
	return r, err
}

// piped is Mosquitto and Telegraf before a store, which gives the output
// section of Telegraf's configuration.
func piped(ctx context.Context, dir, telegraf string, store func(*running) (string, error)) (*running, error) {
	r := &running{}
	output, err := store(r)
	if err != nil {
		return r, err
	}
	if err := startMosquitto(ctx, r, dir); err != nil {
		return r, err
	}
	file, err := write(dir, "telegraf.conf", fmt.Sprintf(`[agent]
interval = "1s"
flush_interval = "1s"
metric_batch_size = 1000
metric_buffer_limit = 100000
omit_hostname = true
[[inputs.mqtt_consumer]]
servers = ["tcp://%s"]
topics = ["bench/#"]
qos = 1
client_id = "telegraf"
max_undelivered_messages = 10000
data_format = "json"
json_time_key = "t"
json_time_format = "unix_ms"
%s`, r.broker, output))
	if err != nil {
		return r, err
	}
	if err := r.run(ctx, dir, command{name: "telegraf", args: []string{telegraf, "--config", file}}, nil); err != nil {
		return r, err
	}
	p := r.processes[len(r.processes)-1]
	return r, await(ctx, p, logged(p, "Connected ["))
}

// logged reports whether the program has written a text.
func logged(p *process, text string) func() error {
	return func() error {
		raw, err := os.ReadFile(p.log)
		if err == nil && !strings.Contains(string(raw), text) {
			err = fmt.Errorf("%q is not in its log", text)
		}
		return err
	}
}

func startMosquitto(ctx context.Context, r *running, dir string) error {
	address, err := free()
	if err != nil {
		return err
	}
	_, port, _ := strings.Cut(address, ":")
	file, err := write(dir, "mosquitto.conf", "listener "+port+" 127.0.0.1\nallow_anonymous true\npersistence false\nmax_queued_messages 100000\nmax_inflight_messages 1000\nuser root\n")
	if err != nil {
		return err
	}
	r.broker = address
	return r.run(ctx, dir, command{name: "mosquitto", args: []string{mosquitto, "-c", file}}, listening(address))
}

func startVictoria(ctx context.Context, r *running, dir, program string) (string, error) {
	address, err := free()
	if err != nil {
		return "", err
	}
	r.store = "http://" + address
	r.count = func(ctx context.Context) (int, error) {
		return r.sum(ctx, `sum(count_over_time({__name__=~"mqtt_consumer_v.*"}[1h]))`, time.Now())
	}
	err = r.run(ctx, dir, command{name: "victoria", args: []string{program, "-storageDataPath=" + filepath.Join(dir, "victoria"), "-httpListenAddr=" + address, "-search.latencyOffset=0s", "-retentionPeriod=1y"}}, listening(address))
	return fmt.Sprintf("[[outputs.influxdb]]\nurls = [%q]\ndatabase = \"bench\"\nskip_database_creation = true\n", r.store), err
}

// sum asks VictoriaMetrics for the one number of a query; 0 where it has
// nothing.
func (r *running) sum(ctx context.Context, query string, at time.Time) (int, error) {
	if _, err := ask(ctx, r.store+"/internal/force_flush"); err != nil {
		return 0, err
	}
	raw, err := ask(ctx, fmt.Sprintf("%s/api/v1/query?nocache=1&time=%.3f&query=%s", r.store, float64(at.UnixMilli())/1e3, url.QueryEscape(query)))
	if err != nil {
		return 0, err
	}
	var answer struct {
		Data struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil || len(answer.Data.Result) == 0 {
		return 0, err
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	return strconv.Atoi(text)
}

func startInflux(ctx context.Context, r *running, dir string) (string, error) {
	address, err := free()
	if err != nil {
		return "", err
	}
	other, err := free()
	if err != nil {
		return "", err
	}
	base := "http://" + address
	r.count = func(ctx context.Context) (int, error) {
		var answer struct {
			Results []struct {
				Series []struct {
					Values [][]float64 `json:"values"`
				} `json:"series"`
			} `json:"results"`
		}
		raw, err := ask(ctx, base+"/query?db=bench&epoch=ms&q="+url.QueryEscape("SELECT count(*) FROM mqtt_consumer"))
		if err == nil {
			err = json.Unmarshal(raw, &answer)
		}
		if err != nil || len(answer.Results) == 0 || len(answer.Results[0].Series) == 0 {
			return 0, err
		}
		n := 0
		for _, v := range answer.Results[0].Series[0].Values[0][1:] { // the first is the time
			n += int(v)
		}
		return n, nil
	}
	data := filepath.Join(dir, "influx")
	file, err := write(dir, "influx.conf", fmt.Sprintf("reporting-disabled = true\nbind-address = %q\n[meta]\ndir = \"%s/meta\"\n[data]\ndir = \"%s/data\"\nwal-dir = \"%s/wal\"\nquery-log-enabled = false\n[http]\nbind-address = %q\nlog-enabled = false\n[monitor]\nstore-enabled = false\n", other, data, data, data, address))
	if err != nil {
		return "", err
	}
	err = r.run(ctx, dir, command{name: "influxd", args: []string{influxd, "run", "-config", file}}, listening(address))
	return fmt.Sprintf("[[outputs.influxdb]]\nurls = [%q]\ndatabase = \"bench\"\n", base), err
}

// startPostgres runs a server of its own, as a user that is not root, whom it
// refuses to serve.
func startPostgres(ctx context.Context, r *running, dir, bin string, t traffic) (string, error) {
	as, err := unprivileged()
	if err != nil {
		return "", err
	}
	address, err := free()
	if err != nil {
		return "", err
	}
	_, port, _ := net.SplitHostPort(address)
	// A folder that the server's user can reach, whatever lies above ours.
	data, err := os.MkdirTemp("", "zhigai-bench-pg-*")
	if err != nil {
		return "", err
	}
	context.AfterFunc(ctx, func() { _ = os.RemoveAll(data) })
	if as != nil {
		if err := os.Chown(data, int(as.Uid), int(as.Gid)); err != nil {
			return "", err
		}
	}
	made, err := start(dir, command{name: "initdb", as: as, in: data, args: []string{filepath.Join(bin, "initdb"), "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8"}})
	if err != nil {
		return "", err
	}
	if err := made.cmd.Wait(); err != nil {
		return "", made.wrong(err)
	}
	r.count = func(ctx context.Context) (int, error) {
		p, err := start(dir, command{name: "psql", reads: true, args: []string{filepath.Join(bin, "psql"), "-h", "127.0.0.1", "-p", port, "-U", "postgres", "-Atc", "select 'rows ' || count(*) from mqtt_consumer"}})
		if err != nil {
			return 0, err
		}
		text, err := p.line("rows")
		if err := errors.Join(err, p.cmd.Wait()); err != nil {
			return 0, nil // the table is made with the first row
		}
		n, err := strconv.Atoi(text)
		return n * t.shape.Signals, err // a row has all points of a message
	}
	err = r.run(ctx, dir, command{name: "postgres", as: as, in: data, stop: syscall.SIGINT, args: []string{filepath.Join(bin, "postgres"), "-D", data, "-p", port, "-c", "unix_socket_directories=", "-c", "listen_addresses=127.0.0.1"}}, listening(address))
	return fmt.Sprintf("[[outputs.postgresql]]\nconnection = \"host=127.0.0.1 port=%s user=postgres dbname=postgres sslmode=disable\"\n", port), err
}

func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
	gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, errors.Join(err1, err2)
}

// flow takes messages, joins those of a tenth of a second and writes them to
// the store: what a person would build with the palette as it is delivered.
const flow = `[
{"id":"f1","type":"tab","label":"bench"},
{"id":"b1","type":"mqtt-broker","broker":"127.0.0.1","port":%q,"clientid":"node-red","usetls":false,"keepalive":"60","cleansession":true,"protocolVersion":"4","autoConnect":true},
{"id":"n1","type":"mqtt in","z":"f1","topic":"bench/#","qos":"1","datatype":"json","broker":"b1","wires":[["n2"]]},
{"id":"n2","type":"function","z":"f1","func":"const {t, ...v} = msg.payload;\nlet q = context.get('q') || [];\nq.push('mqtt_consumer,topic=' + msg.topic + ' ' + Object.entries(v).map(([k, x]) => k + '=' + x).join(',') + ' ' + t + '000000');\nconst now = Date.now(), last = context.get('last') || 0;\nif (now - last < 100) { context.set('q', q); return null; }\ncontext.set('q', []); context.set('last', now);\nreturn {payload: q.join('\\n'), method: 'POST', url: '%s'};","outputs":1,"initialize":"","wires":[["n3"]]},
{"id":"n3","type":"http request","z":"f1","method":"use","ret":"txt","wires":[["n4"]]},
{"id":"n4","type":"function","z":"f1","func":"return null;","outputs":1,"wires":[[]]}
]`

func startNodeRed(ctx context.Context, r *running, dir, program string) error {
	address, err := free()
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(address)
	_, brokerPort, _ := net.SplitHostPort(r.broker)
	file, err := write(dir, "flow.json", fmt.Sprintf(flow, brokerPort, r.store+"/write"))
	if err != nil {
		return err
	}
	if err := r.run(ctx, dir, command{name: "node-red", args: []string{"/usr/bin/env", "node", program, "--userDir", dir, "--port", port, file}, stop: syscall.SIGINT}, nil); err != nil {
		return err
	}
	p := r.processes[len(r.processes)-1]
	p.name = "node-red"
	return await(ctx, p, logged(p, "Connected to broker"))
}

// ask reads an answer over HTTP.
func ask(ctx context.Context, address string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, stopTime)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return nil, err
	}
	a, err := http.DefaultClient.Do(q)
	if err != nil {
		return nil, err
	}
	defer a.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(a.Body, 1<<20))
	if err == nil && a.StatusCode >= 300 {
		err = fmt.Errorf("%s: %s: %s", address, a.Status, raw)
	}
	return raw, err
}
