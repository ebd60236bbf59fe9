package archtest

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/danielgtaylor/huma/v2/validation"
)

// silent rooms say nothing to people at a page: what they say is for logs and for
// whoever writes a command.
var silent = []string{
	"archtest", "backup", "bench", "cmd", "connect", "data", "docs", "e2e", "faulttest", "history", "link", "north", "otlp", "record/recordtest", "sim", "space", "tools", "truth", "ui", "web/prometheus",
}

// heard are rooms within the silent ones whose refusals people read.
var heard = []string{"connect/profile", "cmd/zhigai"}

// readers refuse files that people send: all their errors are for them.
var readers = []string{"plant", "connect/profile", "factory/exchange", "calc"}

func under(dir string, all []string) bool {
	return slices.ContainsFunc(all, func(one string) bool { return dir == one || strings.HasPrefix(dir, one+"/") })
}

// sentence is a format that somebody may read on a page, and where it stands.
type sentence struct {
	format, at string
}

// sentences are the formats of errors for people: arguments of functions of a room that
// make an error of a format, of fmt.Errorf that wraps a sentinel, and in readers of all
// fmt.Errorf.
func sentences(t *testing.T) []sentence {
	t.Helper()
	set := token.NewFileSet()
	files := map[string][]*ast.File{}
	makers := map[string]map[string]int{} // by room: functions of a format, and which argument it is
	exported := map[string]int{}
	var out []sentence
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != "..") {
			return filepath.SkipDir
		}
		dir := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		name := d.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "bench_") || strings.HasPrefix(name, "demo_") || under(dir, silent) && !under(dir, heard) {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files[dir] = append(files[dir], f)
		for _, decl := range f.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok {
				out = append(out, kinds(set, decl)...)
				continue
			}
			if i, ok := formatOf(fn.Type); ok {
				if makers[dir] == nil {
					makers[dir] = map[string]int{}
				}
				makers[dir][fn.Name.Name] = i
				if fn.Name.IsExported() {
					exported[fn.Name.Name] = i
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, all := range files {
		for _, f := range all {
			ast.Inspect(f, func(n ast.Node) bool {
				for _, e := range words(n, dir, makers[dir], exported) {
					if format, ok := literal(e); ok && strings.ContainsFunc(bare(format), isLetter) {
						out = append(out, sentence{format, set.Position(e.Pos()).String()})
					}
				}
				return true
			})
		}
	}
	return out
}

// kinds are the texts of sentinels that a room declares: they stand before a colon. What
// is only not valid, the node leaves out.
func kinds(set *token.FileSet, decl ast.Decl) (out []sentence) {
	all, ok := decl.(*ast.GenDecl)
	if !ok || all.Tok != token.VAR {
		return nil
	}
	for _, spec := range all.Specs {
		v, ok := spec.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 || !strings.HasPrefix(v.Names[0].Name, "Err") {
			continue
		}
		call, ok := v.Values[0].(*ast.CallExpr)
		if !ok || len(call.Args) != 1 {
			continue
		}
		if text, ok := literal(call.Args[0]); ok && !strings.HasSuffix(text, ": not valid") {
			out = append(out, sentence{text, set.Position(call.Pos()).String()})
		}
	}
	return out
}

// library are the sentences of the library that checks requests.
func library() (out []sentence) {
	for _, text := range []string{
		validation.MsgUnexpectedProperty, validation.MsgExpectedRFC3339DateTime, validation.MsgExpectedRFC1123DateTime, validation.MsgExpectedRFC3339Date, validation.MsgExpectedRFC3339Time,
		validation.MsgExpectedRFC5322Email, validation.MsgExpectedRFC5890Hostname, validation.MsgExpectedRFC2673IPv4, validation.MsgExpectedRFC2373IPv6, validation.MsgExpectedRFCIPAddr,
		validation.MsgExpectedRFC3986URI, validation.MsgExpectedRFC4122UUID, validation.MsgExpectedRFC6570URITemplate, validation.MsgExpectedRFC6901JSONPointer,
		validation.MsgExpectedRFC6901RelativeJSONPointer, validation.MsgExpectedRegexp, validation.MsgExpectedMatchAtLeastOneSchema, validation.MsgExpectedMatchExactlyOneSchema,
		validation.MsgExpectedNotMatchSchema, validation.MsgExpectedPropertyNameInObject, validation.MsgExpectedBoolean, validation.MsgExpectedDuration, validation.MsgExpectedNumber,
		validation.MsgExpectedInteger, validation.MsgExpectedString, validation.MsgExpectedBase64String, validation.MsgExpectedArray, validation.MsgExpectedObject,
		validation.MsgExpectedArrayItemsUnique, validation.MsgExpectedOneOf, validation.MsgExpectedMinimumNumber, validation.MsgExpectedExclusiveMinimumNumber,
		validation.MsgExpectedMaximumNumber, validation.MsgExpectedExclusiveMaximumNumber, validation.MsgExpectedNumberBeMultipleOf, validation.MsgExpectedMinLength,
		validation.MsgExpectedMaxLength, validation.MsgExpectedBePattern, validation.MsgExpectedMatchPattern, validation.MsgExpectedMinItems, validation.MsgExpectedMaxItems,
		validation.MsgExpectedMinProperties, validation.MsgExpectedMaxProperties, validation.MsgExpectedRequiredProperty, validation.MsgExpectedDependentRequiredProperty,
		"validation failed", "required %s parameter is missing",
	} {
		out = append(out, sentence{text, "huma"})
	}
	return out
}

func isLetter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

// formatOf is the index of a parameter that is a format, of a function that makes an
// error of it.
func formatOf(t *ast.FuncType) (int, bool) {
	last := t.Params.List
	if len(last) == 0 {
		return 0, false
	}
	if _, ok := last[len(last)-1].Type.(*ast.Ellipsis); !ok {
		return 0, false
	}
	n := 0
	for _, p := range last {
		for _, name := range p.Names {
			if name.Name == "format" {
				return n, true
			}
			n++
		}
	}
	return 0, false
}

// reasons are fields of answers in which a sentence stands.
var reasons = []string{"Why", "Detail", "Because", "Problem", "Doubt", "What", "Note", "Fix"}

// words are what a piece of code says to people.
func words(n ast.Node, dir string, own, exported map[string]int) (out []ast.Expr) {
	add := func(e ast.Expr) {
		if call, ok := e.(*ast.CallExpr); ok { // fmt.Sprintf of a literal
			if fn, ok := call.Fun.(*ast.SelectorExpr); ok && fn.Sel.Name == "Sprintf" {
				e = call.Args[0]
			}
		}
		if format, ok := literal(e); ok && strings.Contains(format, " ") { // others are codes, which pages know
			out = append(out, e)
		}
	}
	switch n := n.(type) {
	case *ast.CallExpr:
		if i, ok := said(n, dir, own, exported); ok && i < len(n.Args) {
			out = append(out, n.Args[i])
		}
	case *ast.KeyValueExpr:
		if key, ok := n.Key.(*ast.Ident); ok && slices.Contains(reasons, key.Name) {
			add(n.Value)
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			field, ok := to.(*ast.SelectorExpr)
			if ok && len(n.Lhs) == len(n.Rhs) && slices.Contains(reasons, field.Sel.Name) {
				add(n.Rhs[i])
			}
		}
	}
	return out
}

// said is which argument of a call is a format for people.
func said(call *ast.CallExpr, dir string, own, exported map[string]int) (int, bool) {
	switch fn := call.Fun.(type) {
	case *ast.Ident:
		i, ok := own[fn.Name]
		return i, ok
	case *ast.SelectorExpr:
		if of, ok := fn.X.(*ast.Ident); ok && of.Name == "fmt" {
			if fn.Sel.Name != "Errorf" {
				return 0, false
			}
			return 0, under(dir, readers) || sentinel(call)
		}
		if i, ok := own[fn.Sel.Name]; ok {
			return i, true
		}
		i, ok := exported[fn.Sel.Name]
		return i, ok
	}
	return 0, false
}

// sentinel says whether the first thing that fmt.Errorf wraps is an error that rooms
// are asked for.
func sentinel(call *ast.CallExpr) bool {
	if format, ok := literal(call.Args[0]); !ok || !strings.HasPrefix(format, "%w: ") || len(call.Args) < 2 {
		return false
	}
	switch e := call.Args[1].(type) {
	case *ast.Ident:
		return strings.HasPrefix(e.Name, "Err")
	case *ast.SelectorExpr:
		return strings.HasPrefix(e.Sel.Name, "Err")
	}
	return false
}

// literal is a text that stands in the code, put together or not.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		a, ok := literal(e.X)
		b, ok2 := literal(e.Y)
		return a + b, ok && ok2
	}
	return "", false
}

