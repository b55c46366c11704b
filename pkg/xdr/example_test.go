package xdr_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"

	"github.com/soarstep/xdr-action-status/pkg/xdr"
)

// printer is a Sink that prints what it is told, by the one way out.
type printer struct{ out xdr.Redactor }

func (p *printer) Begin(out xdr.Redactor) { p.out = out }

func (p *printer) AgentStatus(agentID []byte, status xdr.Status) {
	fmt.Println(p.out.Line(string(agentID), 64), p.out.Line(string(status), 64))
}

func (p *printer) NoStatus(agentID, value []byte) {
	fmt.Println(p.out.Line(string(agentID), 64), "has no status but", p.out.Line(string(value), 64))
}

func (p *printer) ErrorReason(agentID []byte, reason xdr.ErrorReason) {
	fmt.Println(p.out.Line(string(agentID), 64), "because:", p.out.Line(reason.String(), 256))
}

// The reply comes agent by agent, whatever its size. An error says who failed, and what to do about it.
func ExampleClient_GetActionStatus() {
	replies := []string{
		`{"reply": {
			"data": {"2fe2be1ae7b54e6b": "COMPLETED_SUCCESSFULLY", "9d5a7b2f6c1f0a11": "FAILED"},
			"errorReasons": {"9d5a7b2f6c1f0a11": {"errorDescription": "Element not found.\r\n"}}}}`,
		`{"reply": {"err_code": 403, "err_msg": "Forbidden", "err_extra": null}}`,
	}
	tenant := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, replies[0])
		replies = replies[1:]
	}))
	defer tenant.Close()

	address, err := url.Parse(tenant.URL) // or https://api-acme.xdr.us.paloaltonetworks.com
	if err != nil {
		panic(err)
	}
	cred, err := xdr.NewCredentials(address, "7", "the-key", xdr.Advanced)
	if err != nil {
		panic(err)
	}
	var client xdr.Client
	for range 2 {
		remark, err := client.GetActionStatus(context.Background(), cred, 22519813685366, &printer{})
		var failure *xdr.Error
		if errors.As(err, &failure) && failure.Kind == xdr.Refused {
			fmt.Println("the API said no:", failure)
			continue
		}
		fmt.Printf("remark: %q, error: %v\n", remark, err)
	}
	// Output:
	// 2fe2be1ae7b54e6b COMPLETED_SUCCESSFULLY
	// 9d5a7b2f6c1f0a11 FAILED
	// 9d5a7b2f6c1f0a11 because: Element not found.
	// remark: "", error: <nil>
	// the API said no: Cortex XDR answered 403; err_code: 403; err_msg: Forbidden
}
