package xdr

import "testing"

func TestErrorReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, raw, want string }{
		{"errorDescription", `{"errorDescription":"Element not found.\r\n","errorData":"{\"errorText\":\"other\"}"}`, "Element not found."},
		{"missing_files with descriptions", `{"errorDescription":null,"missing_files":[{"description":null},{"description":"File not found"}]}`, "File not found"},
		{"missing_files of strings", `{"missing_files":["", "C:\\temp\\x.exe"]}`, `missing file: C:\temp\x.exe`},
		{"missing_files is a string", `{"missing_files":"x","errorData":"{\"errorText\":\"deep\"}"}`, "deep"},
		{"errorData holds JSON", `{"errorData":"{\"reportIds\": [], \"errorText\": \"Agent is busy\"}"}`, "Agent is busy"},
		{"errorData is an object without text", `{"errorData":{"x":1}}`, `{"errorData":{"x":1}}`},
		{"errorData is plain text", `{"errorData":"plain, not JSON","bucket":"b"}`, "plain, not JSON"},
		{"errorData is a bare code", `{"errorData":-199}`, `{"errorData":-199}`},
		{"a bare code", `-191`, "-191"},
		{"errorText beside errorData", `{"errorText":"No such address","errorData":null}`, "No such address"},
		{"errorText inside before beside", `{"errorText":"2","errorData":"{\"errorText\":\"1\"}"}`, "1"},
		{"errorText before plain errorData", `{"errorText":"1","errorData":"two"}`, "1"},
		{"description before files before data", `{"errorData":"{\"errorText\":\"3\"}","missing_files":["2"],"errorDescription":"1"}`, "1"},
		{"files before data", `{"errorData":"{\"errorText\":\"3\"}","missing_files":["2"]}`, "missing file: 2"},
		{"terminate_result", `{"terminated_by":"admin","terminate_result":[{"path":null,"status":1}],"bucket":null,"file_name":""}`,
			`{"terminate_result":[{"path":null,"status":1}],"terminated_by":"admin"}`},
		{"no escapes of HTML", `{"x":"<b>&","y":null}`, `{"x":"<b>&"}`},
		{"a description that is no string", `{"errorDescription":{"code":5}}`, `{"code":5}`},
		{"a blank description hides nothing", `{"errorDescription":" \r\n","missing_files":["\n"],"errorData":"{\"errorText\":\"busy\"}"}`, "busy"},
		{"half an emoji, and a name twice", `{"x":{"a":1,"a":"\ud800"}}`, `{"x":{"a":1,"a":"�"}}`},
		{"all null", `{"errorDescription":null,"errorData":null,"missing_files":[]}`, ""},
		{"a string", `"just text\n"`, "just text"},
		{"null", `null`, ""},
		{"empty object", `{}`, ""},
		{"list", `[1, 2]`, "[1,2]"},
		{"ill-formed UTF-8", "{\"errorDescription\":\"caf\xe9\"}", "caf\ufffd"},
		{"no JSON at all", `{"broken`, `{"broken`},
		{"nothing", ``, ""},
	} {
		if got := (Redactor{}).Line(ErrorReason(c.raw).String(), 100); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
