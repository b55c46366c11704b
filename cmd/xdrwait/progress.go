package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/term"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// progress shows a wait to a person.
type progress interface {
	check(handler.Verdict)
	trouble(err error, pause time.Duration)
	end()
}

func newProgress(w io.Writer, id string, c clock) progress {
	if f, ok := w.(*os.File); ok && term.IsTerminal(int(f.Fd())) { //nolint:gosec // a descriptor fits
		return newBar(f, id, c)
	}
	return plain{w, c}
}

// plain prints one line a check.
type plain struct {
	w io.Writer
	c clock
}

func (p plain) check(v handler.Verdict) {
	line := fmt.Sprintf("%s  %s: %s", v.CheckedAt, v.Outcome, counts(v.Endpoints))
	if v.Outcome == handler.Pending {
		line += fmt.Sprintf("; next check in %ds", v.WaitSeconds)
	}
	if len(v.UnknownStatuses) > 0 {
		line += "; unknown statuses: " + strings.Join(v.UnknownStatuses, ", ")
	}
	fmt.Fprintln(p.w, line)
}

func (p plain) trouble(err error, pause time.Duration) {
	fmt.Fprintf(p.w, "%s  %v; next check in %v\n", p.c.Now().UTC().Format(time.RFC3339), err, pause)
}

func (plain) end() {}

// bar is one live line: endpoints that have ended, of all.
type bar struct {
	container *mpb.Progress
	line      *mpb.Bar
	clock     clock

	mu   sync.Mutex
	text string
	next time.Time
}

func newBar(w io.Writer, id string, c clock) *bar {
	b := &bar{clock: c, text: "asking"}
	b.container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithAutoRefresh())
	b.line = b.container.New(0, mpb.BarStyle().Rbound("]"),
		mpb.PrependDecorators(decor.Name("action "+id+" ")),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + b.state() })),
	)
	return b
}

func (b *bar) state() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if left := b.next.Sub(b.clock.Now()); left > 0 {
		return fmt.Sprintf("%s, next check in %ds", b.text, int(left.Seconds())+1)
	}
	return b.text
}

func (b *bar) say(text string, pause time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text, b.next = text, b.clock.Now().Add(pause)
}

func (b *bar) check(v handler.Verdict) {
	e := v.Endpoints
	b.line.SetTotal(int64(e.Total), false)
	b.line.SetCurrent(int64(e.Total - e.Pending))
	b.say(fmt.Sprintf("%s: %d ok, %d failed, %d pending", v.Outcome, e.Succeeded, e.Failed, e.Pending), time.Duration(v.WaitSeconds)*time.Second)
}

func (b *bar) trouble(err error, pause time.Duration) {
	b.say(err.Error(), pause)
}

func (b *bar) end() {
	b.line.Abort(false)
	b.container.Wait()
}
