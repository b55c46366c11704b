package asl

import "testing"

func TestParseRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, source := range []string{
		`{"StartAt":"A","QueryLanguage":"JSONata"}`,
		`{"States":{"W":{"Type":"Wait","Seconds":1.5}}}`,
	} {
		if m, err := Parse([]byte(source)); err == nil {
			t.Errorf("%+v", m)
		}
	}
}
