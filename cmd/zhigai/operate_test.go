package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block is commands of a page and what the page says that they print.
type block struct {
	line    int
	kind    string // "", service or await
	script  string
	printed []string
}

// blocks reads the ```sh blocks of a page and the ```text block that may stand
// right below each.
//
//	sh          runs to its end and must succeed
//	sh await    is tried until it succeeds
//	sh service  goes on running; it is waited for until the node is ready
func blocks(t *testing.T, page string) (out []block) {
	t.Helper()
	info := ""
	for i, line := range strings.Split(page, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		switch {
		case isFence && info == "" && fence == "":
			t.Fatalf("line %d: a block without a language", i+1)
		case isFence && info == "":
			info = fence
			if lang, kind, _ := strings.Cut(fence, " "); lang == "sh" {
				out = append(out, block{line: i + 1, kind: kind})
			}
		case isFence:
			info = ""
		case info == "text":
			last := &out[len(out)-1]
			last.printed = append(last.printed, line)
		case strings.HasPrefix(info, "sh"):
			out[len(out)-1].script += line + "\n"
		}
	}
	return out
}

// shows says which line of the page was not printed in its turn; … stands for
// anything.
func shows(page, printed []string) (missing string) {
	for _, want := range page {
		if want == "…" {
			continue
		}
		pattern := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(want), "…", ".*") + "$")
		for {
			if len(printed) == 0 {
				return want
			}
			line := printed[0]
			printed = printed[1:]
			if pattern.MatchString(line) {
				break
			}
		}
	}
	return ""
}

var listenFlag = regexp.MustCompile(`--listen (\S+)`)

// TestOperate is about what `make dist` makes: a Debian package and a container
// image.
func TestOperate(t *testing.T) {
	t.Parallel()
	dist := distOf(t)
	t.Run("page", func(t *testing.T) {
		t.Parallel()
		operate(t, dist)
	})
	t.Run("image", func(t *testing.T) {
		t.Parallel()
		runImage(t, dist)
	})
}

// operate runs docs/howto/operate.md: every command of it, in its order, in a
// Debian of its own.
func operate(t *testing.T, dist string) {
	page, err := os.ReadFile("../../docs/howto/operate.md")
	must(t, err)
	all := blocks(t, string(page))
	if len(all) < 15 {
		t.Fatalf("only %d blocks were found", len(all))
	}
	s := newSandbox(t, dist)
	code := ""
	for i, b := range all {
		script := regexp.MustCompile(`\bCODE\b`).ReplaceAllLiteralString(b.script, code)
		switch b.kind {
		case "service":
			address := listenFlag.FindStringSubmatch(script)
			if address == nil {
				t.Fatalf("line %d: a service needs --listen", b.line)
			}
			script = fmt.Sprintf("nohup sh -c 'exec %s' >/srv/service-%d 2>&1 &\nuntil curl -sf http://%s/health/ready; do kill -0 $! || { cat /srv/service-%[2]d; exit 1; }; sleep 0.05; done",
				strings.TrimSpace(script), i, address[1])
		case "await":
			script = fmt.Sprintf("n=0\nuntil { %s\n}; do n=$((n+1)); [ $n -lt 600 ] || exit 1; sleep 0.1; done", strings.TrimSpace(script))
		}
		exit, printed := s.run(script)
		if missing := shows(b.printed, printed); exit != 0 || missing != "" {
			_, log := s.run("tail -n 20 /run/zhigai.log /srv/service-* || true")
			t.Fatalf("docs/howto/operate.md line %d: exit %d, does not print %q\n%s\n---\n%s\n--- logs\n%s", b.line, exit, missing, b.script, strings.Join(printed, "\n"), strings.Join(log, "\n"))
		}
		if strings.Contains(b.script, "node invite") {
			code = printed[len(printed)-1]
		}
	}
}

// runImage starts what the configuration of the container image says, as its
// user, with nothing but its files.
func runImage(t *testing.T, dist string) {
	images, err := filepath.Glob(filepath.Join(dist, "*.oci.tar"))
	must(t, err)
	raw, err := os.ReadFile(images[0])
	must(t, err)
	parts := map[string][]byte{}
	root := t.TempDir()
	each(t, bytes.NewReader(raw), func(h *tar.Header, content []byte) { parts[h.Name] = content })
	var list []struct {
		Config string
		Layers []string
	}
	must(t, json.Unmarshal(parts["manifest.json"], &list))
	var image struct {
		Config struct {
			User            string
			Entrypoint, Cmd []string
		}
	}
	must(t, json.Unmarshal(parts[list[0].Config], &image))
	layer, err := gzip.NewReader(bytes.NewReader(parts[list[0].Layers[0]]))
	must(t, err)
	each(t, layer, func(h *tar.Header, content []byte) {
		name := filepath.Join(root, h.Name)
		if h.Typeflag == tar.TypeDir {
			must(t, os.MkdirAll(name, 0o755))
		} else {
			must(t, os.WriteFile(name, content, 0o755))
		}
		must(t, os.Chmod(name, os.FileMode(h.Mode).Perm()))
		must(t, os.Chown(name, h.Uid, h.Gid))
	})
	must(t, os.Mkdir(filepath.Join(root, "proc"), 0o755)) // a runtime makes it
	must(t, os.Chmod(filepath.Dir(root), 0o755))          // for the image's user, who has no rights here
	script := `mount -t proc proc "$1/proc"
ip link set lo up
root=$1 user=$2
shift 2
chroot --userspec="$user" "$root" "$@" &
until curl -sf http://127.0.0.1:8680/health/ready; do kill -0 $! || exit 1; sleep 0.05; done
kill $!
wait $! || exit 1
`
	args := append([]string{"-m", "-n", "-p", "-f", "--kill-child", "sh", "-c", script, "sh", root, image.Config.User}, append(image.Config.Entrypoint, image.Config.Cmd...)...)
	said, err := exec.CommandContext(t.Context(), "unshare", args...).CombinedOutput()
	if err != nil || !bytes.Contains(said, []byte(`"status":"ok"`)) {
		t.Errorf("%v: %v\n%s", image.Config, err, said)
	}
}

func each(t *testing.T, archive io.Reader, f func(h *tar.Header, content []byte)) {
	t.Helper()
	for r := tar.NewReader(archive); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		must(t, err)
		content, err := io.ReadAll(r)
		must(t, err)
		f(h, content)
	}
}
