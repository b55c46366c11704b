package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"runtime"
	"time"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// canned answers every request with the same body, without a network.
type canned []byte

func (c canned) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c)), ContentLength: int64(len(c))}, nil
}

// agents counts what a reply holds.
type agents struct{ statuses, done int }

func (a *agents) AgentStatus(_ []byte, status xdr.Status) {
	a.statuses++
	if status == xdr.StatusCompletedSuccessfully {
		a.done++
	}
}

func (a *agents) Begin(xdr.Redactor)                  {}
func (a *agents) NoStatus(_, _ []byte)                {}
func (a *agents) ErrorReason([]byte, xdr.ErrorReason) {}

// decodeStream reads a reply as the step does.
func decodeStream(body []byte) (agents, error) {
	var a agents
	cred, err := xdr.NewCredentials(&url.URL{Scheme: "https", Host: "bench"}, "7", "key", xdr.Advanced)
	if err != nil {
		return a, err
	}
	client := xdr.Client{Transport: canned(body)}
	_, err = client.GetActionStatus(context.Background(), cred, 1, &a)
	return a, err
}

// decodeMap reads a reply into maps.
func decodeMap(body []byte) (agents, error) {
	var a agents
	var r map[string]map[string]map[string]string
	err := json.NewDecoder(bytes.NewReader(body)).Decode(&r)
	for _, status := range r["reply"]["data"] {
		a.AgentStatus(nil, xdr.Status(status))
	}
	return a, err
}

// decodings times both ways of reading a reply in turn, a few at a time, so that garbage is paid for by whoever leaves it.
func decodings(body []byte, rounds int) (series, error) {
	s := series{}
	for range rounds {
		for name, decode := range map[string]func([]byte) (agents, error){nameOurs: decodeStream, nameNaive: decodeMap} {
			began := time.Now()
			for range 5 {
				if _, err := decode(body); err != nil {
					return nil, err
				}
			}
			s.add(name, time.Since(began).Seconds())
		}
	}
	return s, nil
}

// allocations counts those of one call; nothing else may run.
func allocations(f func() error) (int, error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	err := f()
	runtime.ReadMemStats(&after)
	return int(after.Mallocs - before.Mallocs), err // #nosec G115 -- a difference
}
