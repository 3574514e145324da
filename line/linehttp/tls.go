package linehttp

import (
	"crypto"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"time"

	"parley/party"
	"parley/record"
)

// errKey is what each side of a handshake says of a certificate that does not
// hold the key in the charter.
var errKey = errors.New("their certificate is not the one in the charter")

// certificate makes the self-signed certificate of a link key. Nothing in it
// but the key is ever looked at, so it is the same at each start.
func certificate(self party.ID, key crypto.Signer) (tls.Certificate, error) {
	if key == nil {
		return tls.Certificate{}, errors.New("Config.Link is nil")
	}
	if _, ok := key.Public().(ed25519.PublicKey); !ok {
		return tls.Certificate{}, fmt.Errorf("Config.Link is a %T, want Ed25519", key.Public())
	}
	t := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: string(self)},
		NotBefore: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		DNSNames:    []string{"parley"},
	}
	der, err := x509.CreateCertificate(nil, t, t, key.Public(), key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("couldn't make the certificate of the link key: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// peerKey gives the key that the other end has proved to hold.
func peerKey(cs *tls.ConnectionState) (party.Key, error) {
	if cs == nil || len(cs.PeerCertificates) == 0 {
		return party.Key{}, errors.New("no certificate was shown")
	}
	pub, ok := cs.PeerCertificates[0].PublicKey.(ed25519.PublicKey)
	if !ok || len(pub) != ed25519.PublicKeySize {
		return party.Key{}, errors.New("the certificate shown is not of an Ed25519 key")
	}
	return party.Key(pub), nil
}

// serverTLS lets in whoever holds the link key of a peer on any line; the path
// then says which.
func (s *Server) serverTLS() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{s.cert}, NextProtos: []string{"h2"},
		ClientAuth: tls.RequireAnyClientCert, SessionTicketsDisabled: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			key, err := peerKey(&cs)
			if err != nil {
				return err
			}
			if !s.knows(key) {
				return errKey
			}
			return nil
		},
	}
}

// clientTLS lets only the one key be at the other end. The standard check of
// chain and name is replaced, not left out: there is no authority, the key is
// compared.
func (s *Server) clientTLS(want party.Key) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{s.cert}, NextProtos: []string{"h2"},
		ServerName: "parley", InsecureSkipVerify: true, SessionTicketsDisabled: true,
		VerifyConnection: func(cs tls.ConnectionState) error {
			key, err := peerKey(&cs)
			if err != nil {
				return err
			}
			if key != want {
				return errKey
			}
			return nil
		},
	}
}

const pathPrefix = "/parley/v1/line/"

func path(id record.LineID, lane record.Lane) string {
	word := "urgent"
	if lane == record.Routine {
		word = "routine"
	}
	return pathPrefix + hex.EncodeToString(id[:]) + "/" + word
}

// parsePath reads exactly what path writes.
func parsePath(p string) (id record.LineID, lane record.Lane, ok bool) {
	rest, ok := strings.CutPrefix(p, pathPrefix)
	if !ok || len(rest) < 65 || rest[64] != '/' {
		return id, 0, false
	}
	if _, err := hex.Decode(id[:], []byte(rest[:64])); err != nil {
		return id, 0, false
	}
	switch rest[65:] {
	case "urgent":
		lane = record.Urgent
	case "routine":
		lane = record.Routine
	}
	return id, lane, lane != 0 && path(id, lane) == p
}

// limited is a listener that holds at most n connections open.
type limited struct {
	net.Listener
	slots chan struct{}
	once  sync.Once
	done  chan struct{}
}

func newLimited(ln net.Listener, n int) *limited {
	return &limited{Listener: ln, slots: make(chan struct{}, n), done: make(chan struct{})}
}

func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.slots <- struct{}{}:
	case <-l.done:
		return nil, net.ErrClosed
	}
	c, err := l.Listener.Accept()
	if err != nil {
		<-l.slots
		return nil, err
	}
	return &slotConn{Conn: c, free: sync.OnceFunc(func() { <-l.slots })}, nil
}

func (l *limited) Close() error {
	l.once.Do(func() { close(l.done) })
	return l.Listener.Close()
}

type slotConn struct {
	net.Conn
	free func()
}

func (c *slotConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}
