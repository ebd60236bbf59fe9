package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// controlName is the socket in the data folder by which commands on the same
// machine reach the running node. Who may open the folder may ask.
const controlName = "control.sock"

var errNotRunning = errors.New("no node is running on this data folder")

// controlPath is a short name for the socket: the system allows some hundred
// characters, data folders have more. The returned function frees it.
func controlPath(dir string) (string, func(), error) {
	d, err := os.Open(dir)
	if err != nil {
		return "", nil, err
	}
	return fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), controlName), func() { _ = d.Close() }, nil // opened for reading only
}

// serveControl answers commands until ctx ends. The node holds its stores, so
// that a socket left behind is of a process that died.
func (n *node) serveControl(ctx context.Context, dir string) error {
	if err := os.Remove(filepath.Join(dir, controlName)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("control socket: %w", err)
	}
	path, free, err := controlPath(dir)
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	defer free()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return fmt.Errorf("control socket: %w", err)
	}
	l.SetUnlinkOnClose(false)
	if err := os.Chmod(filepath.Join(dir, controlName), 0o600); err != nil {
		return errors.Join(fmt.Errorf("control socket: %w", err), l.Close())
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /backup", answer(func(ctx context.Context, in backupRequest) (backupReport, error) {
		return n.stores.backup(ctx, in, time.Now)
	}))
	mux.HandleFunc("POST /verify", answer(func(ctx context.Context, _ struct{}) (verifyReport, error) { return n.stores.verify(ctx) }))
	mux.HandleFunc("POST /evidence/verify", answer(n.stores.verifyEvidence))
	mux.HandleFunc("POST /evidence/export", answer(n.stores.exportEvidence))
	mux.HandleFunc("POST /figures/export", answer(func(ctx context.Context, q figuresQuestion) ([]exported, error) {
		return exportFigures(ctx, n.targets, q)
	}))
	n.tenantCommands(mux)
	n.libraryCommands(mux)
	mux.HandleFunc("POST /links/invite", answer(n.invite))
	mux.HandleFunc("POST /links/list", answer(n.listNodes))
	mux.HandleFunc("POST /links/revoke", answer(n.revokeNode))
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	n.workers.Go(func() {
		<-ctx.Done()
		stopping, stop := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer stop()
		if err := errors.Join(server.Shutdown(stopping), os.Remove(filepath.Join(dir, controlName))); err != nil {
			n.log.Warn("control socket", "err", err)
		}
	})
	n.workers.Go(func() {
		if err := server.Serve(l); err != nil && !errors.Is(err, http.ErrServerClosed) {
			n.log.Error("control socket", "err", err)
		}
	})
	return nil
}

// answer makes a handler of a function from JSON to JSON.
func answer[I, O any](f func(context.Context, I) (O, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var in I
		err := json.NewDecoder(r.Body).Decode(&in)
		var out O
		if err == nil {
			out, err = f(r.Context(), in)
		}
		if err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, err.Error()) // who asked went away: nothing to do
			return
		}
		_ = json.NewEncoder(w).Encode(out) // the same
	}
}

// askNode asks the node that runs on the folder; errNotRunning when there is
// none.
func askNode[O any](ctx context.Context, dir, what string, in any) (out O, err error) {
	path, free, err := controlPath(dir)
	if err != nil {
		return out, fmt.Errorf("%w: %w", errNotRunning, err)
	}
	defer free()
	raw, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	var dialer net.Dialer
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, "unix", path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", errNotRunning, err)
		}
		return conn, nil
	}}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://node"+what, bytes.NewReader(raw))
	if err != nil {
		return out, err
	}
	res, err := client.Do(req)
	if err != nil {
		return out, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		said, err := io.ReadAll(res.Body)
		return out, errors.Join(errors.New(string(said)), err)
	}
	return out, json.NewDecoder(res.Body).Decode(&out)
}
