package xdr

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What a reply tells its sink, and what it says itself: whether it is an error in place of agents, and what is a
// remark; or why it cannot be read.
func TestReadReply(t *testing.T) {
	t.Parallel()
	const foreign = "error: JSON without data and without an error, but with the member "
	for _, c := range []struct{ body, want string }{
		{" {\n\"reply\" : { \"data\" : { \"a\" : \"FAILED\" , \"b\" : \"TIMEOUT\" } } }\n ", "a=FAILED b=TIMEOUT "},
		{`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"x"}}}}`, "a=FAILED a!x "},
		{`{"reply":{"errorReasons":{"a":{"errorDescription":"x"}},"data":{"a":"FAILED"}}}`, "a!x a=FAILED "},
		{`{"reply":{"data":{"a":"FAILED"},"errorReasons":"none"}}`, "a=FAILED "},
		{`{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":null,"b":[7]}}}`, "a=FAILED a! b![7] "},
		{`{"reply":{"errorReasons":{"a":{"missing_files":[` + strings.Repeat("{},", maxReason/3) + `{}]}}}}`, "a! "},
		{`{"reply":{"data":{"a":null,"b":["FAILED"],"c":5,"d":{"x":1},"e":"FAILED"}}}`, `a?null b?["FAILED"] c?5 d?{"x":1} e=FAILED `},
		{`{"reply":{"data":null,"total":0}}`, ""},
		{`{"reply":null}`, ""},
		{`{}`, ""},
		{`{"x":[{"reply":1}],"reply":{"data":{"a":"EXPIRED"},"y":{"data":{"z":"FAILED"}}},"z":1e9}`, "a=EXPIRED "},
		{`{"reply":{"data":{"\u0061\n":"PEND\u0049NG","q\"":"FAILED"}}}`, "a\n=PENDING q\"=FAILED "},
		{`{"reply":{"data":{"a":"SUCCEEDED","b":""}}}`, "a=SUCCEEDED b= "},
		{`{"reply":{"data":{"a":"FAILED","a":"PENDING"}}}`, "a=FAILED a=PENDING "},
		{"{\"reply\":{\"data\":{\"a\xff\":\"PENDING\"}}}", "a\xff=PENDING "},
		{`<html>`, "error: a page of HTML, not JSON: "},
		{`[]`, "error: expected an object, got [, at"},
		{`{"reply":"x"}`, `error: expected an object, got string, at "/reply"`},
		{`{"reply":{"data":[]}}`, `error: expected an object, got [, at "/reply/data"`},
		{`{"message":"Service is under maintenance"}`, foreign + `"message"`},
		{`{"reply":{},"error":"x","x":{"reply":{}}}`, foreign + `"error"`},
		{`{"reply":{"err_code":0,"result":"x"}}`, foreign + `"result"`},
		{`{"reply":{"err_code":"0","Data":{"a":"FAILED"}}}`, foreign + `"Data"`},
		{`{"reply":{"":{}}}`, foreign + `""`},
		{`{"reply":{"err_code":401,"trace":"t"}}`, "refused "},
		{`{"reply":{"errorReasons":{"a":[7]},"total":1}}`, "a![7] "},
		{`{"reply":{},"reply":{}}`, `error: "reply" appears twice`},
		{`{"reply":{"data":{},"data":{}}}`, `error: "data" appears twice`},
		{`{"reply":{}}{}`, "error: data after the end"},
		{`{"reply":{}}x`, "error: not JSON at byte 12"},
		{`{<p>}`, "error: not JSON at byte 1"},
		{`{"reply":{"data":{},"err_code":null,"err_msg":null,"err_extra":null}}`, ""},
		{`{"reply":{"data":null,"err_code":null,"err_msg":"An error occurred"}}`, "refused An error occurred"},
		{`{"reply":{"data":{},"err_extra":"No such action"}}`, "refused No such action"},
		{`{"err_msg":"No such action","reply":{}}`, "refused No such action"},
		{`{"reply":{"err_code":0,"err_msg":"partial outage","data":{"a":"FAILED"}}}`, "a=FAILED partial outage"},
		{`{"reply":{"data":{"a":null},"err_msg":"m","err_extra":{"b":1}}}`, `a?null m; {"b":1}`},
		{`{"err_msg":"{\"line\": 1}"}`, `refused {"line": 1}`},
		{`{"reply":{"err_msg":{"line": 1},"err_extra":[{"loc": ["a"], "msg":"b"}]}}`, `refused {"line":1}; [{"loc":["a"],"msg":"b"}]`},
		{`{"reply":{"data":{"a":"FAILED"},"err_code":"1"}}`, "a=FAILED refused "},
		{`{"reply":{"data":{"a":"FAILED"},"err_code":false}}`, "a=FAILED refused "},
		{`{"reply":{"data":{"a":"FAILED"}},"err_code":500}`, "a=FAILED refused "},
		{`{"reply":{"data":{"a":"FAILED"},"err_code":{},"err_msg":" \n"}}`, "a=FAILED refused "},
		{`{"reply":{"data":{"a":"FAILED"},"err_msg":" "}}`, "a=FAILED "},
		{`{"reply":{"err_code":500,"data":{"a":"FAILED"}},"err_code":null}`, "a=FAILED refused "},
		{`{"reply":{"err_code":500,"err_code":0,"data":{"a":"FAILED"}}}`, "a=FAILED refused "},
		{`{"reply":{"err_code":0,"err_code":500,"data":{"a":"FAILED"}}}`, "a=FAILED refused "},
		{`{"reply":{"err_msg":"partial outage","data":{"a":"FAILED"},"err_msg":""}}`, "a=FAILED partial outage"},
	} {
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(c.body)
			if slow {
				r = iotest.OneByteReader(r)
			}
			var got told
			said, err := readReply(r, &got)
			if said.isError() {
				got.WriteString("refused ")
			}
			got.WriteString(said.remark())
			if prefix, ok := strings.CutPrefix(c.want, "error: "); ok {
				if err == nil || !strings.HasPrefix(err.Error(), prefix) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%.200s: %v, want %q", c.body, err, prefix)
				}
			} else if err != nil || got.String() != c.want {
				t.Errorf("%.200s: %q, %v, want %q", c.body, got.String(), err, c.want)
			}
		}
	}
}

