package main

import (
	"sync"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/lambdatest"
)

func TestColdConcurrentInvocationsShareOneFetch(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Concurrency: 200})
	d.sim.Expect(200)
	d.sim.ExpectSecretCalls(1)
	var group sync.WaitGroup
	for range 200 {
		group.Go(func() {
			if r, err := d.Invoke(t.Context(), []byte(doneID)); err != nil || r.ErrorType != "" {
				t.Errorf("%s, %v", body(r), err)
			}
		})
	}
	group.Wait()
}

func TestRotationUnderLoadLosesNoCheck(t *testing.T) {
	t.Parallel()
	d := deploy(t, nil, lambdatest.Options{Concurrency: 20})
	var group sync.WaitGroup
	rotated := make(chan struct{})
	for range 20 {
		group.Go(func() {
			for i := range 20 {
				if i == 10 {
					<-rotated // so that some checks are under way at the rotation, and some come after it
				}
				if r, err := d.Invoke(t.Context(), []byte(doneID)); err != nil || r.ErrorType != "" {
					t.Errorf("%s, %v", body(r), err)
				}
			}
		})
	}
	for len(d.sim.Requests()) < 60 {
		time.Sleep(time.Millisecond)
	}
	d.sim.Rotate()
	close(rotated)
	group.Wait()
	refused := 0
	for _, r := range d.sim.Requests() {
		if r.Status == 401 {
			refused++
		}
	}
	if n := len(d.sim.SecretCalls()); n < 2 || n > 5 || refused == 0 {
		t.Errorf("%d Secrets Manager calls, %d refused requests", n, refused)
	}
}
