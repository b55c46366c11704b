package handler

import "time"

// Config is what an installation decides; see [DefaultConfig] for the usual values.
type Config struct {
	SecretID           string        // name or ARN of the secret of requests without a tenant; empty: they need one
	TenantSecretPrefix string        // prefix + tenant is the secret of a tenant; empty: tenants are refused
	SecretTTL          time.Duration // how long a secret is used before it is read again
	AllowedOrigins     []Origin      // where credentials may be sent

	Timeout      time.Duration // how long after started_at pending becomes failed, unless the request says
	MinWait      time.Duration // bounds of wait_seconds
	MaxWait      time.Duration
	WaitFraction float64       // wait_seconds as a part of the time since started_at
	EmptyGrace   time.Duration // how long a reply without agents is pending
}

// DefaultConfig is a Config without a secret; the function's environment variables start from it.
func DefaultConfig() Config {
	return Config{
		SecretTTL:      5 * time.Minute,
		AllowedOrigins: []Origin{{Scheme: "https", Host: "*.paloaltonetworks.com"}},
		Timeout:        3 * 24 * time.Hour,
		MinWait:        5 * time.Second,
		MaxWait:        10 * time.Minute,
		WaitFraction:   0.1,
		EmptyGrace:     2 * time.Minute,
	}
}
