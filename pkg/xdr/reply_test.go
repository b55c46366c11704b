package xdr

import (
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// lines is a Sink that writes down what it is told.
type lines struct {
	ignore
	strings.Builder
}

func (l *lines) NoStatus(id, value []byte)       { fmt.Fprintf(l, "%s?%s ", id, value) }
func (l *lines) AgentStatus(id []byte, s Status) { fmt.Fprintf(l, "%s=%s ", id, s) }
func (l *lines) ErrorReason(id []byte, r ErrorReason) {
	fmt.Fprintf(l, "%s!%s ", id, r)
}

func TestReadReply(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want string }{
		{"one agent", `{"reply":{"data":{"a":"PENDING"}}}`, "a=PENDING "},
		{"white space", " {\n\"reply\" : { \"data\" : { \"a\" : \"FAILED\" , \"b\" : \"TIMEOUT\" } } }\n ", "a=FAILED b=TIMEOUT "},
		{"reasons after", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":{"errorDescription":"x"}}}}`, "a=FAILED a!x "},
		{"reasons before", `{"reply":{"errorReasons":{"a":{"errorDescription":"x"}},"data":{"a":"FAILED"}}}`, "a!x a=FAILED "},
		{"errorReasons null", `{"reply":{"data":{"a":"FAILED"},"errorReasons":null}}`, "a=FAILED "},
		{"errorReasons a string", `{"reply":{"data":{"a":"FAILED"},"errorReasons":"none"}}`, "a=FAILED "},
		{"other members beside data", `{"reply":{"data":null,"total":0}}`, ""},
		{"a status that is no string", `{"reply":{"data":{"a":null,"b":["FAILED"],"c":5,"d":{"x":1},"e":"FAILED"}}}`, `a?null b?["FAILED"] c?5 d?{"x":1} e=FAILED `},
		{"errorReasons a list", `{"reply":{"data":{"a":"FAILED"},"errorReasons":[]}}`, "a=FAILED "},
		{"an odd reason", `{"reply":{"data":{"a":"FAILED"},"errorReasons":{"a":null,"b":[7]}}}`, "a=FAILED a! b![7] "},
		{"a reason too long to be shown in time", `{"reply":{"errorReasons":{"a":{"missing_files":[` + strings.Repeat("{},", maxReason/3) + `{}]}}}}`, "a! "},
		{"data null", `{"reply":{"data":null}}`, ""},
		{"data absent", `{"reply":{}}`, ""},
		{"reply null", `{"reply":null}`, ""},
		{"no reply", `{}`, ""},
		{"unknown members", `{"x":[{"reply":1}],"reply":{"data":{"a":"EXPIRED"},"y":{"data":{"z":"FAILED"}}},"z":1e9}`, "a=EXPIRED "},
		{"escapes", `{"reply":{"data":{"\u0061\n":"PEND\u0049NG","q\"":"FAILED"}}}`, "a\n=PENDING q\"=FAILED "},
		{"unknown status", `{"reply":{"data":{"a":"SUCCEEDED","b":""}}}`, "a=SUCCEEDED b= "},
		{"a repeated agent", `{"reply":{"data":{"a":"FAILED","a":"PENDING"}}}`, "a=FAILED a=PENDING "},
		{"ill-formed UTF-8", "{\"reply\":{\"data\":{\"a\xff\":\"PENDING\"}}}", "a\xff=PENDING "},
	} {
		for _, slow := range []bool{false, true} {
			var r io.Reader = strings.NewReader(c.body)
			if slow {
				r = iotest.OneByteReader(r)
			}
			var got lines
			said, err := readReply(r, &got)
			if err != nil || said.isError() || got.String() != c.want {
				t.Errorf("%s: %q, %v, want %q", c.name, got.String(), err, c.want)
			}
		}
	}
}

func TestReadReplyErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want string }{
		{"HTML", `<html>`, "a page of HTML, not JSON: "},
		{"list", `[]`, "expected an object, got [, at"},
		{"reply is a string", `{"reply":"x"}`, `expected an object, got string, at "/reply"`},
		{"reply is true", `{"reply":true}`, `expected an object, got true, at "/reply"`},
		{"data is a list", `{"reply":{"data":[]}}`, `expected an object, got [, at "/reply/data"`},
		{"data is a number", `{"reply":{"data":5}}`, `expected an object, got number, at "/reply/data"`},
		{"foreign JSON", `{"message":"Service is under maintenance"}`, `without an error, but with the member "message"`},
		{"foreign error", `{"error":"invalid_token","x":{"reply":{}}}`, `with the member "error"`},
		{"foreign beside an empty reply", `{"reply":{},"error":"x"}`, `with the member "error"`},
		{"a foreign reply", `{"reply":{"result":"x"}}`, `with the member "result"`},
		{"err_code 0 is no error", `{"reply":{"err_code":0,"result":"x"}}`, `with the member "result"`},
		{"err_code of text 0 is none either", `{"reply":{"err_code":"0","Data":{"a":"FAILED"}}}`, `with the member "Data"`},
		{"another case", `{"reply":{"Data":{"a":"FAILED"}}}`, `with the member "Data"`},
		{"a member without a name", `{"reply":{"":{}}}`, `with the member ""`},
		{"agents one level too deep", `{"reply":{"results":{"data":{"a":"FAILED"}}}}`, `with the member "results"`},
		{"two replies", `{"reply":{},"reply":{}}`, `"reply" appears twice`},
		{"two data", `{"reply":{"data":{},"data":{}}}`, `"data" appears twice`},
		{"data behind", `{"reply":{}}{}`, "data after the end"},
		{"garbage behind", `{"reply":{}}x`, "not JSON at byte 12"},
		{"missing comma", `{"reply":{"data":{"a":"FAILED" "b":"FAILED"}}}`, "not JSON at byte"},
		{"bad name", `{"reply":{"data":{5:"FAILED"}}}`, "not JSON at byte"},
	} {
		_, err := readReply(strings.NewReader(c.body), ignore{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.ContainsAny(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q in it", c.name, err, c.want)
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