// One long value would take a multiple of its size in the decoder; it ends the reply instead.
func TestReadReplyLongValue(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("A", 2<<20)
	for name, body := range map[string]string{
		"status": `{"reply":{"data":{"a":"` + long + `"}}}`, "agent": `{"reply":{"data":{"` + long + `":"FAILED"}}}`,
		"reason": `{"reply":{"errorReasons":{"a":{"errorDescription":"` + long + `"}}}}`, "unknown member": `{"reply":{"x":"` + long + `"}}`,
		"long names in each other": `{"reply":{"x":` + strings.Repeat(`{"`+strings.Repeat("n", 7000)+`":`, 400),
		"in place of reasons":      `{"reply":{"errorReasons":[` + strings.Repeat(`{"`+strings.Repeat("n", 7000)+`":`, 400),
		"white space":              `{"reply":` + strings.ReplaceAll(long, "A", " ") + `{}}`,
	} {
		_, err := readReply(strings.NewReader(body), ignore{})
		if err == nil || !strings.Contains(err.Error(), "a value over the limit of 1048576 bytes") ||
			strings.Contains(err.Error(), "jsontext") {
			t.Errorf("%s: %v", name, err)
		}
	}
	half := strings.Repeat("A", 1<<19)
	if _, err := readReply(strings.NewReader(`{"reply":{"data":{"a":"`+half+`","b":"`+half+`","c":"`+half+`"}}}`), ignore{}); err != nil {
		t.Errorf("three values within the limit: %v", err)
	}
}

// However early a good reply breaks off, it is known to have broken off.
func TestReadReplyBrokenOff(t *testing.T) {
	t.Parallel()
	const body = `{"reply":{"data":{"a":"FAILED","b\u0062":"PENDING"},"errorReasons":{"a":{"errorDescription":"x"}}},"err_code":null}`
	for n := range len(body) {
		_, err := readReply(strings.NewReader(body[:n]), ignore{})
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Fatalf("after %d bytes: %v", n, err)
		}
	}
}
