package xdr

import (
	"bytes"
	"cmp"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
)

// Sink receives a reply in parts. The byte slices are valid until the method returns; they are text from outside, and
// [Redactor.Line] makes them fit to be shown. Reasons may come before or after the statuses, for any agents or none.
type Sink interface {
	// Begin is called first, and once.
	Begin(Redactor)
	// AgentStatus is called once for each agent of the reply, in the reply's order.
	AgentStatus(agentID []byte, status Status)
	// NoStatus is called in its place for an agent whose status is no string; value is the JSON that stands there.
	NoStatus(agentID, value []byte)
	// ErrorReason is called for each agent that the reply gives a reason for.
	ErrorReason(agentID []byte, reason ErrorReason)
}

type ignore struct{}

func (ignore) Begin(Redactor)                  {}
func (ignore) AgentStatus([]byte, Status)      {}
func (ignore) NoStatus(_, _ []byte)            {}
func (ignore) ErrorReason([]byte, ErrorReason) {}

// replyReader walks {"reply": {"data": {agent: status…}, "errorReasons": {agent: object…}}} and the error object, with
// or without "reply" around it. Other members are skipped.
type replyReader struct {
	body    io.Reader
	read    int64 // bytes of it
	dec     *jsontext.Decoder
	sink    Sink
	said    refusal
	foreign string // the first member that is not the API's, or not in its shape

	hasReply, hasData, hasReasons bool // the members that may come only once
}

// decoders are kept for the next reply, with what they have allocated.
var decoders = sync.Pool{New: func() any { return new(jsontext.Decoder) }}

