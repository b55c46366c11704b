package xdrtest

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"time"
)

// secret is what Secrets Manager holds: the JSON with a key, or any other value.
type secret struct {
	key      string
	value    string // in place of the JSON with key, where replaced
	binary   bool
	version  string
	created  time.Time
	replaced bool
}

// Stored returns the value that Secrets Manager holds under a name; "" if it holds none.
func (s *Sim) Stored(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.secrets[name]; held != nil {
		return s.valueOf(held)
	}
	return ""
}

func (s *Sim) valueOf(held *secret) string {
	if held.replaced {
		return held.value
	}
	return s.secretJSON(held.key)
}

// SecretValue returns the secret as it should be: with the API key that is valid now. Secrets Manager may hold another.
func (s *Sim) SecretValue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secretJSON(s.key)
}

func (s *Sim) secretJSON(key string) string {
	b, err := json.Marshal(map[string]string{
		"api_url":        s.url + s.o.BasePath,
		"api_key_id":     keyID,
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
	*s.secrets[s.o.SecretID] = secret{key: key, version: newUUID(), created: s.o.Now()}
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
	held := s.secrets[s.o.SecretID]
	held.replace(value, newUUID(), s.o.Now())
	held.binary = binary
}

func (held *secret) replace(value, version string, now time.Time) {
	*held = secret{key: held.key, value: value, version: version, created: now, replaced: true}
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
