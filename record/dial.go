package record

import (
	"context"
	"net"
	"time"
)

// dial opens a connection that does not outlive its server for long: a
// machine that was switched off says nothing, and a write would wait for its
// answer a quarter of an hour.
func dial(ctx context.Context, network, address string) (net.Conn, error) {
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4},
		Control:         giveUpAfter(lockWait),
	}
	return d.DialContext(ctx, network, address)
}
