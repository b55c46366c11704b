package xdrtest

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Fault makes answers go wrong. All faults that hit a request add up: first the delay, then a reset or the reply, whose
// status, headers and body they replace, pad, compress and cut off.
type Fault struct {
	From int `json:"from,omitempty"` // first request, from 1; 0 means all
	To   int `json:"to,omitempty"`   // last request; 0 means From

	DelaySeconds  float64 `json:"delay_seconds,omitempty"` // in real time
	Reset         bool    `json:"reset,omitempty"`         // TCP RST, no reply
	Status        int     `json:"status,omitempty"`        // with the API's error object unless there is a body
	RetryAfter    string  `json:"retry_after,omitempty"`   // "7", or "date+7" for that time as a date
	ContentType   string  `json:"content_type,omitempty"`
	Body          string  `json:"body,omitempty"`
	PadBytes      int     `json:"pad_bytes,omitempty"`       // of white space inside the JSON
	Gzip          bool    `json:"gzip,omitempty"`            // if the client accepts it
	CutAfterBytes int     `json:"cut_after_bytes,omitempty"` // the length is declared in full
}

// apply puts the effects of f on an answer.
func (f Fault) apply(a *answer, now time.Time) {
	if f.Status != 0 {
		a.status = f.Status
		a.body = errorAnswer(f.Status, nil).body
	}
	if f.Body != "" {
		a.body = func(w writer) { w.put(f.Body) }
	}
	if f.ContentType != "" {
		a.header.Set("Content-Type", f.ContentType)
	}
	if f.RetryAfter != "" {
		a.header.Set("Retry-After", retryAfter(f.RetryAfter, now))
	}
	a.delay += time.Duration(f.DelaySeconds * float64(time.Second))
	a.reset = a.reset || f.Reset
	a.gzip = a.gzip || f.Gzip
	a.pad += f.PadBytes
	a.cut = max(a.cut, f.CutAfterBytes)
}

func retryAfter(value string, now time.Time) string {
	seconds, ok := strings.CutPrefix(value, "date+")
	n, err := strconv.Atoi(seconds)
	if !ok || err != nil {
		return value
	}
	return now.Add(time.Duration(n) * time.Second).UTC().Format(http.TimeFormat)
}

func (f Fault) check() error {
	switch {
	case f.From < 0:
		return errors.New("from: want 0 or more")
	case f.To != 0 && f.To < f.From:
		return errors.New("to: want 0, or at least from")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status: want 200 to 599")
	case f.DelaySeconds < 0:
		return errors.New("delay_seconds: want 0 or more")
	case f.PadBytes < 0:
		return errors.New("pad_bytes: want 0 or more")
	case f.CutAfterBytes < 0:
		return errors.New("cut_after_bytes: want 0 or more")
	}
	return nil
}

// window returns which requests a fault is for.
func (f Fault) window() (from, to int) { return f.From, f.To }

// hits returns the faults that hit request number n.
func hits[F interface{ window() (from, to int) }](faults []F, n int) []F {
	var hit []F
	for _, f := range faults {
		from, to := f.window()
		if from == 0 && to == 0 || n >= from && n <= max(from, to) {
			hit = append(hit, f)
		}
	}
	return hit
}