var verb = regexp.MustCompile(`%[-+# 0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:\[\d+\])?[a-zA-Z]`)

// bare is a format without what it is filled with.
func bare(format string) string {
	return verb.ReplaceAllString(strings.ReplaceAll(format, "%%", ""), "")
}

// holes of a format or of its translation, in ascending order.
func holes(text string, of *regexp.Regexp) (out []string) {
	for _, m := range of.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	slices.Sort(out)
	return slices.Compact(out)
}

var number = regexp.MustCompile(`\{(\d+)\}`)

// What the node says to people at a page is said in Chinese there: each sentence of the
// code stands in a book of the pages with the same holes, and no book has one that the
// code does not say any more. Those of the library that checks requests stand in a book
// of their own.
func TestSentences_AreSaidInChinese(t *testing.T) {
	t.Parallel()
	books, err := filepath.Glob("../ui/src/i18n/sentences/*.json")
	if err != nil || len(books) == 0 {
		t.Fatalf("no books of sentences: %v", err)
	}
	known := map[string]string{} // book by format
	for _, book := range books {
		raw, err := os.ReadFile(book)
		if err != nil {
			t.Fatal(err)
		}
		var all map[string]string
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatalf("%s: %v", book, err)
		}
		for format, text := range all {
			if other, twice := known[format]; twice {
				t.Errorf("%s: %q stands in %s too", book, format, other)
			}
			known[format] = book
			want := make([]string, len(verb.FindAllString(strings.ReplaceAll(format, "%%", ""), -1)))
			for i := range want {
				want[i] = strconv.Itoa(i + 1)
			}
			slices.Sort(want)
			if got := holes(text, number); !slices.Equal(got, want) {
				t.Errorf("%s: %q: holes %v in Chinese; want %v", book, format, got, want)
			}
			if !strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
				t.Errorf("%s: %q is not Chinese: %q", book, format, text)
			}
		}
	}
	said := map[string]bool{}
	for _, s := range append(sentences(t), library()...) {
		if _, ok := known[s.format]; !ok && !said[s.format] {
			t.Errorf("%s: %q has no Chinese; write it into one of ui/src/i18n/sentences", s.at, s.format)
		}
		said[s.format] = true
	}
	for format, book := range known {
		if !said[format] {
			t.Errorf("%s: nothing says %q any more; take it out", book, format)
		}
	}
}
