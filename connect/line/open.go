package line

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"

	"go.bug.st/serial"
)

// real opens the ports of the world.
func (p *Pool) real(ctx context.Context, a Address) (io.ReadWriteCloser, error) {
	switch a.Kind {
	case Serial:
		return openSerial(a)
	case DTU:
		return p.dtus.claim(ctx, a)
	}
	var d net.Dialer
	return d.DialContext(ctx, "tcp", a.Place)
}

func openSerial(a Address) (io.ReadWriteCloser, error) {
	mode := &serial.Mode{
		BaudRate: a.Mode.Baud, DataBits: a.Mode.Data,
		Parity:   map[Parity]serial.Parity{NoParity: serial.NoParity, OddParity: serial.OddParity, EvenParity: serial.EvenParity}[a.Mode.Parity],
		StopBits: map[int]serial.StopBits{1: serial.OneStopBit, 2: serial.TwoStopBits}[a.Mode.Stop],
	}
	p, err := serial.Open(a.Place, mode)
	var wrong *serial.PortError
	switch {
	case errors.As(err, &wrong) && wrong.Code() == serial.PermissionDenied:
		return nil, fmt.Errorf("%w; add the user of this program to the group dialout", err)
	case errors.As(err, &wrong) && wrong.Code() == serial.PortBusy:
		return nil, fmt.Errorf("%w; another program holds the port", err)
	case err != nil:
		return nil, err
	}
	return p, nil
}
