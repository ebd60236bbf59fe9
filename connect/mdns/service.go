package mdns

import (
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"zhigai/connect"
	"zhigai/plant"
)

// service is a kind of thing that announces itself, and how it is reached.
type service struct {
	name   string // as it is asked for
	driver string // that reads it; "" when it only tells that something is there
	scheme string // before host and port
	path   bool   // the text record may give a path behind them
	only   string // instances that begin with it; "" for all
	vendor string
}

// services are those that are asked for. Names: OPC 10000-12 annex C for OPC UA;
// the registry of RFC 6335 for mbap (Modbus), mqtt and secure-mqtt. _mtconnect and
// _modbus are in use and not registered.
var services = []service{
	{name: "_opcua-tcp._tcp.local.", driver: "opcua", scheme: "opc.tcp://", path: true},
	{name: "_mtconnect._tcp.local.", driver: "mtconnect", scheme: "http://"},
	{name: "_modbus._tcp.local.", driver: "modbus-tcp"},
	{name: "_mbap._tcp.local.", driver: "modbus-tcp"},
	{name: "_mqtt._tcp.local.", scheme: "mqtt://"},
	{name: "_secure-mqtt._tcp.local.", scheme: "mqtts://"},
	{name: "_http._tcp.local.", scheme: "http://", only: "shelly", vendor: "Shelly"}, // web pages are everywhere: known modules alone
}

// What is shown of texts that somebody on the network wrote, in characters and
// in lines.
const (
	maxWord  = 100
	maxTexts = 20
)

// found is the device an instance announces; ok is false while its host or
// address has not been heard.
func (s service) found(i *instance, addr netip.Addr) (connect.Found, bool) {
	title := word(i.name[:max(0, len(i.name)-len(s.name)-1)])
	if i.port == 0 || !addr.IsValid() || s.only != "" && !strings.HasPrefix(strings.ToLower(title), s.only) {
		return connect.Found{}, false
	}
	text := texts(i.text)
	address := s.scheme + netip.AddrPortFrom(addr, i.port).String()
	if s.path {
		address += pathOf(text["path"])
	}
	driver := s.driver
	if driver == "" {
		driver = strings.TrimPrefix(strings.SplitN(s.name, ".", 2)[0], "_")
	}
	out := connect.Found{
		Device: plant.Device{Driver: driver, Address: address}, Title: title, Announced: true, Hint: s.driver == "",
		Identity: connect.Identity{
			Vendor: first(text, "manufacturer", "vendor", "mf"), Product: first(text, "product", "model", "md", "app", "ty"),
			Version: first(text, "version", "fw", "ver"), Serial: first(text, "serial", "serialnumber", "sn"),
		},
	}
	if out.Identity.Vendor == "" {
		out.Identity.Vendor = s.vendor
	}
	for _, key := range slices.Sorted(maps.Keys(text)) {
		out.Text = append(out.Text, key+"="+text[key])
	}
	return out, true
}

// pathOf is what stands behind host and port; empty when it is not written as the
// path of an address.
func pathOf(path string) string {
	u, err := url.Parse(path)
	if err != nil || !strings.HasPrefix(path, "/") || path == "/" || u.Host != "" || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(path, " ?#\\") {
		return ""
	}
	return path
}

// texts are the attributes of a text record, keys in lower case; of two the first
// counts (RFC 6763, 6.4), and of many the first maxTexts.
func texts(list []string) map[string]string {
	out := map[string]string{}
	for _, one := range list {
		key, value, ok := strings.Cut(one, "=")
		key = word(strings.ToLower(key))
		if _, seen := out[key]; ok && key != "" && !seen && len(out) < maxTexts {
			out[key] = word(value)
		}
	}
	return out
}

func first(text map[string]string, keys ...string) string {
	for _, k := range keys {
		if text[k] != "" {
			return text[k]
		}
	}
	return ""
}

// word is a text without what cannot be shown.
func word(s string) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
	if r := []rune(s); len(r) > maxWord {
		s = string(r[:maxWord])
	}
	return s
}

// serviceOf finds the service of an instance's name.
func serviceOf(name string) (service, bool) {
	i := slices.IndexFunc(services, func(s service) bool { return strings.HasSuffix(strings.ToLower(name), "."+s.name) })
	if i < 0 {
		return service{}, false
	}
	return services[i], true
}
