package xdr

import (
	"encoding/json/jsontext"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What a reply tells its sink, or why it cannot be read.
func TestReadReply(t *testing.T) {
	t.Parallel()
	const foreign = "error: JSON without data and without an error, but with the member "
	for _, c := range []struct{ name, body, want string }{
		{"white space", " {\n\"reply\" : { \"data\" : { \"a\" : \"FAILED\" , \"b\" : \"TIMEOUT\" } } }\n ", "a=FAILED b=TIMEOUT "},
		{"reasons after", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"x"}}}}`, "a=FAILED a!x "},
		{"reasons before", `{"reply":{"errorReasons":{"a":{"errorDescription":"x"}},"data":{"a":"FAILED"}}}`, "a!x a=FAILED "},
		{"errorReasons null", `{"reply":{"data":{"a":"FAILED"},"errorReasons":null}}`, "a=FAILED "},
		{"errorReasons a string", `{"reply":{"data":{"a":"FAILED"},"errorReasons":"none"}}`, "a=FAILED "},
		{"errorReasons a list", `{"reply":{"data":{"a":"FAILED"},"errorReasons":[]}}`, "a=FAILED "},
		{"an odd reason", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":null,"b":[7]}}}`, "a=FAILED a! b![7] "},
		{"a reason too long to be shown in time", `{"reply":{"errorReasons":{"a":{"missing_files":[` + strings.Repeat("{},", maxReason/3) + `{}]}}}}`, "a! "},
		{"a status that is no string", `{"reply":{"data":{"a":null,"b":["FAILED"],"c":5,"d":{"x":1},"e":"FAILED"}}}`, `a?null b?["FAILED"] c?5 d?{"x":1} e=FAILED `},
		{"other members beside data", `{"reply":{"data":null,"total":0}}`, ""},
		{"data absent", `{"reply":{}}`, ""},
		{"reply null", `{"reply":null}`, ""},
		{"no reply", `{}`, ""},
		{"unknown members", `{"x":[{"reply":1}],"reply":{"data":{"a":"EXPIRED"},"y":{"data":{"z":"FAILED"}}},"z":1e9}`, "a=EXPIRED "},
		{"escapes", `{"reply":{"data":{"\u0061\n":"PEND\u0049NG","q\"":"FAILED"}}}`, "a\n=PENDING q\"=FAILED "},
		{"unknown status", `{"reply":{"data":{"a":"SUCCEEDED","b":""}}}`, "a=SUCCEEDED b= "},
		{"a repeated agent", `{"reply":{"data":{"a":"FAILED","a":"PENDING"}}}`, "a=FAILED a=PENDING "},
		{"ill-formed UTF-8", "{\"reply\":{\"data\":{\"a\xff\":\"PENDING\"}}}", "a\xff=PENDING "},
		{"HTML", `<html>`, "error: a page of HTML, not JSON: "},
		{"list", `[]`, "error: expected an object, got [, at"},
		{"reply is a string", `{"reply":"x"}`, `error: expected an object, got string, at "/reply"`},
		{"data is a list", `{"reply":{"data":[]}}`, `error: expected an object, got [, at "/reply/data"`},
		{"foreign JSON", `{"message":"Service is under maintenance"}`, foreign + `"message"`},
		{"foreign beside an empty reply", `{"reply":{},"error":"x","x":{"reply":{}}}`, foreign + `"error"`},
		{"err_code 0 is no error", `{"reply":{"err_code":0,"result":"x"}}`, foreign + `"result"`},
		{"err_code of text 0 in another case", `{"reply":{"err_code":"0","Data":{"a":"FAILED"}}}`, foreign + `"Data"`},
		{"a member without a name", `{"reply":{"":{}}}`, foreign + `""`},
		{"agents one level too deep", `{"reply":{"results":{"data":{"a":"FAILED"}}}}`, foreign + `"results"`},
		{"two replies", `{"reply":{},"reply":{}}`, `error: "reply" appears twice`},
		{"two data", `{"reply":{"data":{},"data":{}}}`, `error: "data" appears twice`},
		{"data behind", `{"reply":{}}{}`, "error: data after the end"},
		{"garbage behind", `{"reply":{}}x`, "error: not JSON at byte 12"},
		{"missing comma", `{"reply":{"data":{"a":"FAILED" "b":"FAILED"}}}`, "error: not JSON at byte"},
		{"bad name", `{"reply":{"data":{5:"FAILED"}}}`, "error: not JSON at byte"},
	} {
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(c.body)
			if slow {
				r = iotest.OneByteReader(r)
			}
			var sink told
			said, err := readReply(r, &sink)
			got := sink.String()
			if prefix, ok := strings.CutPrefix(c.want, "error: "); ok {
				if err == nil || !strings.HasPrefix(err.Error(), prefix) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%s: %v, want %q", c.name, err, prefix)
				}
			} else if err != nil || said.isError() || got != c.want {
				t.Errorf("%s: %q, %v, want %q", c.name, got, err, c.want)
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

// What is an error in place of agents, and what is only a remark beside them.
func TestErrorObject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		body    string
		isError bool
		remark  string
	}{
		{`{"reply":{"data":{},"err_code":null,"err_msg":null,"err_extra":null}}`, false, ""},
		{`{"reply":{"data":{},"err_code":"","err_msg":"","err_extra":[]}}`, false, ""},
		{`{"reply":{"data":{},"err_code":"0"}}`, false, ""},
		{`{"reply":{"data":null,"err_code":null,"err_msg":"An error occurred"}}`, true, "An error occurred"},
		{`{"reply":{"data":{},"err_msg":"An error occurred"}}`, true, "An error occurred"},
		{`{"reply":{"data":{},"err_extra":"No such action"}}`, true, "No such action"},
		{`{"reply":{"err_extra":"No such action"}}`, true, "No such action"},
		{`{"err_msg":"No such action","reply":{}}`, true, "No such action"},
		{`{"reply":{"err_code":0,"err_msg":"partial outage","data":{"a":"FAILED"}}}`, false, "partial outage"},
		{`{"reply":{"data":{"a":null},"err_msg":"m","err_extra":{"b":1}}}`, false, `m; {"b":1}`},
		{`{"err_msg":"{\"line\": 1}"}`, true, `{"line": 1}`},
		{`{"reply":{"err_msg":{"line": 1},"err_extra":[{"loc": ["a"], "msg":"b"}]}}`, true, `{"line":1}; [{"loc":["a"],"msg":"b"}]`},
		{`{"reply":{"data":{"a":"FAILED"},"err_code":"1"}}`, true, ""},
		{`{"reply":{"data":{"a":"FAILED"},"err_code":false}}`, true, ""},
		{`{"reply":{"data":{"a":"FAILED"}},"err_code":500}`, true, ""},
		{`{"reply":{"err_code":0,"err_msg":"x"}}`, true, "x"},
		{`{"reply":{"data":{"a":"FAILED"},"err_code":{},"err_msg":" \n"}}`, true, ""},
		{`{"reply":{"data":{"a":"FAILED"},"err_msg":" "}}`, false, ""},
		{`{"reply":{"err_code":500,"data":{"a":"FAILED"}},"err_code":null}`, true, ""},
		{`{"reply":{"err_code":500,"err_code":0,"data":{"a":"FAILED"}}}`, true, ""},
		{`{"reply":{"err_code":0,"err_code":500,"data":{"a":"FAILED"}}}`, true, ""},
		{`{"reply":{"err_msg":"partial outage","data":{"a":"FAILED"},"err_msg":""}}`, false, "partial outage"},
	} {
		said, err := readReply(strings.NewReader(c.body), ignore{})
		if err != nil || said.isError() != c.isError || said.remark() != c.remark {
			t.Errorf("%s: error %v, remark %q, %v; want %v, %q", c.body, said.isError(), said.remark(), err, c.isError, c.remark)
		}
	}
}

// Only what can be a status of HTTP stands in for the one of the answer.
func TestErrCodeAsStatus(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]int{"99": 200, "100": 100, "401": 401, "599": 599, "600": 200, "E-17": 200, "-401": 200} {
		if e := (&Error{StatusCode: 200}).refused(refusal{code: jsontext.Value(code)}); e.StatusCode != want || e.Code != code {
			t.Errorf("%s: %d", code, e.StatusCode)
		}
	}
}
