package main

import (
	"context"
	"net"
	"os"
	"strconv"
	"time"
)

// notify tells the service manager a state ("READY=1"), if one listens. It is
// systemd's protocol: one datagram to the socket named by NOTIFY_SOCKET.
func notify(state string) {
	path := os.Getenv("NOTIFY_SOCKET")
	if path == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		return
	}
	defer conn.Close()
	_, _ = conn.Write([]byte(state))
}

// watchdog says that we live twice in each period that the manager wants, but
// only while alive answers: a node whose loop hangs should be restarted.
func watchdog(ctx context.Context, alive func(context.Context) error) {
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if err != nil || usec <= 0 {
		return
	}
	every := time.Duration(usec) * time.Microsecond / 2
	for tick := time.NewTicker(every); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
			short, cancel := context.WithTimeout(ctx, every)
			if alive(short) == nil {
				notify("WATCHDOG=1")
			}
			cancel()
		}
	}
}
