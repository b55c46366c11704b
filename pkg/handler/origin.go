package handler

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Origin is one entry of the allow-list: an exact scheme and port, and a host that may begin with "*." for any name
// below it. The port is empty where it is the scheme's own.
type Origin struct{ Scheme, Host, Port string }

// ParseOrigin reads [scheme://][*.]host[:port]; the scheme is https unless it is spelled out.
func ParseOrigin(s string) (Origin, error) {
	text := s
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return Origin{}, fmt.Errorf("%q: expected [https://][*.]host[:port]", s)
	}
	bare, wild := strings.CutPrefix(u.Host, "*.")
	u.Host = bare
	o, err := originOf(u)
	if err != nil {
		return Origin{}, fmt.Errorf("%q: %w", s, err)
	}
	if wild {
		o.Host = "*." + o.Host
	}
	return o, nil
}

// originOf reduces a URL to what is compared. A host is ASCII before its case is folded: a look-alike in another
// script, a trailing dot, a percent sign, a star or an IPv6 zone is refused here.
func originOf(u *url.URL) (Origin, error) {
	o := Origin{Scheme: strings.ToLower(u.Scheme), Host: strings.ToLower(u.Hostname()), Port: u.Port()}
	switch {
	case o.Scheme != "https" && o.Scheme != "http":
		return Origin{}, fmt.Errorf("expected https, got %q", clip(u.Scheme, maxID))
	case !isHostName(u.Hostname()):
		return Origin{}, fmt.Errorf("%q is not a host name", clip(o.Host, maxID))
	case o.Scheme == "https" && o.Port == "443", o.Scheme == "http" && o.Port == "80":
		o.Port = ""
	}
	return o, nil
}

func isHostName(host string) bool {
	if addr, err := netip.ParseAddr(host); err == nil {
		return addr.Zone() == ""
	}
	strange := func(r rune) bool { return !isLetterOrDigit(r) && r != '-' && r != '.' }
	return !strings.ContainsFunc(host, strange) && !strings.Contains("."+host+".", "..") // no part is empty
}

func (o Origin) String() string {
	host := o.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if o.Port != "" {
		host += ":" + o.Port
	}
	return o.Scheme + "://" + host
}

func (o Origin) allows(target Origin) bool {
	if o.Scheme != target.Scheme || o.Port != target.Port {
		return false
	}
	if below, wild := strings.CutPrefix(o.Host, "*"); wild {
		return strings.HasSuffix(target.Host, below) && len(target.Host) > len(below)
	}
	return o.Host == target.Host
}
