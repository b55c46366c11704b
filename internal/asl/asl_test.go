package asl

import (
	"strings"
	"testing"
)

func TestParseRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	if m, err := Parse([]byte(`{"StartAt":"A","QueryLanguage":"JSONata"}`)); err == nil {
		t.Errorf("%+v", m)
	}
	if m, err := Parse([]byte(`{"States":{"W":{"Type":"Wait","Seconds":1.5}}}`)); err == nil {
		t.Errorf("%+v", m)
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	source := []byte(`{"FunctionName": "${StatusFunctionArn}"}`)
	if filled, err := Fill(source, map[string]string{"StatusFunctionArn": "arn:x"}); err != nil || strings.Contains(string(filled), "${") {
		t.Error(err)
	}
	if _, err := Fill(source, nil); err == nil || !strings.Contains(err.Error(), "StatusFunctionArn") {
		t.Error(err)
	}
}
