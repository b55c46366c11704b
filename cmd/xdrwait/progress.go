package main

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// display shows waits to a person: one live line for each on a terminal, one plain line for each check elsewhere.
type display interface {
	line(id string) progress
	end()
}

// progress shows one wait.
type progress interface {
	check(handler.Verdict)
	trouble(err error, pause time.Duration)
	fail(err error) // it ends without a final verdict
	end()
}

func newDisplay(w io.Writer, c clock) display {
	if isTerminal(w) {
		return bars{mpb.New(mpb.WithOutput(w), mpb.WithWidth(24), mpb.WithAutoRefresh()), c}
	}
	return &lines{w: w, c: c}
}

// lines writes a line at a time, from several waits at once.
type lines struct {
	mu sync.Mutex
	w  io.Writer
	c  clock
}

func (l *lines) line(id string) progress { return plain{l, id} }
func (l *lines) end()                    {}

func (l *lines) print(at, id, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, "%s  %s  %s\n", at, id, text)
}

type plain struct {
	*lines
	id string
}

func (p plain) check(v handler.Verdict) {
	text := fmt.Sprintf("%s: %s", v.Outcome, counts(v.Endpoints))
	if v.Outcome == handler.Pending {
		text += fmt.Sprintf("; next check in %ds", v.WaitSeconds)
	}
	if len(v.UnknownStatuses) > 0 {
		text += "; unknown statuses: " + strings.Join(v.UnknownStatuses, ", ")
	}
	p.print(v.CheckedAt, p.id, text)
}

func (p plain) trouble(err error, pause time.Duration) {
	p.print(p.c.Now().UTC().Format(time.RFC3339), p.id, fmt.Sprintf("%v; next check in %v", err, pause))
}

func (p plain) fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintln(p.w, "xdrwait:", err)
}

// bars are live lines: of each action the endpoints that have ended, of all.
type bars struct {
	container *mpb.Progress
	clock     clock
}

func (b bars) end() { b.container.Wait() }

func (b bars) line(id string) progress {
	p := &bar{above: b.container, clock: b.clock, text: "asking"}
	p.line = b.container.New(0, mpb.BarStyle().Rbound("]"),
		mpb.PrependDecorators(decor.Name("action "+id+" ", decor.WCSyncSpaceR)),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return " " + p.state() })),
	)
	return p
}

type bar struct {
	above io.Writer // the lines that stay, above the live ones
	line  *mpb.Bar
	clock clock

	mu   sync.Mutex
	text string
	next time.Time
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
	b.text = text
	b.next = b.clock.Now().Add(pause)
}

func (b *bar) check(v handler.Verdict) {
	e := v.Endpoints
	b.line.SetTotal(int64(e.Total), false)
	b.line.SetCurrent(int64(e.Total - e.Pending))
	text := fmt.Sprintf("%s: %d ok, %d failed, %d pending", v.Outcome, e.Succeeded, e.Failed, e.Pending)
	b.say(text, time.Duration(v.WaitSeconds)*time.Second)
}

func (b *bar) trouble(err error, pause time.Duration) { b.say(err.Error(), pause) }

func (b *bar) fail(err error) {
	fmt.Fprintln(b.above, "xdrwait:", err)
	b.say("could not find out", 0)
}

func (b *bar) end() {
	b.say(b.text, 0)
	b.line.Abort(false)
}
