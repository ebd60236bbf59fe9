package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const twoMachines = `<MTConnectDevices xmlns="urn:mtconnect.org:MTConnectDevices:2.0"><Header instanceId="1"/><Devices>
<Device id="a" name="MILL" uuid="a"><DataItems><DataItem id="a1" name="Xload" category="SAMPLE" type="LOAD"/></DataItems></Device>
<Device id="b" name="LATHE" uuid="b"><DataItems><DataItem id="b1" name="exec" category="EVENT" type="EXECUTION"/><DataItem id="b2" name="Zload" category="SAMPLE" type="LOAD"/></DataItems></Device>
</Devices></MTConnectDevices>`

// A recording says by itself whose it is, and the summary stands under the name
// of its file.
func TestImportSHDR(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return file
	}
	model := write("Devices.xml", twoMachines)
	session := write("one.shdr", "2026-01-01T00:00:00Z|exec|READY|Zload|5\n2026-01-01T00:00:02Z|exec|ACTIVE\n2026-01-01T00:00:03Z|Zload|7\n")
	run := func(c shdrCmd) (string, error) {
		t.Helper()
		out, err := os.Create(filepath.Join(dir, "out"))
		if err != nil {
			t.Fatal(err)
		}
		stdout := os.Stdout
		os.Stdout = out
		failed := c.Run()
		os.Stdout = stdout
		if err := out.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(out.Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b), failed
	}
	said, err := run(shdrCmd{Files: []string{session}, Devices: model, JSON: true})
	var got map[string]struct {
		Observations int                `json:"observations"`
		Exec         []any              `json:"exec"`
		Seconds      map[string]float64 `json:"seconds_in_exec"`
	}
	if err != nil || json.Unmarshal([]byte(said), &got) != nil {
		t.Fatalf("%v: %s", err, said)
	}
	if one := got["one.shdr"]; one.Observations != 4 || len(one.Exec) != 2 || one.Seconds["READY"] != 2 || one.Seconds["ACTIVE"] != 1 {
		t.Errorf("%+v", got)
	}
	said, err = run(shdrCmd{Files: []string{session}, Devices: model})
	if err != nil || !strings.Contains(said, "4 observations of 2 items in 3 lines over 3.000 s") || !strings.Contains(strings.Join(strings.Fields(said), " "), "exec READY 2.000 s") {
		t.Errorf("%v: %s", err, said)
	}
	strange := write("strange.shdr", "2026-01-01T00:00:00Z|other|1\n")
	for says, c := range map[string]shdrCmd{
		"names no device":      {Files: []string{session}, Devices: model, Device: "PRESS"},
		"model of another":     {Files: []string{strange}, Devices: model},
		"no MTConnect":         {Files: []string{session}, Devices: session},
		"not one observation":  {Files: []string{model}, Devices: model, Device: "LATHE"},
		"two files are named":  {Files: []string{session, session}, Devices: model},
		"no such file":         {Files: []string{filepath.Join(dir, "none")}, Devices: model, Device: "LATHE"},
		"give the answer to /": {Files: []string{session}, Devices: write("e.xml", `<MTConnectError><Header/></MTConnectError>`)},
	} {
		if _, err := run(c); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v; want %q", err, says)
		}
	}
}
