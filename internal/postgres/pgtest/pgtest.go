//go:build linux

// Package pgtest runs throw-away PostgreSQL clusters for tests, from Debian's
// binaries, under a temporary folder, as an unprivileged user (PostgreSQL
// refuses to run as root), on Unix sockets only. They write with fsync on, as
// Parley demands, and die with the test's process.
package pgtest

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is how long a server may take to start, stop or promote on a busy
// machine before the test fails.
const patience = 60 * time.Second

// tools are what a folder must hold to be taken.
var tools = []string{"postgres", "initdb", "pg_basebackup"}

// Bin gives the folder of PostgreSQL 15 or newer: PARLEY_POSTGRES_BIN, or the
// newest of Debian's, or where initdb is in PATH. Where there is none the test
// is skipped, and in CI (PARLEY_CI=1) it fails.
func Bin(t testing.TB) string {
	t.Helper()
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	if p, err := exec.LookPath("initdb"); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	if p := os.Getenv("PARLEY_POSTGRES_BIN"); p != "" {
		dirs = []string{p}
	}
	best, version := "", 0
	for _, dir := range dirs {
		if v := versionOf(dir); v > version {
			best, version = dir, v
		}
	}
	if version >= 15 {
		return best
	}
	const missing = "PostgreSQL 15 or newer isn't here: run make deps, or set PARLEY_POSTGRES_BIN"
	if os.Getenv("PARLEY_CI") == "1" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

var major = regexp.MustCompile(`\) (\d+)`)

func versionOf(dir string) int {
	for _, tool := range tools {
		if _, err := os.Stat(filepath.Join(dir, tool)); err != nil {
			return 0
		}
	}
	out, err := exec.Command(filepath.Join(dir, "postgres"), "--version").Output()
	if err != nil {
		return 0
	}
	m := major.FindSubmatch(out)
	if m == nil {
		return 0
	}
	v, _ := strconv.Atoi(string(m[1]))
	return v
}

// starter starts processes from one thread that lives as long as we do, so
// that they die with us (Pdeathsig means the thread that started them).
var starter = sync.OnceValue(func() chan<- func() {
	c := make(chan func())
	go func() {
		runtime.LockOSThread()
		for f := range c {
			f()
		}
	}()
	return c
})

func start(cmd *exec.Cmd) error {
	done := make(chan error)
	starter() <- func() { done <- cmd.Start() }
	return <-done
}

// unprivileged gives who the server runs as: ourselves, or as root the user
// postgres or nobody.
func unprivileged(t testing.TB) *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		return attr
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(u.Uid, 10, 32)
			gid, _ := strconv.ParseUint(u.Gid, 10, 32)
			attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return attr
		}
	}
	t.Fatal("we are root, and there is no user postgres or nobody to run PostgreSQL as")
	return nil
}

// Server is one cluster, running or not.
type Server struct {
	t    testing.TB
	bin  string
	attr *syscall.SysProcAttr
	name string // its application_name as a standby
	dir  string // holds data/ and the socket
	cmd  *exec.Cmd
	log  *os.File
}

