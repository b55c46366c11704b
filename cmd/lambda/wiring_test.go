package main

import (
	"testing"
	"time"
)

// What the parts do with it is tested where they are. Waits that began together must not ask together for ever.
func TestStepIsConfigured(t *testing.T) {
	t.Parallel()
	f, err := newFunction(from(map[string]string{"XDR_SECRET_ID": "s", "XDR_HTTP_TIMEOUT_SECONDS": "1", "XDR_MAX_REPLY_BYTES": "5"}))
	if err != nil {
		t.Fatal(err)
	}
	if c := f.step.XDR; c.Timeout != time.Second || c.MaxReplyBytes != 5 {
		t.Errorf("%v, %d bytes", c.Timeout, c.MaxReplyBytes)
	}
	u, ok := f.step.XDR.Transport.(*usualFirst)
	if !ok || u.system.TLSHandshakeTimeout != time.Second/2 || u.usual().TLSHandshakeTimeout != time.Second/2 {
		t.Error("not the transports of newFunction")
	}
	if one, two := f.step.Random(), f.step.Random(); one == two || one < 0 || one >= 1 {
		t.Errorf("%v, then %v", one, two)
	}
}
