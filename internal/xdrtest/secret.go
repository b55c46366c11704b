package xdrtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// secret is what Secrets Manager holds: the key it was last told, or a value in place of everything.
type secret struct {
	key      string
	value    string // of SetSecret; "" means the JSON with key
	binary   bool
	version  string
	created  time.Time
	replaced bool
}

// SecretValue returns the secret as it should be: with the API key that is valid now, whatever
// Secrets Manager holds.
func (s *Sim) SecretValue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secretJSON(s.key)
}

func (s *Sim) secretJSON(key string) string {
	b, err := json.Marshal(map[string]string{
		"api_url":        s.url + s.o.BasePath,
		"api_key_id":     s.o.KeyID,
		"api_key":        key,
		"security_level": s.o.SecurityLevel,
	})
	if err != nil {
		panic(err) // strings always have a JSON form
	}
	return string(b)
}

// Rotate replaces the API key by a random one, see [Sim.RotateTo].
func (s *Sim) Rotate() { s.RotateTo(newKey()) }

// RotateTo replaces the API key at once, and puts it in a new version of the secret.
func (s *Sim) RotateTo(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
	s.secret = secret{key: key, version: newUUID(), created: s.o.Now()}
}

// RevokeKey replaces the API key by a random one that the secret does not get: its key is now wrong.
func (s *Sim) RevokeKey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = newKey()
}

// SetSecret puts any value in a new version of the secret, as SecretString or as SecretBinary.
func (s *Sim) SetSecret(value string, binary bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.secret = secret{
		key: s.secret.key, value: value, replaced: true, binary: binary,
		version: newUUID(), created: s.o.Now(),
	}
}

// newKey returns a random key of a real one's length.
func newKey() string {
	return (rand.Text() + rand.Text() + rand.Text() + rand.Text() + rand.Text())[:128]
}

func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
