package xdrtest

import (
	"crypto/rand"
	"fmt"
)

// secret is what Secrets Manager holds under a name.
type secret struct {
	value   string
	binary  bool
	version string
}

// Stored returns the value that Secrets Manager holds under a name; "" if it holds none.
func (s *Sim) Stored(name string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if held := s.secrets[name]; held != nil {
		return held.value
	}
	return ""
}

// SecretValue returns the secret as it should be: with the API key that is valid now. Secrets Manager may hold another.
func (s *Sim) SecretValue() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.secretValue()
}

func (s *Sim) secretValue() string {
	return string(toJSON(map[string]string{
		"api_url":        s.url + s.o.BasePath,
		"api_key_id":     KeyID,
		"api_key":        s.key,
		"security_level": s.o.SecurityLevel,
	}))
}

// Rotate replaces the API key by a random one, see [Sim.RotateTo].
func (s *Sim) Rotate() { s.RotateTo(newKey()) }

// RotateTo replaces the API key, and at the same moment puts it in a new version of the secret.
func (s *Sim) RotateTo(key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.key = key
	s.put(s.secretValue(), false)
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
	s.put(value, binary)
}

func (s *Sim) put(value string, binary bool) {
	*s.secrets[s.o.SecretID] = secret{value: value, binary: binary, version: newUUID()}
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
