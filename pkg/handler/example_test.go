package handler_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
	"github.com/soarstep/xdr-action-status/pkg/handler"
)

// A Go program can make checks without Lambda: with the Secrets Manager client of the AWS SDK, or anything else that
// has its one method.
func ExampleStep_Check() {
	scenario, err := xdrtest.Load("pending") // a simulated tenant in place of a real one
	if err != nil {
		panic(err)
	}
	sim := xdrtest.New(xdrtest.Options{Scenarios: []xdrtest.Scenario{scenario}, SecretID: "xdr/acme"})
	server := httptest.NewServer(sim)
	defer server.Close()
	sim.SetURL(server.URL)

	step := &handler.Step{Config: handler.DefaultConfig(), Secrets: sdk(server.URL)}
	step.SecretID = "xdr/acme"
	origin, err := handler.ParseOrigin(server.URL)
	if err != nil {
		panic(err)
	}
	step.AllowedOrigins = append(step.AllowedOrigins, origin)

	v, err := step.Check(context.Background(), []byte(`{"group_action_id": 22519813685314}`))
	fmt.Println(v.Outcome, v.Reason, "ask again in", v.WaitSeconds, "seconds", err)
	fmt.Println(v.Endpoints.Succeeded, "of", v.Endpoints.Total, "succeeded;", v.FailedEndpoints[0].Error)

	_, err = step.Check(context.Background(), []byte(`{"group_action_id": "none"}`))
	if failure, ok := errors.AsType[*handler.Error](err); ok {
		fmt.Println(failure.Name, failure.Temporary())
	}
	// Output:
	// pending in_progress ask again in 5 seconds <nil>
	// 1 of 3 succeeded; Element not found.
	// XDR.InvalidRequest false
}
