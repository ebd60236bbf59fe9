package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// listen opens the address of the pages and the API, saying what to do when it
// is taken.
func listen(address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("address %s is taken by another program; stop it or choose another with --listen HOST:PORT", address)
	}
	if errors.Is(err, syscall.EACCES) {
		return nil, fmt.Errorf("address %s: ports below 1024 need rights this user does not have; choose another with --listen HOST:PORT", address)
	}
	return l, err
}

const (
	tlsHandshake = 0x16 // first byte of a TLS record that opens a connection
	firstByteIn  = 10 * time.Second
)

// splitListener tells TLS from plain HTTP by the first byte, so that somebody
// who types the address without https finds the page that installs the
// certificate instead of an error.
type splitListener struct {
	net.Listener
	config *tls.Config
	plain  chan net.Conn
	secure chan net.Conn
	done   chan struct{}
	once   sync.Once
}

func newSplitListener(l net.Listener, config *tls.Config) *splitListener {
	s := &splitListener{Listener: l, config: config, plain: make(chan net.Conn), secure: make(chan net.Conn), done: make(chan struct{})}
	go s.accept()
	return s
}

func (s *splitListener) accept() {
	for {
		conn, err := s.Listener.Accept()
		if err != nil {
			s.Close()
			return
		}
		go s.sort(conn)
	}
}

func (s *splitListener) sort(conn net.Conn) {
	_ = conn.SetReadDeadline(time.Now().Add(firstByteIn))
	r := bufio.NewReader(conn)
	first, err := r.Peek(1)
	if err != nil {
		conn.Close()
		return
	}
	_ = conn.SetReadDeadline(time.Time{})
	peeked := &peekedConn{Conn: conn, r: r}
	target, out := s.plain, net.Conn(peeked)
	if first[0] == tlsHandshake {
		target, out = s.secure, tls.Server(peeked, s.config)
	}
	select {
	case target <- out:
	case <-s.done:
		conn.Close()
	}
}

// Close stops both halves.
func (s *splitListener) Close() error {
	s.once.Do(func() { close(s.done) })
	return s.Listener.Close()
}

type peekedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *peekedConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// half is one of the two sorts of connections as a listener of its own.
type half struct {
	*splitListener
	conns chan net.Conn
}

func (h half) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.done:
		return nil, net.ErrClosed
	}
}

// installPages is what plain HTTP answers when TLS is on: how to trust this
// node, its certificate, and the way to the real address.
func installPages(authority []byte) http.Handler {
	mux := http.NewServeMux()
	if authority != nil {
		mux.HandleFunc("GET /ca.crt", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-x509-ca-cert")
			w.Header().Set("Content-Disposition", `attachment; filename="zhigai-ca.crt"`)
			_, _ = w.Write(authority)
		})
	}
	mux.HandleFunc("GET /install", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, installPage, "https://"+r.Host)
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if authority != nil && r.URL.Path == "/" {
			http.Redirect(w, r, "/install", http.StatusFound)
			return
		}
		http.Redirect(w, r, "https://"+r.Host+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
	return mux
}

const installPage = `<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>安装证书 · zhigai</title><style>body{font:16px/1.7 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;max-width:42em;margin:3em auto;padding:0 1em}a{color:#1f4e79}</style>
<h1>安装本节点的证书</h1><ol><li>下载 <a href="/ca.crt">zhigai-ca.crt</a>。</li>
<li>Windows：双击文件 → 安装证书 → 本地计算机 → 受信任的根证书颁发机构。安卓：设置 → 安全 → 安装证书 → CA 证书。Linux：复制到 /usr/local/share/ca-certificates 后运行 update-ca-certificates。</li>
<li>打开 <a href="%[1]s">%[1]s</a>。</li></ol>
<div lang="en"><h2>Install this node's certificate</h2><p>Download it, add it to the trusted root authorities of this device, then open the address above.</p></div></html>`
