package torture

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

const mega = 1 << 20

// maxMemory is what a check may take, in MiB of the whole process: half of the function that the template makes.
const maxMemory = 64

// hostileReply is a reply that no tenant sends, and what a check may say of it.
type hostileReply struct {
	name    string
	want    string // error names or verdicts, with | between them
	event   string // default: action 1
	headers map[string]string
	status  int
	write   func(w io.Writer)
}

// text repeats a text until so many bytes are written.
func text(w io.Writer, part string, size int) {
	block := []byte(strings.Repeat(part, max(1, 32<<10/len(part))))
	for size > 0 {
		n, err := w.Write(block[:min(size, len(block))])
		if err != nil {
			return
		}
		size -= n
	}
}

// around writes a filling between two texts.
func around(before, part string, size int, after string) func(io.Writer) {
	return func(w io.Writer) {
		fmt.Fprint(w, before)
		text(w, part, size)
		fmt.Fprint(w, after)
	}
}

// whole writes one text.
func whole(s string) func(io.Writer) { return func(w io.Writer) { fmt.Fprint(w, s) } }

// packed compresses what another writes.
func packed(write func(io.Writer)) func(io.Writer) {
	return func(w io.Writer) {
		z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
		write(z)
		_ = z.Close()
	}
}

// many writes 100,000 failed endpoints, each with its reason.
func many(w io.Writer) {
	const count = 100_000
	fmt.Fprint(w, `{"reply":{"data":{`)
	for n := range count {
		fmt.Fprintf(w, `"%032x":"FAILED",`, n)
	}
	fmt.Fprint(w, `"z":"FAILED"},"errorReasons":{`)
	for n := range count {
		fmt.Fprintf(w, `"%032x":{"errorData":"{\"errorText\":\"no\"}","errorDescription":"Element not found.\r\n","terminate_result":[{"path":null,"status":1}]},`, n)
	}
	fmt.Fprint(w, `"z":null}}}`)
}

var gzipped = map[string]string{"Content-Encoding": "gzip"}

