package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// jetStream measures two embedded NATS servers, one a leaf node of the other,
// each with a JetStream domain of its own and every write flushed. The writer
// publishes to a stream on the leaf; the hub's stream sources it; a consumer on
// the hub answers each message over core NATS once its stream has stored it.
// That answer is the receipt: nobody has signed anything.
func jetStream(folder string, d time.Duration) rival {
	r := rival{Name: "nats-jetstream-leaf-sourcing-sync-always",
		Means: "stored on the leaf, sourced and stored on the hub, both flushed; an answer by the hub's consumer; nothing is signed"}
	rows, err := runJetStream(folder, d)
	if err != nil {
		r.Absent = fmt.Sprintf("it failed: %v", err)
	}
	r.Rows = rows
	return r
}

func runJetStream(folder string, d time.Duration) ([]row, error) {
	dir, err := os.MkdirTemp(folder, "jetstream-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	port := freePort()
	hub, err := startNATS(server.Options{ServerName: "hub", StoreDir: filepath.Join(dir, "hub"), JetStreamDomain: "hub",
		LeafNode: server.LeafNodeOpts{Host: "127.0.0.1", Port: port}})
	if err != nil {
		return nil, err
	}
	defer hub.Shutdown()
	leafURL := &url.URL{Scheme: "nats", Host: fmt.Sprintf("127.0.0.1:%d", port)}
	leaf, err := startNATS(server.Options{ServerName: "leaf", StoreDir: filepath.Join(dir, "leaf"), JetStreamDomain: "leaf",
		LeafNode: server.LeafNodeOpts{Remotes: []*server.RemoteLeafOpts{{URLs: []*url.URL{leafURL}}}}})
	if err != nil {
		return nil, err
	}
	defer leaf.Shutdown()
	for end := time.Now().Add(10 * time.Second); hub.NumLeafNodes() == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			return nil, fmt.Errorf("the leaf did not connect")
		}
	}
	return jetStreamRows(hub, leaf, d)
}

func startNATS(o server.Options) (*server.Server, error) {
	o.Host, o.Port, o.JetStream, o.SyncAlways, o.NoSigs, o.NoLog = "127.0.0.1", -1, true, true, true, true
	s, err := server.NewServer(&o)
	if err != nil {
		return nil, err
	}
	go s.Start()
	if !s.ReadyForConnections(10 * time.Second) {
		return nil, fmt.Errorf("%s did not start", o.ServerName)
	}
	return s, nil
}

func jetStreamRows(hub, leaf *server.Server, d time.Duration) ([]row, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second+4*d)
	defer cancel()
	hubConn, err := nats.Connect(hub.ClientURL())
	if err != nil {
		return nil, err
	}
	defer hubConn.Close()
	leafConn, err := nats.Connect(leaf.ClientURL())
	if err != nil {
		return nil, err
	}
	defer leafConn.Close()
	leafJS, err := jetstream.New(leafConn)
	if err != nil {
		return nil, err
	}
	hubJS, err := jetstream.New(hubConn)
	if err != nil {
		return nil, err
	}
	if _, err := leafJS.CreateStream(ctx, jetstream.StreamConfig{Name: "SAID", Subjects: []string{"said.>"}, Storage: jetstream.FileStorage}); err != nil {
		return nil, err
	}
	held, err := hubJS.CreateStream(ctx, jetstream.StreamConfig{Name: "HELD", Storage: jetstream.FileStorage,
		Sources: []*jetstream.StreamSource{{Name: "SAID", Domain: "leaf"}}})
	if err != nil {
		return nil, err
	}
	consumer, err := held.CreateConsumer(ctx, jetstream.ConsumerConfig{AckPolicy: jetstream.AckNonePolicy, DeliverPolicy: jetstream.DeliverAllPolicy})
	if err != nil {
		return nil, err
	}
	cc, err := consumer.Consume(func(m jetstream.Msg) { _ = hubConn.Publish("receipt", m.Data()[:16]) })
	if err != nil {
		return nil, err
	}
	defer cc.Stop()
	var waiting sync.Map
	if _, err := leafConn.Subscribe("receipt", func(m *nats.Msg) {
		if ch, ok := waiting.LoadAndDelete(string(m.Data)); ok {
			close(ch.(chan struct{}))
		}
	}); err != nil {
		return nil, err
	}
	if err := leafConn.Flush(); err != nil {
		return nil, err
	}
	time.Sleep(500 * time.Millisecond) // until the hub has heard of the subscription
	var rows []row
	for i, writers := range []int{1, 32} {
		r, err := write(writers, d, func(w, n int) error {
			msg := append([]byte(pad(i)+"-"+pad(w)+pad(n)), payload...)
			ch := make(chan struct{})
			waiting.Store(string(msg[:16]), ch)
			if _, err := leafJS.Publish(ctx, "said.a", msg); err != nil {
				return err
			}
			select {
			case <-ch:
				return nil
			case <-ctx.Done():
				return fmt.Errorf("no receipt for message %d of writer %d", n, w)
			}
		})
		if err != nil {
			return rows, err
		}
		rows = append(rows, r)
	}
	return rows, nil
}

// pad makes a number part of a fixed-length name: 16 bytes for row, writer and
// message together.
func pad(n int) string {
	s := strconv.FormatInt(int64(n), 36)
	const zeros = "00000"
	if len(s) < len(zeros) {
		s = zeros[len(s):] + s
	}
	return s
}
