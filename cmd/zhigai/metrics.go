package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"zhigai/connect"
	"zhigai/link"
	"zhigai/plant"
)

// metrics are what the parts of the node count, asked when they are scraped.
// Prefixes follow the rooms; units are seconds and bytes.
func (n *node) metrics() *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), nodeMetrics{n})
	return r
}

// metric is one name of the table below.
type metric struct {
	*prometheus.Desc
	kind prometheus.ValueType
}

func counter(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("zhigai_"+name, help, labels, nil), prometheus.CounterValue}
}

func gauge(name, help string, labels ...string) metric {
	return metric{prometheus.NewDesc("zhigai_"+name, help, labels, nil), prometheus.GaugeValue}
}

var (
	buildInfo = gauge("build_info", "Always 1; the label says which program runs.", "version")
	nodeStart = gauge("start_time_seconds", "When the node was opened, Unix time.")
	nodeWell  = gauge("check_ok", "1 where the check of the health page holds.", "check")

	samplesTotal = counter("history_samples_total", "Samples made durable and acknowledged.")
	batchesTotal = counter("history_batches_total", "Batches made durable and acknowledged.")
	fsyncsTotal  = counter("history_fsyncs_total", "Commits of the raw log, each with an fsync; several batches share one.")
	fsyncSeconds = gauge("history_last_fsync_seconds", "How long the last commit took.")
	heldSamples  = gauge("history_held_samples", "Samples in memory that are not in chunks yet; they are durable in the raw log.")
	rawBatches   = gauge("history_backlog_batches", "Batches in the raw log.")
	chunksTotal  = counter("history_chunks_total", "Chunks written.")
	damagedTotal = counter("history_damaged_total", "Chunks that could not be read.")
	engineErrors = counter("history_engine_errors_total", "Errors of background work of the storage engine.")
	historyBytes = gauge("history_bytes", "Bytes on the disk.")
	spaceBytes   = gauge("history_space_bytes", "Bytes on the disk by what they are for.", "space")
	readerBehind = gauge("history_reader_behind_batches", "Batches that a reader of the raw log has not seen.", "reader")

	recordEvents = counter("record_events_total", "Events in the journal.")
	recordBytes  = gauge("record_bytes", "Bytes of the record's files; left out for a database server.")

	marksTotal  = counter("figures_marked_total", "Times that facts marked windows of a machine dirty.")
	foldsTotal  = counter("figures_folded_total", "Windows folded from facts.")
	foldSeconds = counter("figures_fold_seconds_total", "Time spent on folding.")
	foldsFailed = counter("figures_failed_total", "Folds that could not be done.")
	dirtyNow    = gauge("figures_dirty_windows", "Windows that wait for a fold; more than 1000 are not counted.")

	deviceUp       = gauge("device_up", "1 while the device answers.", "device", "driver")
	deviceRequests = counter("device_requests_total", "Requests sent to the device, or messages of it.", "device", "driver")
	deviceTimeouts = counter("device_timeouts_total", "Requests without an answer in time.", "device", "driver")
	deviceErrors   = counter("device_errors_total", "Failures by kind.", "device", "driver", "kind")
	deviceMissed   = counter("device_missed_periods_total", "Polls that began a period late or later.", "device", "driver")
	deviceSamples  = counter("device_samples_total", "Samples of the device made durable.", "device", "driver")
	deviceRefused  = counter("device_refused_total", "Samples that the store did not accept.", "device", "driver")
	deviceNotKept  = counter("device_not_kept_total", "Readings left out because the disk was low.", "device", "driver")
	deviceGated    = counter("device_bad_readings_total", "Readings that are no values, by reason.", "device", "driver", "reason")
	deviceStretch  = gauge("device_stretch", "The device is polled at that many times its period; 1 is normal.", "device", "driver")
	deviceAnswer   = gauge("device_response_seconds", "How long the device takes to answer.", "device", "driver", "quantile")
	tenantDevices  = gauge("tenant_devices", "Devices of the other tenants by number: none is named.", "tenant", "state")

	stretchesTotal = counter("sources_stretched_total", "Times that a poll period was stretched.")
	mqttPending    = gauge("mqtt_pending_messages", "Messages of MQTT clients that are not handled yet.")
	mqttPendingB   = gauge("mqtt_pending_bytes", "Bytes of these messages.")
	mqttHeld       = counter("mqtt_held_total", "Times that a client had to wait at its socket.")
	mqttWithheld   = counter("mqtt_withheld_total", "Messages that were not acknowledged.")
	mqttDropped    = counter("mqtt_dropped_total", "Messages without acknowledgement (QoS 0) that were thrown away.")
	mqttExceeded   = counter("mqtt_exceeded_total", "Clients ended because they sent more than they may without acknowledgement.")

	diskFree  = gauge("disk_free_bytes", "Room that is left where samples are kept.")
	diskTotal = gauge("disk_bytes", "Size of that disk.")
	diskLevel = gauge("disk_level", "0 ok, 1 warn, 2 low, 3 scarce, 4 stop: nothing is accepted.")

	parentUp     = gauge("parent_up", "1 while connected to the node above.")
	parentBehind = gauge("parent_backlog_items", "Items that the node above does not have yet.", "stream")
	parentBytes  = gauge("parent_backlog_bytes", "Bytes of them.", "stream")
	parentSent   = counter("parent_acknowledged_items_total", "Items that the node above acknowledged.", "stream")
	parentResent = counter("parent_resent_total", "Deliveries sent again.")
	outboxUsed   = gauge("parent_outbox_used", "Share of the nearer limit of the outbox, 0..1.")
	childUp      = gauge("node_up", "1 while the node below is connected.", "node")
	childItems   = counter("node_items_total", "Items of the node below that were committed.", "node")
	childBytes   = counter("node_received_bytes_total", "Bytes received from the node below.", "node")
	childAgain   = counter("node_repeated_items_total", "Items that came once more.", "node")
	childBehind  = gauge("node_backlog_items", "Items that are still at the node below.", "node", "stream")
	childOutbox  = gauge("node_outbox_used", "Share of the nearer limit of its outbox, 0..1.", "node")
)

