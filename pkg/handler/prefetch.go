package handler

import "context"

// Prefetch begins to read the secret of requests without a tenant, and does not wait for it: the first check finds it
// read or under way. If it fails, that check reads the secret itself.
func (s *Step) Prefetch(ctx context.Context) {
	if s.SecretID != "" {
		s.once.Do(s.prepare)
		s.cache.latest(ctx, s.SecretID, "")
	}
}
