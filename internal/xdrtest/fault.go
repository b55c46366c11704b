package xdrtest

import (
	"errors"
	"fmt"
	"maps"
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
	Status        int     `json:"status,omitempty"`        // with the API's own text unless there is a body
	RetryAfter    string  `json:"retry_after,omitempty"`   // "7", or "date+7" for that time as a date
	Date          string  `json:"date,omitempty"`          // as "date-900", of a server whose clock is slow
	ContentType   string  `json:"content_type,omitempty"`
	Body          string  `json:"body,omitempty"`
	PadBytes      int     `json:"pad_bytes,omitempty"`       // of white space inside the JSON
	Gzip          bool    `json:"gzip,omitempty"`            // if the client accepts it
	CutAfterBytes int     `json:"cut_after_bytes,omitempty"` // the length is declared in full
}

// apply puts the effects of f on an answer.
func (f Fault) apply(a *answer, now time.Time) {
	if f.Status != 0 {
		said := refused(f.Status, nil)
		a.status = f.Status
		a.body = said.body
		maps.Copy(a.header, said.header)
	}
	if f.Body != "" {
		a.body = []byte(f.Body)
	}
	for name, value := range map[string]string{
		"Content-Type": f.ContentType, "Retry-After": headerDate(f.RetryAfter, now), "Date": headerDate(f.Date, now),
	} {
		if value != "" {
			a.header.Set(name, value)
		}
	}
	a.delay += time.Duration(f.DelaySeconds * float64(time.Second))
	a.reset = a.reset || f.Reset
	a.gzip = a.gzip || f.Gzip
	a.pad += f.PadBytes
	a.cut = max(a.cut, f.CutAfterBytes)
}

// headerDate returns the date that "date+7" or "date-7" means, or any other value as it is.
func headerDate(value string, now time.Time) string {
	seconds, ok := strings.CutPrefix(value, "date")
	n, err := strconv.Atoi(seconds)
	if !ok || err != nil {
		return value
	}
	return now.Add(time.Duration(n) * time.Second).UTC().Format(http.TimeFormat)
}

func (f Fault) check() error {
	switch {
	case f.From < 0, f.To != 0 && f.To < f.From:
		return errors.New("from: want 0 or more, and to not below it")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return errors.New("status: want 200 to 599")
	case f.DelaySeconds < 0, f.PadBytes < 0, f.CutAfterBytes < 0:
		return errors.New("delay_seconds, pad_bytes, cut_after_bytes: want 0 or more")
	case f.Date != "" && headerDate(f.Date, time.Time{}) == f.Date:
		return fmt.Errorf("date: want a time such as date-900, in seconds from now, got %q", f.Date)
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