func newServer(t testing.TB, name string) *Server {
	t.Helper()
	s := &Server{t: t, bin: Bin(t), name: name, attr: unprivileged(t)}
	var err error
	// Short, and not below t.TempDir: a socket's path has 107 bytes at most.
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		t.Fatal(err)
	}
	if c := s.attr.Credential; c != nil {
		if err := os.Chown(s.dir, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	if s.log, err = os.Create(filepath.Join(s.dir, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Kill()
		if t.Failed() {
			text, _ := os.ReadFile(s.log.Name())
			t.Logf("log of PostgreSQL %s:\n%s", s.name, text[max(0, len(text)-4000):])
		}
		s.log.Close()
		os.RemoveAll(s.dir)
	})
	return s
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// DSN connects to it as its superuser.
func (s *Server) DSN() string { return "host=" + s.dir + " user=parley dbname=postgres" }

func (s *Server) run(tool string, args ...string) {
	s.t.Helper()
	cmd := exec.Command(filepath.Join(s.bin, tool), args...)
	cmd.SysProcAttr = s.attr
	cmd.Dir = s.dir
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := start(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", tool, err, out.Bytes())
	}
}

// Primary makes a cluster and starts it. standbys becomes
// synchronous_standby_names.
func Primary(t testing.TB, name, standbys string) *Server {
	t.Helper()
	s := newServer(t, name)
	s.run("initdb", "-D", s.data(), "-U", "parley", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
	conf := fmt.Sprintf(`listen_addresses = ''
shared_buffers = 16MB
max_connections = 40
max_wal_senders = 5
autovacuum = off
wal_receiver_status_interval = 1
wal_retrieve_retry_interval = 100ms
synchronous_standby_names = '%s'
`, standbys)
	f, err := os.OpenFile(filepath.Join(s.data(), "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(conf)
		f.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	return s
}

// Standby makes a standby of a running server, streaming from it, and starts it.
func (s *Server) Standby(name string) *Server {
	s.t.Helper()
	b := newServer(s.t, name)
	b.run("pg_basebackup", "-D", b.data(), "-d", s.DSN(), "-R", "-X", "stream", "-c", "fast", "--no-sync")
	f, err := os.OpenFile(filepath.Join(b.data(), "postgresql.auto.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = fmt.Fprintf(f, "primary_conninfo = 'host=%s user=parley application_name=%s'\n", s.dir, name)
		f.Close()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	b.Start()
	return b
}

// Start starts it and waits until it answers.
func (s *Server) Start() {
	s.t.Helper()
	s.cmd = exec.Command(filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir)
	s.cmd.SysProcAttr = s.attr
	s.cmd.Dir = s.dir
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	if err := start(s.cmd); err != nil {
		s.t.Fatalf("couldn't start PostgreSQL: %v", err)
	}
	s.Wait("that "+s.name+" answers", "SELECT true")
}

// Kill kills every process of it with SIGKILL, as when the machine dies (but
// for what the kernel holds back from the disk). No more is of it afterwards.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGSTOP) // so that it forks no more
	for _, pid := range children(s.cmd.Process.Pid) {
		syscall.Kill(pid, syscall.SIGKILL)
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	s.cmd = nil
	os.Remove(filepath.Join(s.data(), "postmaster.pid"))
}

// Freeze stops every process of it where it is, as when the machine hangs:
// connections stay, answers don't come. Thaw lets it go on.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw ends Freeze.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(sig syscall.Signal) {
	s.cmd.Process.Signal(sig)
	for _, pid := range children(s.cmd.Process.Pid) {
		syscall.Kill(pid, sig)
	}
}

func children(parent int) []int {
	var all []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		// pid (name) state ppid …; the name may hold anything.
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err == nil && len(fields) > 1 && fields[1] == strconv.Itoa(parent) {
			all = append(all, pid)
		}
	}
	return all
}

// Promote makes a standby a primary.
func (s *Server) Promote() {
	s.t.Helper()
	s.Exec("SELECT pg_promote(true, 60)")
	s.Wait("that "+s.name+" takes writes", "SELECT NOT pg_is_in_recovery()")
}

// Exec runs statements, each on its own, as the superuser.
func (s *Server) Exec(statements ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := pgx.Connect(ctx, s.DSN())
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close(ctx)
	for _, q := range statements {
		if _, err := c.Exec(ctx, q); err != nil {
			s.t.Fatalf("%s: %v", q, err)
		}
	}
}

// Set changes a setting for the server and waits until new sessions have it.
func (s *Server) Set(setting, value string) {
	s.t.Helper()
	s.Exec(fmt.Sprintf("ALTER SYSTEM SET %s = '%s'", setting, value), "SELECT pg_reload_conf()")
	s.Wait(setting+" is "+value, fmt.Sprintf("SELECT current_setting('%s') = '%s'", setting, value))
}

// Wait asks until the answer is true.
func (s *Server) Wait(what, query string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ask := func() (yes bool, err error) {
		c, err := pgx.Connect(ctx, s.DSN())
		if err != nil {
			return false, err
		}
		defer c.Close(ctx)
		err = c.QueryRow(ctx, query).Scan(&yes)
		return yes, err
	}
	for {
		yes, err := ask()
		if yes && err == nil {
			return
		}
		select {
		case <-ctx.Done():
			s.t.Fatalf("waited in vain for %s: %v", what, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// WaitSync waits until a synchronous standby of this name streams and has
// everything.
func (s *Server) WaitSync(name string) {
	s.t.Helper()
	s.Wait("the synchronous standby "+name, fmt.Sprintf(`SELECT EXISTS (SELECT FROM pg_stat_replication
		WHERE application_name = '%s' AND sync_state = 'sync' AND flush_lsn >= pg_current_wal_flush_lsn())`, name))
}
