package api

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// meters are the node's figures for Prometheus, in a registry of their own.
// They tell counts and times, never a name, a place or a word.
type meters struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeters(seat Seat, h *hub) *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "parley_http_requests_total", Help: "Requests answered, by path and status."}, []string{"method", "path", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "parley_http_request_seconds", Help: "How long answers took.",
			Buckets: []float64{.001, .005, .02, .1, .5, 2, 10}}, []string{"path"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, figures{seat, h})
	return m
}

func (m *meters) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// request counts one answer. Only our own paths become labels.
func (m *meters) request(method, path string, status int, took time.Duration) {
	if path != "/metrics" && !known[path] {
		if strings.HasPrefix(path, "/v1/") {
			path = "unknown"
		} else {
			path = "console"
		}
	}
	switch method {
	case http.MethodGet, http.MethodPost, http.MethodHead:
	default:
		method = "other"
	}
	m.requests.WithLabelValues(method, path, strconv.Itoa(status)).Inc()
	if path != "/v1/events" {
		m.seconds.WithLabelValues(path).Observe(took.Seconds())
	}
}

// known are the paths of openapi.yaml; a test holds the two together.
var known = map[string]bool{
	"/v1/status": true, "/v1/picture": true, "/v1/tracks": true, "/v1/events": true, "/v1/records": true,
	"/v1/preview": true, "/v1/alerts/acknowledge": true, "/v1/relays": true, "/v1/openings": true, "/v1/clock": true,
	"/v1/export": true, "/v1/lines": true, "/v1/lines/close": true, "/v1/phrases": true, "/v1/places": true,
	"/v1/session": true, "/v1/sign-on": true, "/v1/sign-off": true, "/v1/links": true,
}

// figures asks the seat when Prometheus asks us.
type figures struct {
	seat Seat
	hub  *hub
}

var (
	descAlerts      = prometheus.NewDesc("parley_alerts_open", "Alerts that nobody has acknowledged.", nil, nil)
	descUnreceipted = prometheus.NewDesc("parley_records_unreceipted", "Our records that some member has not yet receipted.", nil, nil)
	descTracks      = prometheus.NewDesc("parley_tracks", "Tracks held.", nil, nil)
	descUnlogged    = prometheus.NewDesc("parley_unlogged", "1 while the disk does not take what is said.", nil, nil)
	descStreams     = prometheus.NewDesc("parley_event_streams", "Open event streams.", nil, nil)
	descUp          = prometheus.NewDesc("parley_link_up", "1 where the link to this party on this line is up.", []string{"line", "party"}, nil)
	descRTT         = prometheus.NewDesc("parley_link_round_trip_seconds", "The link test's last round trip.", []string{"line", "party"}, nil)
	descFeedUp      = prometheus.NewDesc("parley_feed_connected", "1 while this source of tracks is connected.", []string{"feed"}, nil)
	descFeedHeard   = prometheus.NewDesc("parley_feed_last_heard_seconds", "Unix time of its newest report; 0: none yet.", []string{"feed"}, nil)
	descFeedReports = prometheus.NewDesc("parley_feed_reports_total", "Tracks that it reported.", []string{"feed"}, nil)
	descFeedBad     = prometheus.NewDesc("parley_feed_bad_total", "Lines of it that could not be read.", []string{"feed"}, nil)
	descFeedRefused = prometheus.NewDesc("parley_feed_refused_total", "Reports of it that were refused.", []string{"feed"}, nil)
	descSkew        = prometheus.NewDesc("parley_link_clock_skew_seconds", "Their clock minus ours.", []string{"line", "party"}, nil)
)

func (f figures) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descAlerts, descUnreceipted, descTracks, descUnlogged, descStreams, descUp, descRTT, descSkew,
		descFeedUp, descFeedHeard, descFeedReports, descFeedBad, descFeedRefused} {
		ch <- d
	}
}

func (f figures) Collect(ch chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	bit := func(b bool) float64 {
		if b {
			return 1
		}
		return 0
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	st, err := f.seat.Status(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(descAlerts, err)
		return
	}
	gauge(descAlerts, float64(st.Alerts))
	gauge(descUnreceipted, float64(st.Unreceipted))
	gauge(descTracks, float64(st.Tracks))
	gauge(descUnlogged, bit(st.Unlogged))
	gauge(descStreams, float64(f.hub.count()))
	count := func(d *prometheus.Desc, v uint64, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.CounterValue, float64(v), label)
	}
	for _, fd := range st.Feeds {
		gauge(descFeedUp, bit(fd.Connected), fd.Name)
		gauge(descFeedHeard, float64(fd.LastHeard)/1000, fd.Name)
		count(descFeedReports, fd.Reports, fd.Name)
		count(descFeedBad, fd.Bad, fd.Name)
		count(descFeedRefused, fd.Refused, fd.Name)
	}
	for _, l := range st.Lines {
		for _, p := range l.Peers {
			gauge(descUp, bit(p.State == "up"), l.Name, string(p.Party))
			gauge(descRTT, p.RTTMs/1000, l.Name, string(p.Party))
			gauge(descSkew, p.SkewMs/1000, l.Name, string(p.Party))
		}
	}
}
