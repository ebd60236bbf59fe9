package profile_test

import (
	"io/fs"
	"strings"
	"testing"

	"zhigai/connect/profile"
	"zhigai/data"
)

func vocabulary(t *testing.T) profile.Vocabulary {
	t.Helper()
	src, err := data.FS.ReadFile("vocabulary.yaml")
	if err != nil {
		t.Fatal(err)
	}
	v, err := profile.ReadVocabulary(src)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func theLibrary(t *testing.T) *profile.Library {
	t.Helper()
	library, err := profile.Load(data.FS, "profiles", every(t))
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// The same quantity has one name, kind and unit whatever machine it is of, or
// no page could show two machines side by side.
func TestDelivered_KeepsToTheVocabulary(t *testing.T) {
	words := vocabulary(t)
	for _, p := range theLibrary(t).List() {
		for _, said := range words.Complaints(p) {
			t.Errorf("%s: %s", p.ID, said)
		}
	}
}

// A page shows a profile in both languages, and says where its addresses come
// from.
func TestDelivered_SpeaksBothLanguages(t *testing.T) {
	read := 0
	for _, p := range theLibrary(t).List() {
		if p.Verified == "read" {
			read++
		}
		if p.Title.ZH == "" || p.Title.EN == "" || len(p.Models) == 0 || p.Vendor == "" {
			t.Errorf("%s: title %+v, vendor %q, models %v", p.ID, p.Title, p.Vendor, p.Models)
		}
		if p.Verified == "read" && !strings.ContainsAny(p.Source, "@,") {
			t.Errorf("%s: source %q names no commit and no page", p.ID, p.Source)
		}
		for _, s := range p.Signals {
			if s.Title.ZH == "" || s.Title.EN == "" {
				t.Errorf("%s: %s has no title in both languages", p.ID, s.Name)
			}
		}
		for _, a := range p.Alarms {
			if a.Text.ZH == "" || a.Text.EN == "" {
				t.Errorf("%s: alarm %s has no text in both languages", p.ID, a.ID)
			}
		}
		for _, c := range append(p.Caveats, p.Requirements) {
			if (c.ZH == "") != (c.EN == "") {
				t.Errorf("%s: %+v is said in one language only", p.ID, c)
			}
		}
	}
	const least = 60 // what the library promises
	if read < least {
		t.Errorf("%d profiles were read from a named source; %d are promised", read, least)
	}
	t.Logf("%d profiles with verified: read", read)
}

// Two profiles with the same rules could never tell their devices apart.
func TestDelivered_IdentifyRulesAreUnique(t *testing.T) {
	rules := map[string]string{}
	for _, p := range theLibrary(t).List() {
		if len(p.Identify) == 0 {
			continue
		}
		var said strings.Builder
		for _, r := range p.Identify {
			said.WriteString(r.At + " " + r.Match + "\n")
		}
		key := p.Protocol + "\n" + said.String()
		if other, ok := rules[key]; ok {
			t.Errorf("%s and %s are recognised by the same rules:\n%s", other, p.ID, said.String())
		}
		rules[key] = p.ID
	}
}

// Profiles stand in folders by class; each file is called as its id, so that
// whoever knows one finds the other.
func TestDelivered_FilesAreCalledAsTheirID(t *testing.T) {
	library, files := theLibrary(t), 0
	err := fs.WalkDir(data.FS, "profiles", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		id := strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], ".yaml")
		if _, ok := library.Get(id); !ok {
			t.Errorf("%s holds no profile %s", name, id)
		}
		return nil
	})
	if err != nil || files != len(library.List()) {
		t.Errorf("%d files of %d profiles, %v", files, len(library.List()), err)
	}
}
