package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"zhigai/connect/peer"
)

const wasmModules = "../../shop/component/sandbox/testdata/"

// ovenTable is 180 rows of a temperature that rises, some of them lost.
func ovenTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	fmt.Fprintln(&b, "temp,note")
	for k := range 180 {
		if k >= 80 && k < 100 || k >= 120 {
			fmt.Fprintln(&b, ",lost")
			continue
		}
		fmt.Fprintf(&b, "%d,\n", 800+k)
	}
	file := filepath.Join(t.TempDir(), "oven.csv")
	must(t, os.WriteFile(file, []byte(b.String()), 0o600))
	return file
}

func TestComponent_Golden(t *testing.T) {
	file := ovenTable(t)
	var said strings.Builder
	say := func(words ...string) {
		t.Helper()
		text, _, err := command(t, append([]string{"component"}, words...)...)
		if err != nil {
			text += "zhigai: " + err.Error() + "\n"
		}
		shown := strings.NewReplacer(filepath.Dir(file)+string(filepath.Separator), "", wasmModules, "")
		said.WriteString(shown.Replace(fmt.Sprintf("$ zhigai component %s\n%s\n", strings.Join(words, " "), text)))
	}
	say("check", wasmModules+"mean.wasm")
	for _, name := range []string{"import", "global", "table", "large", "begin", "mean.wat"} {
		say("check", wasmModules+strings.TrimSuffix(name, ".wat")+map[bool]string{true: ".wat", false: ".wasm"}[strings.HasSuffix(name, ".wat")])
	}
	say("run", wasmModules+"mean.wasm", file, "--x", "temp", "--out", "mean,most", "--window", "60", "--every", "20")
	for _, name := range []string{"loop", "grow", "divide", "nan"} {
		say("run", wasmModules+name+".wasm", file, "--x", "temp", "--out", "mean", "--memory", "64")
	}
	say("run", wasmModules+"mean.wasm", file, "--x", "nothing", "--out", "mean")
	golden(t, "testdata/component.golden", said.String())
}

// In JSON the same; a table and a module come from standard input as from a file.
func TestComponent_JSON(t *testing.T) {
	file := ovenTable(t)
	run := []string{"component", "run", wasmModules + "mean.wasm", file, "--x", "temp", "--out", "mean,most", "--json"}
	said, _, err := command(t, run...)
	must(t, err)
	var rows []saidOfRows
	must(t, json.Unmarshal([]byte(said), &rows))
	if len(rows) != 3 || *rows[0].Outputs[0] != 829.5 || rows[1].Quality[0] != "uncertain" || !strings.HasPrefix(rows[2].Why, "declined: ") {
		t.Errorf("%s", said)
	}
	run[3] = "-"
	piped, err := commandReading(t, file, run...)
	must(t, err)
	if piped != said {
		t.Errorf("from standard input: %s", piped)
	}
	checked, err := commandReading(t, wasmModules+"mean.wasm", "component", "check", "-", "--json")
	must(t, err)
	var m checkedModule
	must(t, json.Unmarshal([]byte(checked), &m))
	if len(m.SHA256) != 64 || m.Bytes != 337 || m.Memory != 64<<10 || m.Signed != nil {
		t.Errorf("%s", checked)
	}
}

// What is signed here openssl verifies, and what openssl signs is believed here.
func TestComponent_Signatures(t *testing.T) {
	openssl := peer.Program(t, "openssl", "apt-get install openssl")
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	module := wasmModules + "mean.wasm"
	public, _, err := command(t, "component", "key", at("own.key"))
	must(t, err)
	must(t, os.WriteFile(at("own.pub"), []byte(public), 0o600))
	if _, _, err := command(t, "component", "key", at("own.key")); err == nil {
		t.Error("a key was written over")
	}
	signature, _, err := command(t, "component", "sign", module, "--key", at("own.key"))
	must(t, err)
	said, _, err := command(t, "component", "check", module, "--key", at("own.pub"), "--signature", strings.TrimSpace(signature))
	if err != nil || !strings.Contains(said, "that of this key") {
		t.Errorf("own signature: %s %v", said, err)
	}
	if _, _, err := command(t, "component", "check", wasmModules+"loop.wasm", "--key", at("own.pub"), "--signature", strings.TrimSpace(signature)); err == nil {
		t.Error("the signature of another module holds")
	}
	shell := func(line string) {
		t.Helper()
		if out, err := exec.CommandContext(t.Context(), "sh", "-c", line).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	must(t, os.WriteFile(at("own.b64"), []byte(signature), 0o600))
	shell(fmt.Sprintf("%[1]s base64 -d -A -in %[2]s/own.b64 -out %[2]s/own.sig && %[1]s pkeyutl -verify -pubin -inkey %[2]s/own.pub -rawin -in %[3]s -sigfile %[2]s/own.sig", openssl, dir, module))
	shell(fmt.Sprintf("%[1]s genpkey -algorithm ed25519 -out %[2]s/their.key && %[1]s pkey -in %[2]s/their.key -pubout -out %[2]s/their.pub && %[1]s pkeyutl -sign -inkey %[2]s/their.key -rawin -in %[3]s -out %[2]s/their.sig && %[1]s base64 -A -in %[2]s/their.sig -out %[2]s/their.b64", openssl, dir, module))
	theirs, err := os.ReadFile(at("their.b64"))
	must(t, err)
	if said, _, err := command(t, "component", "check", module, "--key", at("their.pub"), "--signature", strings.TrimSpace(string(theirs))); err != nil || !strings.Contains(said, "that of this key") {
		t.Errorf("openssl's signature: %s %v", said, err)
	}
}