var hostileReplies = []hostileReply{
	{name: "an ordinary reply", want: "done", write: whole(`{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "100,000 failed endpoints with reasons", want: "failed", write: many},
	{name: "the same, reasons first", want: "failed", write: func(w io.Writer) {
		fmt.Fprint(w, `{"reply":{"errorReasons":{`)
		for n := range 100_000 {
			fmt.Fprintf(w, `"%032x":{"errorDescription":"Element not found.\r\n"},`, 100_000-n)
		}
		fmt.Fprint(w, `"z":null},"data":{"z":"FAILED"}}}`)
	}},
	{name: "64 MiB of one status", want: "XDR.Rejected", write: around(`{"reply":{"data":{"a":"`, "A", 64*mega, `"}}}`)},
	{name: "60 MiB of one status", want: "pending|XDR.Rejected", write: around(`{"reply":{"data":{"a":"`, "A", 60*mega, `"}}}`)},
	{name: "60 MiB of one agent id", want: "failed|XDR.Rejected", write: around(`{"reply":{"data":{"`, "A", 60*mega, `":"FAILED"}}}`)},
	{name: "60 MiB of one reason", want: "failed|XDR.Rejected", write: around(`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"`, "A ", 60*mega, `"}}}}`)},
	{name: "60 MiB of escapes in one reason", want: "failed|XDR.Rejected", write: around(`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":"`, `\u0001`, 60*mega/6*6, `"}}}`)},
	{name: "60 MiB of err_extra", want: "XDR.Rejected", write: around(`{"reply":{"err_code":400,"err_extra":["`, "A", 60*mega, `"]}}`)},
	{name: "60 MiB of a member that nobody knows", want: "failed|XDR.Rejected", write: around(`{"other":"`, "A", 60*mega, `","reply":{"data":{"a":"FAILED"}}}`)},
	{name: "60 MiB of white space", want: "done|XDR.Rejected", write: around(`{`, " ", 60*mega, `"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "a body without end", want: "XDR.Rejected", write: around(`{"reply":{"data":{`, `"a":"FAILED",`, 1<<40, "")},
	{name: "a gzip bomb of white space", want: "XDR.Rejected", headers: gzipped, write: packed(around("{", " ", 1<<30, "}"))},
	{name: "a gzip bomb of one string", want: "XDR.Rejected", headers: gzipped, write: packed(around(`{"reply":{"data":{"a":"`, "A", 1<<30, `"}}}`))},
	{name: "a gzip bomb as an error", want: "XDR.Unavailable", status: 502, headers: gzipped, write: packed(around("<p>", "A", 1<<30, ""))},
	{name: "gzip within gzip", want: "XDR.Rejected", headers: gzipped, write: packed(packed(whole(`{}`)))},
	{name: "not gzip", want: "XDR.Unavailable", headers: gzipped, write: whole(`{"reply":{}}`)},
	{name: "arrays 10 million deep", want: "XDR.Rejected", write: around(`{"reply":`, "[", 10*mega, "")},
	{name: "objects a million deep", want: "XDR.Rejected", write: around(`{"reply":{"data":`, `{"a":`, 5*mega, "")},
	{name: "deep in a reason", want: "XDR.Rejected", write: around(`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":`, "[", mega, "")},
	{name: "deep in an error", want: "XDR.Unavailable", status: 500, write: around(`{"reply":{"err_code":500,"err_extra":`, "[", mega, "")},
	{name: "a number of a million digits", want: "failed", write: around(`{"n":`, "9", mega, `,"reply":{"data":{"a":"FAILED"}}}`)},
	{name: "an err_code of a million digits", want: "XDR.Rejected", write: around(`{"reply":{"err_code":`, "9", mega, `}}`)},
	{name: "err_code 1e999999999", want: "XDR.Rejected", write: whole(`{"reply":{"err_code":1e999999999}}`)},
	{name: "invalid UTF-8 in a status", want: "pending", write: whole("{\"reply\":{\"data\":{\"a\":\"COMPLETED_SUCCESSFULLY\xff\",\"\xc3\":\"\xed\xa0\x80\"}}}")},
	{name: "invalid UTF-8 in a reason", want: "failed", write: whole("{\"reply\":{\"data\":{\"a\":\"FAILED\"},\"errorReasons\":{\"a\":{\"errorDescription\":\"\xff\xfe\"}}}}")},
	{name: "NUL and controls", want: "XDR.Rejected", write: whole("{\"reply\":{\"data\":{\"a\":\"FAILED\x00\"}}}")},
	{name: "an agent twice", want: "pending", write: whole(`{"reply":{"data":{"a":"PENDING","a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "data twice", want: "XDR.Rejected", write: whole(`{"reply":{"data":{"a":"PENDING"},"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "reply twice", want: "XDR.Rejected", write: whole(`{"reply":{"data":{"a":"PENDING"}},"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "another case", want: "XDR.Rejected", write: whole(`{"Reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "100,000 statuses that nobody knows", want: "pending", write: func(w io.Writer) {
		fmt.Fprint(w, `{"reply":{"data":{`)
		for n := range 100_000 {
			fmt.Fprintf(w, `"%032x":"STATUS_%d",`, n, n)
		}
		fmt.Fprint(w, `"z":"FAILED"}}}`)
	}},
	{name: "a header of 900 KiB", want: "done", headers: map[string]string{"X-Request-Id": strings.Repeat("x", 900<<10)}, write: whole(`{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "100,000 expected agents", want: "pending", event: `{"group_action_id":1,"expected_agents":["` + strings.Join(ids(100_000), `","`) + `"]}`, write: whole(`{"reply":{"data":{"1":"COMPLETED_SUCCESSFULLY"}}}`)},
	{name: "an event a million deep", want: "XDR.InvalidRequest", event: `{"group_action_id":1,"x":` + strings.Repeat("[", mega) + strings.Repeat("]", mega) + "}", write: whole(`{}`)},
	{name: "an event of 6 MB that nobody knows", want: "done", event: `{"group_action_id":1,"x":"` + strings.Repeat("x", 6_000_000) + `"}`, write: whole(`{"reply":{"data":{"a":"COMPLETED_SUCCESSFULLY"}}}`)},
}

func ids(n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf("%032x", i)
	}
	return list
}

// TestHostileReplies: each check ends in what the contract says, and takes no more memory than a small function has.
func TestHostileReplies(t *testing.T) {
	for _, c := range hostileReplies {
		t.Run(c.name, func(t *testing.T) {
			f := hostile(t, c)
			event := c.event
			if event == "" {
				event = `{"group_action_id":1}`
			}
			began := time.Now()
			r, err := f.Invoke(t.Context(), []byte(event))
			took := time.Since(began)
			if err != nil {
				t.Fatal(err)
			}
			outcome := r.ErrorType
			if outcome == "" {
				outcome = verdictOf(t, r.Payload)
			}
			t.Logf("%-18s %4d MiB, %5d ms: %.120s", outcome, peakMemory(t, f.PID()), took.Milliseconds(), r.ErrorMessage)
			if !slices.Contains(strings.Split(c.want, "|"), outcome) {
				t.Errorf("%s: %.300s, want %s", outcome, r.ErrorMessage, c.want)
			}
			if n := len(r.Payload) + len(r.ErrorMessage); n > 32<<10 {
				t.Errorf("%d bytes of verdict", n)
			}
			if peak := peakMemory(t, f.PID()); peak > maxMemory {
				t.Errorf("%d MiB of memory, more than %d", peak, maxMemory)
			}
			noSecrets(t, f.Output())
		})
	}
}

// hostile runs the binary against a tenant that gives one hostile reply; its secret comes from the simulator.
func hostile(t *testing.T, c hostileReply) *lambdatest.Function {
	t.Helper()
	sim := xdrtest.New(xdrtest.Options{Key: canary, SecurityLevel: "standard"})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "" {
			sim.ServeHTTP(w, r)
			return
		}
		for name, value := range c.headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(max(c.status, http.StatusOK))
		buffered := bufio.NewWriterSize(w, 64<<10)
		c.write(buffered)
		_ = buffered.Flush()
	}))
	t.Cleanup(server.Close)
	sim.SetURL(server.URL)
	return lambdatest.Start(t, lambdatest.Options{Binary: bootstrap, Env: map[string]string{
		"XDR_SECRET_ID": "xdr/sim", "XDR_ALLOWED_ORIGINS": server.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": server.URL,
	}})
}

// peakMemory is the most that a process has had in memory, in MiB.
func peakMemory(t *testing.T, pid int) int { return memory(t, pid, "VmHWM:") / 1024 }

// memory reads a figure in KiB of a process.
func memory(t *testing.T, pid int, field string) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), field)
	var n int
	if _, err := fmt.Sscan(rest, &n); err != nil {
		t.Fatal(err)
	}
	return n
}
