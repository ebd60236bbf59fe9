package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"zhigai/access"
)

// heap keeps files in memory.
type heap struct{ files []File }

func (h *heap) Files(_ context.Context, after int64) ([]File, error) {
	return slices.Clone(h.files[min(int(after), len(h.files)):]), nil
}

func (h *heap) AddFiles(_ context.Context, files []File) error {
	for _, f := range files {
		f.Number, f.where = int64(len(h.files)+1), ""
		h.files = append(h.files, f)
	}
	return nil
}

// words is a library of texts "ID needs ID": one is taken when what it needs is
// there or comes with it; a text "ID bad" never is.
type words struct{ known []string }

func (w *words) Check(files []File) ([]File, error) {
	for i := range files {
		files[i].ID, files[i].Version = strings.Fields(files[i].Text)[0], 1
	}
	return files, nil
}

func (w *words) Take(files []File) error {
	all := slices.Clone(w.known)
	for _, f := range files {
		all = append(all, strings.Fields(f.Text)[0])
	}
	for _, f := range files {
		if p := strings.Fields(f.Text); len(p) > 1 && !slices.Contains(all, p[len(p)-1]) {
			return fmt.Errorf("%s is not there", p[len(p)-1])
		}
	}
	w.known = all
	return nil
}

func TestShelf_Learn(t *testing.T) {
	kept, library := &heap{}, &words{}
	s := NewShelf(kept, library)
	add := func(texts ...string) {
		for _, text := range texts {
			_ = kept.AddFiles(t.Context(), []File{{Kind: ProfileFile, ID: strings.Fields(text)[0], Version: 1, Text: text, Template: "works"}})
		}
	}
	learn := func(fails, want string) {
		t.Helper()
		err := s.Learn(t.Context())
		if (err == nil) != (fails == "") || err != nil && err.Error() != fails {
			t.Errorf("Learn: %v; want %q", err, fails)
		}
		if got := strings.Join(library.known, " "); got != want {
			t.Errorf("known %q; want %q", got, want)
		}
	}
	learn("", "")
	add("a needs b", "b")
	learn("", "a b")
	learn("", "a b")
	// One that cannot be used keeps nobody away but those that need it.
	add("c bad", "d needs e", "f needs c", "e")
	learn("profile c version 1 of template works is not used: bad is not there\nprofile f version 1 of template works is not used: c is not there", "a b e d")
	learn("", "a b e d") // said once
}

// A template's files are kept and known before the first firm is made, and the
// audit says who brought them.
func TestDesk_Brings(t *testing.T) {
	kept, library := &heap{}, &words{}
	var audit []string
	d := NewDesk(Options{Shelf: NewShelf(kept, library), Now: func() time.Time { return time.Unix(1_800_000_000, 0) }, Audit: func(_ context.Context, by access.Principal, action, object string, _, after any) error {
		audit = append(audit, fmt.Sprint(by.Name, " ", action, " ", object, " ", after))
		return nil
	}})
	tpl, err := ReadTemplate("works.yaml", []byte(lathes+"profiles:\n  - |\n    a needs b\n  - b\ndefinitions: [x]\n"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := library.Check(tpl.files())
	if err != nil {
		t.Fatal(err)
	}
	if got := files[1].Where(); got != "template lathes, profile 2" {
		t.Errorf("Where = %q", got)
	}
	if err := d.bring(t.Context(), access.Principal{Name: "operator"}, files); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(library.known, " "); got != "a b x" || len(kept.files) != 3 || kept.files[2].Kind != DefinitionFile || kept.files[0].By != "operator" {
		t.Errorf("known %q, kept %+v", got, kept.files)
	}
	if want := "operator library.add template/lathes [profile a 1 profile b 1 definition x 1]"; len(audit) != 1 || audit[0] != want {
		t.Errorf("audit %q; want %q", audit, want)
	}
	many := lathes + "profiles: [" + strings.Repeat("x,", maxFiles+1) + "]\n"
	if _, err := ReadTemplate("works.yaml", []byte(many)); !errors.Is(err, ErrInvalid) || !strings.Contains(err.Error(), "101 profiles") {
		t.Errorf("too many: %v", err)
	}
}
