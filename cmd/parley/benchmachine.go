package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"parley/party"
	"parley/record"
	"parley/utc"
)

// benchMachine is what this machine itself can do, measured in the same run:
// what nothing that is durable and signed can be faster than.
type benchMachine struct {
	Cores          int     `json:"cores"`
	GoVersion      string  `json:"go_version"`
	FsyncP50       float64 `json:"fsync_p50_us"` // 4 KiB at the end of a file, in the folder of the logs
	FsyncP99       float64 `json:"fsync_p99_us"`
	RTTP50         float64 `json:"rtt_p50_us"` // 512 bytes and back over TLS 1.3 on the loopback
	Sign           float64 `json:"sign_per_second"`
	Verify         float64 `json:"verify_per_second"`       // one by one
	BatchVerify    float64 `json:"batch_verify_per_second"` // many in one equation, as the node does
	SignVerify     float64 `json:"sign_and_batch_verify_per_second"`
	SignVerifyNote string  `json:"sign_and_batch_verify_means"`
}

func measureMachine(folder string) (m benchMachine, err error) {
	m.Cores, m.GoVersion = runtime.NumCPU(), runtime.Version()
	if m.FsyncP50, m.FsyncP99, err = measureFsync(folder); err != nil {
		return m, err
	}
	if m.RTTP50, err = measureRTT(); err != nil {
		return m, err
	}
	if m.Sign, m.Verify, m.BatchVerify, err = measureSignatures(); err != nil {
		return m, err
	}
	m.SignVerify = float64(m.Cores) / (1/m.Sign + 1/m.BatchVerify)
	m.SignVerifyNote = "all cores doing nothing but one signature and its share of a batch of 128 verifications for each record"
	return m, nil
}

func measureFsync(folder string) (p50, p99 float64, err error) {
	f, err := os.Create(filepath.Join(folder, "fsync"))
	if err != nil {
		return 0, 0, fmt.Errorf("couldn't measure the disk: %w", err)
	}
	defer f.Close()
	page := bytes.Repeat([]byte{7}, 4096)
	var took []time.Duration
	for end := time.Now().Add(time.Second); time.Now().Before(end) && len(took) < 4000; {
		if _, err := f.Write(page); err != nil {
			return 0, 0, fmt.Errorf("couldn't measure the disk: %w", err)
		}
		t := time.Now()
		if err := f.Sync(); err != nil {
			return 0, 0, fmt.Errorf("couldn't measure the disk: %w", err)
		}
		took = append(took, time.Since(t))
	}
	p50, p99, _ = quantiles(took)
	return p50, p99, nil
}

func measureRTT() (float64, error) {
	fail := func(err error) (float64, error) { return 0, fmt.Errorf("couldn't measure the loopback: %w", err) }
	_, seed := benchKey("rtt", "A", keyLink)
	key := ed25519.NewKeyFromSeed(seed[:])
	one := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<33, 0)}
	der, err := x509.CreateCertificate(nil, one, one, key.Public(), key)
	if err != nil {
		return fail(err)
	}
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{MinVersion: tls.VersionTLS13,
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	if err != nil {
		return fail(err)
	}
	defer ln.Close()
	go func() {
		if c, err := ln.Accept(); err == nil {
			_, _ = io.Copy(c, c)
			c.Close()
		}
	}()
	raw, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		return fail(err)
	}
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS13}) // ourselves, for a stopwatch
	defer c.Close()
	buf := make([]byte, 512)
	var took []time.Duration
	for end := time.Now().Add(time.Second / 2); time.Now().Before(end); {
		t := time.Now()
		if _, err := c.Write(buf); err != nil {
			return fail(err)
		}
		if _, err := io.ReadFull(c, buf); err != nil {
			return fail(err)
		}
		took = append(took, time.Since(t))
	}
	p50, _, _ := quantiles(took)
	return p50, nil
}

// measureSignatures gives how many a second one core signs, verifies, and
// verifies in batches, as the node does.
func measureSignatures() (sign, verify, batch float64, err error) {
	signer, seed := benchKey("signatures", "A", "duty")
	priv, key := ed25519.NewKeyFromSeed(seed[:]), signer.Public()
	const n = 128
	var leaves []*record.Parsed
	for i := range n {
		e := record.Envelope{Line: record.LineID{1}, Party: "A", Lane: record.Routine, Officer: "duty", Composed: utc.From(time.Now()), Precedence: record.Ordinary}
		leaf, err := record.Seal(e, record.Say{Text: fmt.Sprintf(benchWords, i), Lang: "en"}, signer)
		if err != nil {
			return 0, 0, 0, err
		}
		p, err := record.Parse(leaf)
		if err != nil {
			return 0, 0, 0, err
		}
		leaves = append(leaves, p)
	}
	// The best of a few slices: what else runs here would only slow them down.
	rate := func(n int, f func()) (best float64) {
		for range 5 {
			t, did := time.Now(), 0
			for time.Since(t) < 60*time.Millisecond {
				f()
				did += n
			}
			best = max(best, float64(did)/time.Since(t).Seconds())
		}
		return best
	}
	msg, bad := bytes.Repeat([]byte{1}, 300), 0
	sign = rate(1, func() { ed25519.Sign(priv, msg) })
	count := func(err error) {
		if err != nil {
			bad++
		}
	}
	verify = rate(1, func() { count(leaves[0].Verify(key)) })
	batch = rate(n, func() {
		for _, err := range record.VerifyAll(leaves, func(*record.Parsed) (party.Key, bool) { return key, true }) {
			count(err)
		}
	})
	if bad > 0 {
		return 0, 0, 0, fmt.Errorf("couldn't measure signatures: %d good ones did not verify", bad)
	}
	return sign, verify, batch, nil
}

// quantiles gives the middle, the 99th of a hundred and the largest, in µs.
func quantiles(d []time.Duration) (p50, p99, most float64) {
	if len(d) == 0 {
		return 0, 0, 0
	}
	slices.Sort(d)
	at := func(q float64) float64 {
		i := min(len(d)-1, int(math.Ceil(q*float64(len(d))))-1)
		return float64(d[max(i, 0)].Nanoseconds()) / 1000
	}
	return at(0.5), at(0.99), at(1)
}
