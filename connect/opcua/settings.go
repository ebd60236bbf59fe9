package opcua

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gopcua/opcua/ua"

	"zhigai/plant"
)

// settings is a device's address and params, understood.
type settings struct {
	url      string
	policy   string // short name
	mode     ua.MessageSecurityMode
	user     string
	password string
	// plain allows a password over a channel without encryption.
	plain   bool
	timeout time.Duration // one request
	object  []step        // the machine among several behind the server; none is all of it
}

// policies that are not broken; older ones are not offered on purpose.
var policies = []string{"None", "Basic256Sha256", "Aes256_Sha256_RsaPss"}

const (
	defaultTimeout = 5 * time.Second
	maxTimeout     = time.Minute
)

func parseSettings(dev plant.Device) (settings, error) {
	s := settings{url: dev.Address, policy: "Basic256Sha256", mode: ua.MessageSecurityModeSignAndEncrypt, timeout: defaultTimeout}
	u, err := url.Parse(dev.Address)
	if err != nil || u.Scheme != "opc.tcp" || u.Hostname() == "" || u.User != nil {
		return s, fmt.Errorf("opcua address %q: write for example opc.tcp://192.168.1.10:4840/path; user and password are params", dev.Address)
	}
	mode := ""
	for key, v := range dev.Params {
		switch key {
		case "policy":
			s.policy = v
		case "mode":
			mode = v
		case "user":
			s.user = v
		case "password":
			s.password = v
		case "plain_password":
			s.plain = v == "yes"
		case "timeout":
			if s.timeout, err = time.ParseDuration(v); err != nil || s.timeout < 100*time.Millisecond || s.timeout > maxTimeout {
				return s, fmt.Errorf("opcua param timeout %q: a duration from 100ms to %v", v, maxTimeout)
			}
		case "object":
			way, ok := parseWay("/" + v)
			if !ok {
				return s, fmt.Errorf("opcua param object %q: write the machine's browse name, for example CNC-01, or with names above it Line 1/CNC", v)
			}
			s.object = way
		default:
			return s, fmt.Errorf("opcua param %q is not known; known are policy, mode, user, password, plain_password, timeout, object", key)
		}
	}
	return s, s.check(mode)
}

func (s *settings) check(mode string) error {
	if !slices.Contains(policies, s.policy) {
		return fmt.Errorf("opcua param policy %q: one of %s", s.policy, strings.Join(policies, ", "))
	}
	switch {
	case s.policy == "None" && (mode == "" || mode == "None"):
		s.mode = ua.MessageSecurityModeNone
	case s.policy != "None" && (mode == "" || mode == "SignAndEncrypt"):
	case s.policy != "None" && mode == "Sign":
		s.mode = ua.MessageSecurityModeSign
	default:
		return fmt.Errorf("opcua param mode %q with policy %s: Sign or SignAndEncrypt with a policy, None without one", mode, s.policy)
	}
	if s.user == "" && s.password != "" {
		return fmt.Errorf("opcua param password without user")
	}
	return nil
}

func (s settings) policyURI() string { return ua.SecurityPolicyURIPrefix + s.policy }
