package bench

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"zhigai/connect/mqtt/client"
	"zhigai/plant"
)

// traffic is messages of machines: each a client that publishes a JSON document
// of all its signals with QoS 1 and waits for the acknowledgement.
type traffic struct {
	shape Shape
	every time.Duration // between two messages of a machine
	span  time.Duration
}

func (t traffic) messages() int { return t.shape.Machines * int(t.span/t.every) }

// points is what is sent, and what must be found stored.
func (t traffic) points() int { return t.messages() * t.shape.Signals }

// firstSignal of a message: every value of it is news, and is stored by all.
const firstSignal = 1

// topic of the i-th machine's messages, below its path.
const topic = "data"

// plantOf is the plant of these machines over MQTT.
func (t traffic) plantOf(now time.Time) Plant {
	return Plant{
		Profile: profileYAML("mqtt", firstSignal, t.shape.Signals, t.every, func(i int) string { return topic + "#/" + fieldName(i) }),
		Model: model(t.shape.Machines, func(i int) plant.Device {
			return plant.Device{Driver: "mqtt", Address: machinePath(i), Params: map[string]string{"time": "/t"}}
		}),
		Since: now,
	}
}

func fieldName(i int) string { return "v" + strconv.Itoa(i) }

// message appends the document of one round.
func message(dst []byte, signals, r int, at time.Time) []byte {
	dst = append(dst, `{"t":`...)
	dst = strconv.AppendInt(dst, at.UnixMilli(), 10)
	for i := range signals {
		dst = append(dst, `,"`...)
		dst = append(dst, fieldName(i)...)
		dst = append(dst, `":`...)
		dst = strconv.AppendFloat(dst, value(i+firstSignal, r), 'f', -1, 64)
	}
	return append(dst, '}')
}

// send publishes everything and tells how long acknowledgements took after
// their message was due.
func (t traffic) send(ctx context.Context, address string) (Latencies, error) {
	var mu sync.Mutex
	var all Latencies
	var errs []error
	var wg sync.WaitGroup
	start := time.Now().Add(100 * time.Millisecond) // all have connected by then
	for i := range t.shape.Machines {
		wg.Go(func() {
			own, err := t.machine(ctx, address, i, start)
			mu.Lock()
			defer mu.Unlock()
			for _, d := range own.all {
				all.Add(d)
			}
			if err != nil {
				errs = append(errs, fmt.Errorf("%s: %w", machineName(i), err))
			}
		})
	}
	wg.Wait()
	if len(errs) > 3 {
		errs = append(errs[:3], fmt.Errorf("and %d more", len(errs)-3))
	}
	return all, errors.Join(errs...)
}

func (t traffic) machine(ctx context.Context, address string, i int, start time.Time) (Latencies, error) {
	var l Latencies
	c, err := client.Dial(ctx, client.Options{Address: address, Client: machineName(i), KeepAlive: 30 * time.Second})
	if err != nil {
		return l, err
	}
	defer c.Close()
	due := start.Add(t.every * time.Duration(i) / time.Duration(t.shape.Machines))
	var buf []byte
	for r := range int(t.span / t.every) {
		pause(ctx, time.Until(due))
		// The time of the document is when it was due: no two are the same.
		buf = message(buf[:0], t.shape.Signals, r, due)
		if err := c.Publish(ctx, machinePath(i)+"/"+topic, buf, 1, false); err != nil {
			return l, fmt.Errorf("message %d: %w", r, err)
		}
		l.Add(time.Since(due))
		due = due.Add(t.every)
	}
	return l, nil
}
