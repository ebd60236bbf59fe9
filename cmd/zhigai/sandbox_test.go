package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// distOf makes what `make dist` makes, of this source. It skips where no system
// of its own can be made for it.
func distOf(t *testing.T) string {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("needs root: packages are installed into a system of their own")
	}
	if out, err := exec.Command("unshare", "-m", "-n", "-p", "-f", "true").CombinedOutput(); err != nil {
		t.Skipf("no namespaces here: %s", out)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "zhigai")
	build := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=v9.9.9", "-o", bin, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	for _, c := range []*exec.Cmd{build, exec.Command("go", "run", "zhigai/pack", "-bin", bin, "-version", "v9.9.9", "-time", "1700000000", "-out", dir)} {
		if out, err := c.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", c.Args, err, out)
		}
	}
	return dir
}

// sandbox is a system like this one with its own files, network and processes.
// What is done in it leaves nothing behind.
type sandbox struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

// enter makes the system: this one's files below, above them in memory what is
// written.
const enter = `set -e
mount -t tmpfs -o mode=755 tmpfs $1/top
mkdir $1/top/upper $1/top/work
cp -r $1/stage/. $1/top/upper
mount -t overlay overlay -o lowerdir=/,upperdir=$1/top/upper,workdir=$1/top/work $1/root
mount --rbind /dev $1/root/dev
mount -t proc proc $1/root/proc
mount -t tmpfs tmpfs $1/root/run
ip link set lo up
echo '127.0.0.1 hub.example.com' >>$1/root/etc/hosts
mkdir -p $1/root/srv/operate
exec chroot $1/root /bin/sh -c 'cd /srv/operate; exec /bin/sh'
`

func newSandbox(t *testing.T, dist string) *sandbox {
	t.Helper()
	at := t.TempDir()
	for _, name := range []string{"top", "root", "stage/usr/local/sbin", "stage/srv/operate"} {
		must(t, os.MkdirAll(filepath.Join(at, name), 0o755))
	}
	copies, err := filepath.Glob(filepath.Join(dist, "*.deb"))
	must(t, err)
	to := map[string]string{copies[0]: "stage/srv/operate/" + filepath.Base(copies[0])}
	for _, name := range []string{"systemctl", "journalctl"} {
		to[filepath.Join("testdata", name)] = "stage/usr/local/sbin/" + name
	}
	for from, name := range to {
		raw, err := os.ReadFile(from)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(at, name), raw, 0o755))
	}
	cmd := exec.Command("unshare", "-m", "-n", "-p", "-f", "--kill-child", "sh", "-c", enter, "sh", at)
	cmd.Env = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C"}
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // and with it every process inside
		_ = cmd.Wait()
	})
	s := &sandbox{t: t, in: in, out: bufio.NewScanner(out)}
	s.out.Buffer(nil, 1<<20)
	return s
}

const endOfScript = "=== end of the script"

// run runs a script inside and gives its exit code and what it printed.
func (s *sandbox) run(script string) (int, []string) {
	s.t.Helper()
	_, err := fmt.Fprintf(s.in, "cat >/srv/script <<'%[1]s'\n%[2]s\n%[1]s\nsh -eu /srv/script >/srv/said 2>&1 </dev/null; echo '%[1]s' $? >>/srv/said; cat /srv/said\n", endOfScript, script)
	must(s.t, err)
	var lines []string
	for s.out.Scan() {
		if code, ok := strings.CutPrefix(s.out.Text(), endOfScript+" "); ok {
			n, err := strconv.Atoi(code)
			must(s.t, err)
			return n, lines
		}
		// A command may end without a line of its own.
		if before, code, ok := strings.Cut(s.out.Text(), endOfScript+" "); ok {
			n, err := strconv.Atoi(code)
			must(s.t, err)
			return n, append(lines, before)
		}
		lines = append(lines, s.out.Text())
	}
	s.t.Fatalf("the system ended: %v", s.out.Err())
	return 0, nil
}
