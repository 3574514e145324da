package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// mosquitto measures two Debian mosquittos with a bridge at QoS 2 between them,
// where it is installed. A client on the far one answers each message over the
// bridge; that answer is the receipt. Its persistence saves after each change,
// which is not a flush: it loses what it has acknowledged all the same.
func mosquitto(folder string, d time.Duration) rival {
	r := rival{Name: "mosquitto-bridge-qos2", Means: "answered by a client of the far broker; nothing is flushed or signed"}
	program, err := exec.LookPath("mosquitto")
	if err != nil {
		if program, err = exec.LookPath("/usr/sbin/mosquitto"); err != nil {
			r.Absent = "mosquitto is not installed (Debian: apt install mosquitto)"
			return r
		}
	}
	if r.Rows, err = runMosquitto(program, folder, d); err != nil {
		r.Absent = fmt.Sprintf("it failed: %v", err)
	}
	return r
}

func runMosquitto(program, folder string, d time.Duration) ([]row, error) {
	dir, err := os.MkdirTemp(folder, "mosquitto-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	far, near := freePort(), freePort()
	bridge := fmt.Sprintf("connection far\naddress 127.0.0.1:%d\ntopic said/# out 2\ntopic receipt/# in 2\ncleansession false\nrestart_timeout 1\n", far)
	for name, port := range map[string]int{"far": far, "near": near} {
		text := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous true\npersistence true\npersistence_location %s/%s-\nautosave_interval 1\nautosave_on_changes true\nmax_inflight_messages 0\nmax_queued_messages 0\n", port, dir, name)
		if name == "near" {
			text += bridge
		}
		file := filepath.Join(dir, name+".conf")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			return nil, err
		}
		args := []string{"-c", file}
		cmd := exec.Command(program, args...)
		if err := cmd.Start(); err != nil {
			return nil, err
		}
		defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	}
	return mosquittoRows(far, near, d)
}

func mosquittoRows(far, near int, d time.Duration) ([]row, error) {
	connect := func(id string, port int) (mqtt.Client, error) {
		var last error
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
			c := mqtt.NewClient(mqtt.NewClientOptions().AddBroker(fmt.Sprintf("tcp://127.0.0.1:%d", port)).SetClientID(id).SetOrderMatters(false))
			t := c.Connect()
			if t.WaitTimeout(2*time.Second) && t.Error() == nil {
				return c, nil
			}
			last = t.Error()
		}
		return nil, fmt.Errorf("couldn't connect to port %d: %v", port, last)
	}
	reader, err := connect("reader", far)
	if err != nil {
		return nil, err
	}
	defer reader.Disconnect(0)
	writer, err := connect("writer", near)
	if err != nil {
		return nil, err
	}
	defer writer.Disconnect(0)
	var waiting sync.Map
	reader.Subscribe("said/#", 2, func(c mqtt.Client, m mqtt.Message) { c.Publish("receipt/a", 2, false, m.Payload()[:16]) }).Wait()
	writer.Subscribe("receipt/#", 2, func(_ mqtt.Client, m mqtt.Message) {
		if ch, ok := waiting.LoadAndDelete(string(m.Payload())); ok {
			close(ch.(chan struct{}))
		}
	}).Wait()
	time.Sleep(2 * time.Second) // until the bridge stands
	var rows []row
	for i, writers := range []int{1, 32} {
		r, err := write(writers, d, func(w, n int) error {
			msg := append([]byte(pad(i)+"-"+pad(w)+pad(n)), payload...)
			ch := make(chan struct{})
			waiting.Store(string(msg[:16]), ch)
			writer.Publish("said/a", 2, false, msg)
			select {
			case <-ch:
				return nil
			case <-time.After(5 * time.Second):
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

func freePort() int {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port
}
