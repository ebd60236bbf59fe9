package link

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestFileState_KeepsTheNotes(t *testing.T) {
	file := FileState(filepath.Join(t.TempDir(), "link-state.json"))
	if raw, err := file.Load(); raw != nil || err != nil {
		t.Fatalf("Load of nothing = %q, %v", raw, err)
	}
	k, err := openKeeper(file)
	if err != nil {
		t.Fatal(err)
	}
	want := note{Epoch: 3, Start: 5, Committed: Ranges{{5, 9}}, Gaps: []Gap{{Stream: StreamHistory, From: 12, To: 15, Reason: GapAge}}, GapCount: 1, GapItems: 4}
	f := newOutflow(StreamHistory, Feed{}, want, func() {})
	for range 2 {
		if err := k.save([]*outflow{f}); err != nil {
			t.Fatal(err)
		}
	}
	again, err := openKeeper(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := again.stream(StreamHistory); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v; want %+v", got, want)
	}
	// A feed that is not shared for a while keeps its notes.
	if err := again.save(nil); err != nil {
		t.Fatal(err)
	}
	if again, err = openKeeper(file); err != nil || !reflect.DeepEqual(again.stream(StreamHistory), want) {
		t.Errorf("%+v, %v", again, err)
	}
	if left, err := os.ReadDir(filepath.Dir(string(file))); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestKeeper_DamagedNotesAreNamed(t *testing.T) {
	file := FileState(filepath.Join(t.TempDir(), "link-state.json"))
	for content, want := range map[string]string{
		`{"schema":"zhigai.link/1","streams":{"hist`: "damaged",
		`{"schema":"zhigai.link/9"}`:                 "zhigai.link/9",
		`{"schema":"zhigai.link/1","streams":{"history":{"epoch":1,"committed":[{"from":9,"to":1}]}}}`: "damaged",
	} {
		if err := os.WriteFile(string(file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := openKeeper(file); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v; want %q in it", content, err, want)
		}
	}
}