// nodeMetrics asks a node. Devices and nodes come and go, so that nothing is
// described beforehand.
type nodeMetrics struct{ n *node }

var _ prometheus.Collector = nodeMetrics{}

func (nodeMetrics) Describe(chan<- *prometheus.Desc) {}

// scrapeWithin bounds what a scrape asks of the record.
const scrapeWithin = 3 * time.Second

// scrape is one round.
type scrape struct {
	context.Context
	n       *node
	to      chan<- prometheus.Metric
	tenants []plant.TenantNo
}

func (m nodeMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapeWithin)
	defer cancel()
	tenants, _ := m.n.tenants.list(ctx) // the check of the record says why not
	s := scrape{ctx, m.n, to, tenants}
	s.put(buildInfo, 1, version)
	s.put(nodeStart, float64(m.n.started.UnixMilli())/1e3)
	for _, c := range m.n.health(ctx) {
		s.put(nodeWell, asNumber(c.OK), c.Name)
	}
	s.history()
	s.record()
	s.figures()
	s.devices()
	s.sources()
	s.disk()
	s.links()
}

func (s scrape) put(m metric, v float64, labels ...string) {
	s.to <- prometheus.MustNewConstMetric(m.Desc, m.kind, v, labels...)
}

func asNumber(ok bool) float64 {
	if ok {
		return 1
	}
	return 0
}

func (s scrape) history() {
	st := s.n.history.Stats()
	s.put(samplesTotal, float64(st.Samples))
	s.put(batchesTotal, float64(st.Batches))
	s.put(fsyncsTotal, float64(st.Commits))
	s.put(fsyncSeconds, st.LastSync.Seconds())
	s.put(heldSamples, float64(st.Held))
	s.put(rawBatches, float64(st.Backlog))
	s.put(chunksTotal, float64(st.Chunks))
	s.put(damagedTotal, float64(st.Damaged))
	s.put(engineErrors, float64(st.Engine))
	s.put(historyBytes, float64(st.DiskBytes))
	for space, bytes := range st.Spaces {
		s.put(spaceBytes, float64(bytes), space)
	}
	last := s.n.history.LastSeq()
	for reader, at := range s.n.history.Cursors() {
		s.put(readerBehind, float64(last-min(at, last)), reader)
	}
}

func (s scrape) record() {
	var events uint64
	for _, t := range s.tenants {
		events += s.n.stores.record.LastSeq(t)
	}
	s.put(recordEvents, float64(events))
	if bytes := sizeOf(filepath.Join(s.n.dir, "record")); bytes > 0 {
		s.put(recordBytes, float64(bytes))
	}
}

// sizeOf adds up the files below a folder; what vanishes meanwhile is left out.
func sizeOf(dir string) (bytes int64) {
	_ = fs.WalkDir(os.DirFS(dir), ".", func(_ string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				bytes += info.Size()
			}
		}
		return nil
	})
	return bytes
}

