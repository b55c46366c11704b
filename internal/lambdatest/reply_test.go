package lambdatest

import "testing"

func TestErrorTypeOfHeaderAndBody(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		header, body, want string
		differ             bool
	}{
		{"", `{"errorType":"B","errorMessage":"m"}`, "B", false},
		{"H", `{"errorMessage":"m"}`, "H", false},
		{"B", `{"errorType":"B","errorMessage":"m"}`, "B", false},
		{"H", `{"errorType":"B","errorMessage":"m"}`, "B", true},
		{"H", `not JSON`, "H", false},
		{"", ``, "", false},
	} {
		r := failure("id", tt.header, []byte(tt.body))
		if r.ErrorType != tt.want || r.TypesDiffer != tt.differ || r.HeaderErrorType != tt.header {
			t.Errorf("header %q, body %s: %+v", tt.header, tt.body, r)
		}
		if !r.Failed() || r.Payload != nil || string(r.RawError) != tt.body {
			t.Errorf("header %q, body %s: not a failure with its body: %+v", tt.header, tt.body, r)
		}
	}
}
