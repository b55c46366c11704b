package xdrtest_test

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/soarstep/xdr-action-status/internal/xdrtest"
)

// TestEmbedded plays each embedded scenario and counts its statuses at some times.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	const success = "COMPLETED_SUCCESSFULLY"
	type moment struct {
		at   time.Duration
		want map[string]int
	}
	tests := map[string][]moment{
		"done":           {{0, map[string]int{success: 5}}},
		"pending":        {{96 * time.Hour, map[string]int{success: 1, "FAILED": 1, "IN_PROGRESS": 1}}},
		"failed":         {{0, map[string]int{"FAILED": 4}}},
		"partial":        {{0, map[string]int{success: 1, "COMPLETED_PARTIAL": 1}}},
		"empty":          {{96 * time.Hour, map[string]int{}}},
		"empty_null":     {{96 * time.Hour, map[string]int{}}},
		"empty_no_reply": {{96 * time.Hour, map[string]int{}}},
		"unknown_status": {{0, map[string]int{success: 1, success + "_WITH_EXCEPTIONS": 1, "SUCCEEDED": 1}}},
		"mixed": {
			{0, map[string]int{"PENDING": 23}},
			{19 * time.Second, map[string]int{"PENDING": 17, "IN_PROGRESS": 6}},
			{90 * time.Second, map[string]int{success: 21, "FAILED": 1, "EXPIRED": 1, "CANCELLED": 1}},
		},
		"offline": {
			{72*time.Hour - time.Second, map[string]int{success: 8, "PENDING": 2}},
			{72 * time.Hour, map[string]int{success: 8, "EXPIRED": 2}},
		},
		"late":   {{29 * time.Second, map[string]int{}}, {45 * time.Second, map[string]int{success: 3}}},
		"vanish": {{19 * time.Second, map[string]int{"IN_PROGRESS": 6}}, {30 * time.Second, map[string]int{success: 4}}},
		"thousand": {
			{0, map[string]int{"PENDING": 1000}},
			{time.Minute - time.Millisecond, map[string]int{success: 999, "IN_PROGRESS": 1}},
			{time.Minute, map[string]int{success: 1000}},
		},
		"all_statuses": {{0, map[string]int{
			"PENDING": 1, "IN_PROGRESS": 1, "CANCELLED": 1, "PENDING_ABORT": 1, "ABORTED": 1, "EXPIRED": 1,
			"COMPLETED_PARTIAL": 1, success: 1, "FAILED": 1, "TIMEOUT": 1, "CANCELED": 1,
		}}},
		"errors": nil, // TestEmbeddedErrors
	}
	if got, want := xdrtest.Names(), slices.Sorted(maps.Keys(tests)); !slices.Equal(got, want) {
		t.Fatalf("names are %v, tests are for %v", got, want)
	}
	for name, moments := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			begin := c.Now()
			s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{load(t, name)}})
			id := max(load(t, name).GroupActionID, 1)
			for i, m := range moments {
				if i == 0 {
					ask(t, s, c.Now(), id)
				}
				c.move(begin.Add(m.at).Sub(c.Now()))
				if got := counts(statuses(t, s, c.Now(), id)); !maps.Equal(got, m.want) {
					t.Errorf("at %v: got %v, want %v", m.at, got, m.want)
				}
			}
		})
	}
}

// TestEmbeddedErrors loads another scenario too: its questions must neither meet nor use up faults.
func TestEmbeddedErrors(t *testing.T) {
	t.Parallel()
	c := newClock()
	faulty, done := load(t, "errors"), load(t, "done")
	s := start(t, xdrtest.Options{Now: c.Now, Scenarios: []xdrtest.Scenario{faulty, done}})
	for i, want := range []int{503, 429, 502, 0, 200} {
		if other := ask(t, s, c.Now(), done.GroupActionID); other.status != http.StatusOK {
			t.Errorf("the other action got %+v", other)
		}
		got := ask(t, s, c.Now(), faulty.GroupActionID)
		if got.status != want || (got.err != nil) != (want == 0) {
			t.Errorf("question %d: got %+v, want %d", i+1, got, want)
		}
		if want == 429 && got.header.Get("Retry-After") != "7" {
			t.Errorf("Retry-After %q", got.header.Get("Retry-After"))
		}
		if want == 502 && (got.header.Get("Content-Type") != "text/html" || !strings.Contains(got.body, "<html>")) {
			t.Errorf("the 502 is no page: %+v", got)
		}
	}
}

func TestReadmeListsTheScenarios(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("scenarios", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range xdrtest.Names() {
		s := load(t, name)
		id := "any other"
		if s.GroupActionID != 0 {
			id = strconv.FormatInt(s.GroupActionID, 10)
		}
		if row := fmt.Sprintf("| %s | %s | %s |\n", name, id, s.Description); !strings.Contains(string(readme), row) {
			t.Errorf("no row %q", row)
		}
	}
}