// readReply reads one whole JSON document. Names of agents may repeat and texts may be ill-formed UTF-8: detecting the
// one takes memory for each agent, and the other must not cost a verdict.
func readReply(r io.Reader, sink Sink) (refusal, error) {
	dec := decoders.Get().(*jsontext.Decoder)
	defer decoders.Put(dec)
	rr := replyReader{body: r, dec: dec, sink: sink}
	dec.Reset(&rr, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if err := rr.object(rr.top); err != nil {
		return refusal{}, rr.plain(err)
	}
	if _, err := rr.dec.ReadToken(); err == nil {
		return refusal{}, errors.New("data after the end of the JSON document")
	} else if err != io.EOF { //nolint:errorlint // a bare io.EOF is the clean end
		return refusal{}, rr.plain(err)
	}
	if rr.foreign != "" && !rr.hasData && !rr.hasReasons && !rr.said.any() {
		return refusal{}, fmt.Errorf("JSON without data and without an error, but with the member %s", rr.foreign)
	}
	if rr.said.agents {
		rr.said.odd = ""
	}
	return rr.said, nil
}

// maxValue bounds one string, one agent's reason, one run of white space, in bytes. The decoder keeps it whole, and
// a few times over as its buffer grows: without a bound of its own, a reply of the permitted size could take all the
// memory of a function.
const maxValue = 1 << 20

var errTooLong = fmt.Errorf("a value over the limit of %d bytes", maxValue)

// maxReason bounds one agent's reason, of which 256 characters are shown. A longer one counts as empty.
const maxReason = 64 << 10

// maxRead bounds one read: the decoder's buffer may be large, from an earlier reply.
const maxRead = 64 << 10

// Read is for the decoder. It ends a reply in which the decoder has been reading the same value for too long.
func (rr *replyReader) Read(p []byte) (int, error) {
	if rr.read-rr.dec.InputOffset() > maxValue {
		return 0, errTooLong
	}
	n, err := rr.body.Read(p[:min(len(p), maxRead)])
	rr.read += int64(n)
	if err != nil && err != io.EOF {
		err = lostError{err}
	}
	return n, err
}

func (rr *replyReader) top(name []byte) error {
	if string(name) == "reply" {
		return rr.once(&rr.hasReply, name, rr.reply)
	}
	return rr.errorMember(name)
}

func (rr *replyReader) reply(name []byte) error {
	switch string(name) {
	case "data":
		return rr.once(&rr.hasData, name, rr.agent)
	case "errorReasons":
		if rr.dec.PeekKind() == '{' {
			return rr.once(&rr.hasReasons, name, rr.reason)
		}
		// null, or a shape that nobody has seen: no reason to lose the statuses. SkipValue would keep every name in it.
		raw, err := rr.dec.ReadValue()
		if text(raw) != "" {
			rr.noteForeign(`"errorReasons"`, raw)
		}
		return err
	}
	return rr.errorMember(name)
}

func (rr *replyReader) agent(agentID []byte) error {
	raw, err := rr.dec.ReadValue()
	if err != nil {
		return err
	}
	rr.said.agents = true
	if raw.Kind() == '"' {
		rr.sink.AgentStatus(agentID, statusOf(unquote(raw)))
	} else {
		rr.sink.NoStatus(agentID, raw)
	}
	return nil
}

func (rr *replyReader) reason(agentID []byte) error {
	raw, err := rr.dec.ReadValue()
	if err != nil {
		return err
	}
	if len(raw) > maxReason {
		raw = nil
	}
	rr.sink.ErrorReason(agentID, ErrorReason(raw))
	return nil
}

func (rr *replyReader) errorMember(name []byte) error {
	raw, err := rr.dec.ReadValue()
	switch string(name) {
	case "err_code":
		keep(&rr.said.code, raw)
	case "err_msg":
		keep(&rr.said.msg, raw)
	case "err_extra":
		keep(&rr.said.extra, raw)
	default:
		rr.noteForeign(strconv.Quote(string(name)), raw)
	}
	return err
}

func (rr *replyReader) noteForeign(name string, raw []byte) {
	rr.foreign = cmp.Or(rr.foreign, name)
	if rr.said.odd == "" && text(raw) != "" {
		rr.said.odd = "no agents, but the member " + name
	}
}

// keep takes over a value. One that says something is not taken back.
func keep(kept *jsontext.Value, next jsontext.Value) {
	if said := text(*kept); said == "" || said == "0" {
		*kept = next.Clone()
	}
}

// once reads an object or null that may not repeat.
func (rr *replyReader) once(has *bool, name []byte, member func(name []byte) error) error {
	if *has {
		return fmt.Errorf("%q appears twice", name)
	}
	*has = true
	if rr.dec.PeekKind() == 'n' {
		return rr.dec.SkipValue()
	}
	return rr.object(member)
}

// object reads an object and calls member at each of its values.
func (rr *replyReader) object(member func(name []byte) error) error {
	if rr.dec.PeekKind() != '{' {
		raw, err := rr.dec.ReadValue()
		if err != nil {
			return err
		}
		// the place comes last: it may be long
		return fmt.Errorf("expected an object, got %s, at %q", raw.Kind(), rr.dec.StackPointer())
	}
	var name []byte // reused: reading the value invalidates the decoder's own copy
	_, err := rr.dec.ReadToken()
	for err == nil && rr.dec.PeekKind() != '}' {
		var raw jsontext.Value
		if raw, err = rr.dec.ReadValue(); err == nil {
			name = append(name[:0], unquote(raw)...)
			err = member(name)
		}
	}
	if err == nil {
		_, err = rr.dec.ReadToken()
	}
	return err
}

// plain drops the package name that jsontext begins its messages with.
func (rr *replyReader) plain(err error) error {
	if lost, ok := errors.AsType[lostError](err); ok {
		return lost
	}
	syntax, ok := errors.AsType[*jsontext.SyntacticError](err)
	switch {
	case errors.Is(err, errTooLong):
		return errTooLong
	case !ok || errors.Is(err, io.ErrUnexpectedEOF):
		return err
	case rr.dec.InputOffset() == 0 && bytes.HasPrefix(rr.dec.UnreadBuffer(), []byte("<")):
		return errHTML
	}
	return fmt.Errorf("not JSON at byte %d: %w", syntax.ByteOffset, syntax.Err)
}
