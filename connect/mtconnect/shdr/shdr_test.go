package shdr_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhigai/connect/mtconnect/shdr"
)

var noon = time.Date(2022, 8, 8, 13, 51, 34, 716714600, time.UTC)

// Lines as adapters send them; where a form comes from stands beside it.
func TestParse(t *testing.T) {
	f := func(text string, want shdr.Line) {
		t.Helper()
		if got, err := shdr.Parse(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q = %+v, %v; want %+v", text, got, err, want)
		}
	}
	at := shdr.Stamp{Time: noon}
	// an Okuma lathe's adapter: 7 decimals, empty values
	f("2022-08-08T13:51:34.7167146Z|avail|AVAILABLE|p1block|", shdr.Line{Stamp: at, Tokens: []string{"avail", "AVAILABLE", "p1block", ""}})
	f("2022-08-08T13:51:34.7167146Z|system|NORMAL||||\r\n", shdr.Line{Stamp: at, Tokens: []string{"system", "NORMAL", "", "", "", ""}})
	// no Z, still UTC; another zone as written
	f("2022-08-08T13:51:34.7167146|a|b", shdr.Line{Stamp: at, Tokens: []string{"a", "b"}})
	f("2022-08-08T21:51:34.7167146+08:00|a|b", shdr.Line{Stamp: at, Tokens: []string{"a", "b"}})
	// a duration behind the time; a relative time; none at all
	f("2022-08-08T13:51:34.7167146Z@2.5|a|b", shdr.Line{Stamp: shdr.Stamp{Time: noon, Duration: 2.5}, Tokens: []string{"a", "b"}})
	f("1250.5|a|b", shdr.Line{Stamp: shdr.Stamp{Relative: true, Since: 1250.5}, Tokens: []string{"a", "b"}})
	f("0@1|a|b", shdr.Line{Stamp: shdr.Stamp{Relative: true, Duration: 1}, Tokens: []string{"a", "b"}})
	f("|a|b", shdr.Line{Tokens: []string{"a", "b"}})
	// quotes keep bars, quotes and blanks; without an end they are letters
	f(`|a|"x|y \"z\" \\"|b| c `, shdr.Line{Tokens: []string{"a", `x|y "z" \`, "b", "c"}})
	f(`|a|"x|b`, shdr.Line{Tokens: []string{"a", `"x`, "b"}})
	f(`|a|"x" y|b`, shdr.Line{Tokens: []string{"a", `"x" y`, "b"}})
	// commands
	f("* PING", shdr.Line{Command: "PING"})
	f("* PONG 10000", shdr.Line{Command: "PONG", Value: "10000"})
	f("*adapterVersion:UNAVAILABLE", shdr.Line{Command: "adapterVersion", Value: "UNAVAILABLE"})
	f("* shdrVersion: 2.0", shdr.Line{Command: "shdrVersion", Value: "2.0"})
}

func TestParse_Wrong(t *testing.T) {
	for _, text := range []string{
		"", "a", "2022-08-08T13:51:34Z", "*", "* :x", "yesterday|a|b", "2022-13-08T13:51:34Z|a|b", "NaN|a|b", "1@x|a|b", "1@-1|a|b", "1@NaN|a|b",
		"99999-01-01T00:00:00Z|a|b",
	} {
		if l, err := shdr.Parse(text); !errors.Is(err, shdr.ErrLine) {
			t.Errorf("%q = %+v, %v; want ErrLine", text, l, err)
		}
	}
}

// What stands between two marks is one token, bars and all, and costs no line
// after it.
func TestReader_SeveralLines(t *testing.T) {
	r := shdr.NewReader(strings.NewReader("\r\n|@ASSET@|t1|CuttingTool|--multiline--ABCD\r\n<a|b>\r\n\r\n<c/>\r\n--multiline--ABCD\n" +
		"bad|@ASSET@|t2|X|--multiline--E\nx\n--multiline--E\n|k|v\n|@ASSET@|t3|X|--multiline--F\nhalf"))
	l, err := r.Next()
	must(t, err)
	if want := []string{shdr.Asset, "t1", "CuttingTool", "<a|b>\n\n<c/>"}; !reflect.DeepEqual(l.Tokens, want) || !l.IsAsset() {
		t.Errorf("%q; want %q", l.Tokens, want)
	}
	if _, err = r.Next(); !errors.Is(err, shdr.ErrLine) || !strings.Contains(err.Error(), "line 9:") {
		t.Errorf("a wrong time before a text: %v", err)
	}
	if l, err = r.Next(); err != nil || l.Tokens[0] != "k" {
		t.Errorf("after it %+v, %v", l, err)
	}
	if _, err = r.Next(); !errors.Is(err, shdr.ErrLine) {
		t.Errorf("a text without end: %v", err)
	}
	if _, err = r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("the end: %v", err)
	}
}

// slow gives one byte, then a deadline, and so on.
type slow struct {
	text string
	even bool
}

func (s *slow) Read(p []byte) (int, error) {
	if s.even = !s.even; s.even {
		return 0, os.ErrDeadlineExceeded
	}
	if s.text == "" {
		return 0, io.EOF
	}
	p[0], s.text = s.text[0], s.text[1:]
	return 1, nil
}

// A deadline in the middle of a line, or of a text, loses nothing.
func TestReader_GoesOnAfterADeadline(t *testing.T) {
	r := shdr.NewReader(&slow{text: "|k|v\n|@ASSET@|t|X|--multiline--A\nbody\n--multiline--A\n|k|w"})
	var got []string
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		must(t, err)
		got = append(got, l.Tokens[len(l.Tokens)-1])
	}
	if want := []string{"v", "body", "w"}; !reflect.DeepEqual(got, want) {
		t.Errorf("%q; want %q", got, want)
	}
}

// A stream without an end of line, or of a text, does not fill the memory.
func TestReader_Limits(t *testing.T) {
	for name, text := range map[string]string{
		"line": "|k|" + strings.Repeat("x", shdr.MaxLine), "text": "|@ASSET@|t|X|--multiline--A\n" + strings.Repeat(strings.Repeat("x", 1<<19)+"\n", 9),
	} {
		if _, err := shdr.NewReader(strings.NewReader(text)).Next(); err == nil || errors.Is(err, shdr.ErrLine) {
			t.Errorf("%s: %v; want the end of the stream", name, err)
		}
	}
}

func TestLine_Observations(t *testing.T) {
	shapes := map[string]shdr.Shape{
		"pos": shdr.Plain, "c1": shdr.Condition, "msg": shdr.Message, "vib": shdr.TimeSeries, "chg": shdr.AssetEvent, "al": shdr.Alarm,
	}
	f := func(text string, wrong bool, want ...shdr.Observation) {
		t.Helper()
		l, err := shdr.Parse(text)
		must(t, err)
		got, err := l.Observations(func(key string) (shdr.Shape, bool) { s, ok := shapes[key]; return s, ok })
		if (err != nil) != wrong || !reflect.DeepEqual(got, want) {
			t.Errorf("%q = %+v, %v; want %+v", text, got, err, want)
		}
	}
	f("|pos|1|new|2", false, shdr.Observation{Key: "pos", Value: "1"}, shdr.Observation{Key: "new", Value: "2"})
	f("|c1|FAULT|401|9|HIGH|oil low|pos|1", false,
		shdr.Observation{Key: "c1", Shape: shdr.Condition, Value: "FAULT", Code: "401", Severity: "9", Qualifier: "HIGH", Text: "oil low"},
		shdr.Observation{Key: "pos", Value: "1"})
	f("|unknown|warning|1|||x", false, shdr.Observation{Key: "unknown", Shape: shdr.Condition, Value: "warning", Code: "1", Text: "x"})
	f("|a|UNAVAILABLE|b|1|c|2", false, shdr.Observation{Key: "a", Value: "UNAVAILABLE"}, shdr.Observation{Key: "b", Value: "1"}, shdr.Observation{Key: "c", Value: "2"})
	f("|c1|UNAVAILABLE", false, shdr.Observation{Key: "c1", Shape: shdr.Condition, Value: "UNAVAILABLE"})
	f("|msg|17|change tool", false, shdr.Observation{Key: "msg", Shape: shdr.Message, Code: "17", Value: "change tool"})
	f("|vib|3|100|1 2 3", false, shdr.Observation{Key: "vib", Shape: shdr.TimeSeries, Code: "3", Severity: "100", Value: "1 2 3"})
	f("|chg|CuttingTool|t1", false, shdr.Observation{Key: "chg", Shape: shdr.AssetEvent, Code: "CuttingTool", Value: "t1"})
	f("|al|A1|7|CRITICAL|ACTIVE|stop", false, shdr.Observation{Key: "al", Shape: shdr.Alarm, Value: "A1", Code: "7", Severity: "CRITICAL", Qualifier: "ACTIVE", Text: "stop"})
	f("|mill:pos|4", false, shdr.Observation{Device: "mill", Key: "pos", Value: "4"})
	f("|pos|1|odd", true, shdr.Observation{Key: "pos", Value: "1"})
	f("|@REMOVE_ASSET@|t1", false)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// FuzzReader: nothing makes it panic, and what was read is written so that the
// same is read again.
func FuzzReader(f *testing.F) {
	for _, s := range []string{
		"2022-08-08T13:51:34.7167146Z@1.5|a|b|c|\"x|\\\"y\"\n", "* PONG 10000\n* a: b:c\n", "-1.5e3|a|\" \"\n||\n",
		"|@ASSET@|t1|CuttingTool|--multiline--ABCD\n<a|b>\n\r\n--multiline--ABCD\n|k|v", "*PING:a:b\n*PONG a:b\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r := shdr.NewReader(strings.NewReader(text))
		for {
			l, err := r.Next()
			if errors.Is(err, shdr.ErrLine) {
				continue
			}
			if err != nil {
				return
			}
			_, _ = l.Observations(func(key string) (shdr.Shape, bool) { return shdr.Shape(len(key) % 6), len(key)%7 != 0 })
			out, err := shdr.Append(nil, l)
			if err != nil || len(out) > shdr.MaxLine {
				continue
			}
			again, err := shdr.NewReader(bytes.NewReader(out)).Next()
			if err != nil || !reflect.DeepEqual(again, l) {
				t.Fatalf("%q: %+v written as %q and read as %+v, %v", text, l, out, again, err)
			}
		}
	})
}