// maxDirty bounds the windows that a scrape counts.
const maxDirty = 1000

func (s scrape) figures() {
	st := s.n.engine.Stats()
	s.put(marksTotal, float64(st.Marks))
	s.put(foldsTotal, float64(st.Folds))
	s.put(foldSeconds, st.FoldTime.Seconds())
	s.put(foldsFailed, float64(st.Failed))
	waiting := 0
	for _, t := range s.tenants {
		dirty, err := s.n.stores.figures.DirtyWindows(s, t, maxDirty)
		if err != nil { // the check of the record says why not
			return
		}
		waiting = min(waiting+len(dirty), maxDirty)
	}
	s.put(dirtyNow, float64(waiting))
}

func (s scrape) devices() {
	others := map[plant.TenantNo][2]int{} // devices that are up, and that are not
	for _, d := range s.n.collector.Status() {
		if d.State == connect.StateOff {
			continue
		}
		if d.Tenant != homeTenant { // paths of one firm are not shown with those of another
			n := others[d.Tenant]
			n[int(1-asNumber(d.State == connect.StateUp))]++
			others[d.Tenant] = n
			continue
		}
		of := []string{d.Path, d.Driver}
		s.put(deviceUp, asNumber(d.State == connect.StateUp), of...)
		s.put(deviceRequests, float64(d.Requests), of...)
		s.put(deviceTimeouts, float64(d.Timeouts), of...)
		s.put(deviceMissed, float64(d.Missed), of...)
		s.put(deviceSamples, float64(d.Samples), of...)
		s.put(deviceRefused, float64(d.Refused), of...)
		s.put(deviceNotKept, float64(d.NotKept), of...)
		s.put(deviceStretch, float64(max(1, d.Stretch)), of...)
		for kind, n := range d.Errors {
			s.put(deviceErrors, float64(n), d.Path, d.Driver, kind)
		}
		for reason, n := range d.Gated {
			s.put(deviceGated, float64(n), d.Path, d.Driver, reason)
		}
		s.put(deviceAnswer, d.Response.P50/1e3, d.Path, d.Driver, "0.5")
		s.put(deviceAnswer, d.Response.P99/1e3, d.Path, d.Driver, "0.99")
	}
	for t, n := range others {
		s.put(tenantDevices, float64(n[0]), fmt.Sprint(t), "up")
		s.put(tenantDevices, float64(n[1]), fmt.Sprint(t), "down")
	}
}

func (s scrape) sources() {
	c, m := s.n.collector.Pressure(), s.n.broker.Pressure()
	s.put(stretchesTotal, float64(c.Stretches))
	s.put(mqttPending, float64(m.Pending))
	s.put(mqttPendingB, float64(m.Bytes))
	s.put(mqttHeld, float64(m.Held))
	s.put(mqttWithheld, float64(m.Withheld))
	s.put(mqttDropped, float64(m.Dropped))
	s.put(mqttExceeded, float64(m.Exceeded))
}

func (s scrape) disk() {
	d := s.n.disk.Status()
	if d.Total == 0 { // the file system does not tell
		return
	}
	s.put(diskFree, float64(d.Free))
	s.put(diskTotal, float64(d.Total))
	s.put(diskLevel, float64(d.Level))
}

func (s scrape) links() {
	l := links{s.n}
	if up := l.Parent(s); up != nil {
		s.put(parentUp, asNumber(up.State == link.StateUp))
		s.put(parentResent, float64(up.Resent))
		s.put(outboxUsed, up.Outbox.Used)
		for _, one := range up.Streams {
			s.put(parentBehind, float64(one.Backlog), string(one.Stream))
			s.put(parentBytes, float64(one.BacklogBytes), string(one.Stream))
			s.put(parentSent, float64(one.Sent), string(one.Stream))
		}
	}
	nodes, err := l.Nodes(s)
	if err != nil { // the check of the nodes says so
		return
	}
	for _, one := range nodes {
		if one.Node.Revoked != 0 {
			continue
		}
		name := string(one.Node.ID) // two nodes may bear one name
		s.put(childUp, asNumber(one.Connected), name)
		s.put(childItems, float64(one.Items), name)
		s.put(childBytes, float64(one.Bytes), name)
		s.put(childAgain, float64(one.Repeated), name)
		s.put(childOutbox, one.Outbox.Used, name)
		for _, stream := range one.Streams {
			s.put(childBehind, float64(stream.Backlog), name, string(stream.Stream))
		}
	}
}
