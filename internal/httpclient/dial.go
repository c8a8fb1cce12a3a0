package httpclient

import (
	"context"
	"net"
	"time"
)

// Dialer returns a function that connects to public addresses, and to private ones where allow lists them (see Config), for protocols other than HTTP.
func Dialer(allow []string) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	g, err := newGuard(allow)
	if err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: 10 * time.Second, Control: control(g.check)}
	return d.DialContext, nil
}
