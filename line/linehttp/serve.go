package linehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// serve accepts until ctx ends or the listener fails.
func (s *Server) serve(ctx context.Context) error {
	if s.ln == nil {
		<-ctx.Done()
		return nil
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	base, cancel := context.WithCancel(context.Background())
	defer cancel()
	srv := &http.Server{
		Handler: http.HandlerFunc(s.accept), Protocols: protocols, TLSConfig: s.serverTLS(),
		MaxHeaderBytes: 8 << 10, ReadHeaderTimeout: s.cfg.Dial, IdleTimeout: 2 * s.cfg.Dial,
		HTTP2:       &http.HTTP2Config{MaxConcurrentStreams: 4, MaxReadFrameSize: 1 << 20},
		ErrorLog:    slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelWarn),
		BaseContext: func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context { return context.WithValue(ctx, socketKey{}, c) },
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.ServeTLS(newLimited(s.ln, maxConns), "", "") }()
	select {
	case err := <-failed:
		srv.Close()
		return fmt.Errorf("couldn't go on accepting at %s: %w", s.ln.Addr(), err)
	case <-ctx.Done():
		cancel()
		srv.Close()
		<-failed
		return nil
	}
}

// maxConns bounds the connections that are accepted at one time, strangers in
// their handshake included.
const maxConns = 512

// accept is the server side of one POST.
func (s *Server) accept(w http.ResponseWriter, r *http.Request) {
	id, lane, ok := parsePath(r.URL.Path)
	if r.Method != http.MethodPost || !ok {
		http.Error(w, "no such path", http.StatusNotFound)
		return
	}
	key, err := peerKey(r.TLS)
	if err != nil {
		http.Error(w, "no certificate", http.StatusForbidden)
		return
	}
	l := s.linkOf(id, lane, key)
	if l == nil {
		http.Error(w, "we do not know this line, or not you on it", http.StatusNotFound)
		return
	}
	if !l.mayCome() {
		w.Header().Set("Retry-After", "1")
		http.Error(w, "you were here a moment ago", http.StatusTooManyRequests)
		return
	}
	if l.busy(false) {
		http.Error(w, errTwice.Error(), http.StatusConflict)
		return
	}
	rc := http.NewResponseController(w)
	w.Header().Set("Content-Type", "application/vnd.parley.line")
	w.WriteHeader(http.StatusOK)
	if err := rc.Flush(); err != nil {
		return
	}
	c := newConn(l, false, r.RemoteAddr, r.Body, w, rc.Flush, func() { closeSocket(r.Context().Value(socketKey{})) })
	if err := l.take(c); err != nil {
		return
	}
	select { // the body and the writer are ours only while this function runs
	case <-c.done:
	case <-r.Context().Done():
	}
	c.end(errors.New("they closed the connection"))
	rc.SetWriteDeadline(time.Unix(1, 0)) // a peer that does not read cannot hold the writer
	<-c.written
}

// socketKey finds the connection of a request in its context.
type socketKey struct{}

// closeSocket closes the TCP connection below TLS at once, without the
// goodbyes that a peer who does not read would hold up.
func closeSocket(c any) {
	switch c := c.(type) {
	case *tls.Conn:
		c.NetConn().Close()
	case net.Conn:
		c.Close()
	}
}
