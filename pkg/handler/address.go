package handler

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// baseURL reads api_url, or makes one of fqdn, which people paste with or without scheme and api- prefix. A host
// without a dot is not shown: it may be a key in the wrong place.
func baseURL(apiURL, fqdn string, allowed []Origin) (*url.URL, error) {
	text := apiURL
	switch {
	case apiURL == "" && fqdn == "":
		return nil, errors.New("missing or empty")
	case apiURL != "" && fqdn != "":
		return nil, errors.New("given together with api_url; give only one of them")
	case fqdn != "":
		text = withAPI(fqdn)
	}
	return checkURL(text, allowed)
}

func withAPI(fqdn string) string {
	if !strings.Contains(fqdn, "://") {
		fqdn = "https://" + fqdn
	}
	scheme, host, _ := strings.Cut(fqdn, "://")
	return scheme + "://api-" + strings.TrimPrefix(strings.ToLower(host), "api-")
}

func checkURL(text string, allowed []Origin) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || !strings.ContainsAny(u.Hostname(), ".:"):
		return nil, errors.New("expected the tenant's address, such as https://api-acme.xdr.us.paloaltonetworks.com")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("expected no user, query or fragment in the address")
	}
	for _, path := range consolePaths {
		if strings.Contains(strings.ToLower(u.Path), path) {
			return nil, fmt.Errorf("expected the address without the path %s, which is not part of it", path)
		}
	}
	origin, err := originOf(u)
	if err == nil && !slices.ContainsFunc(allowed, func(o Origin) bool { return o.allows(origin) }) {
		err = fmt.Errorf("%s %w (%v): no credentials are sent there; add it if it is the tenant's",
			origin, ErrOrigin, allowed)
	}
	return u, err
}

// consolePaths are what consoles and pages show after the address. The API answers 500 there, like in an outage.
var consolePaths = []string{"/public_api", "/xdr/public", "/xsiam/public"}
