package linehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"
)

// inWords says what went wrong while dialling, and on whose side.
func inWords(addr string, err error, wait time.Duration) error {
	var dns *net.DNSError
	var alert tls.AlertError
	var op *net.OpError
	var timeout net.Error
	var stranger tls.RecordHeaderError
	switch {
	case errors.Is(err, errKey):
		return fmt.Errorf("at %s: %w", addr, errKey)
	case errors.As(err, &dns):
		return fmt.Errorf("their address %s does not resolve: %w", addr, err)
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("their listener refused at %s: their node is not running, or listens elsewhere", addr)
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return fmt.Errorf("our network has no way to %s", addr)
	case errors.As(err, &stranger), errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Errorf("what answers at %s is no Parley node: their side, or a wrong address on their card", addr)
	case errors.As(err, &alert), errors.As(err, &op) && op.Op == "remote error", strings.Contains(err.Error(), "remote error: tls"):
		return fmt.Errorf("at %s they refuse our certificate: their charter does not hold our link key", addr)
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled), errors.As(err, &timeout) && timeout.Timeout():
		return fmt.Errorf("no answer from %s within %s: their node, or the network between, is silent", addr, wait)
	case errors.Is(err, syscall.ECONNRESET), strings.Contains(err.Error(), "EOF"):
		return fmt.Errorf("they closed the connection at %s during the handshake", addr)
	}
	return fmt.Errorf("couldn't connect to them at %s: %w", addr, err)
}

// statusInWords says what an answer other than 200 means.
func statusInWords(addr string, status int) error {
	switch status {
	case http.StatusNotFound:
		return fmt.Errorf("at %s they do not know this line, or not us on it: has their node accepted the charter?", addr)
	case http.StatusConflict:
		return errTwice
	case http.StatusTooManyRequests:
		return fmt.Errorf("at %s they ask us to wait: we dialled again too soon", addr)
	case http.StatusForbidden:
		return fmt.Errorf("at %s they saw no certificate of ours", addr)
	}
	return fmt.Errorf("at %s their node answered %d %s", addr, status, http.StatusText(status))
}
