package opcua

import (
	"context"
	"fmt"
	"strings"

	"zhigai/plant"
)

// Test implements [connect.Tester].
func (d *Driver) Test(ctx context.Context, dev plant.Device) (string, error) {
	set, err := parseSettings(dev)
	if err != nil {
		return "", err
	}
	endpoints, err := d.endpoints(ctx, set)
	if err != nil {
		return "", fmt.Errorf("opcua %s: %w", set.url, err)
	}
	report := "offers " + strings.Join(offers(endpoints), ", ")
	for _, e := range endpoints {
		if cert, err := leaf(e.ServerCertificate); err == nil {
			report += fmt.Sprintf("; certificate %s, SHA-256 %s, valid until %s", cert.Subject, fingerprintOf(cert.Raw), cert.NotAfter.Format("2006-01-02"))
			break
		}
	}
	s, err := d.open(ctx, dev)
	if err != nil {
		return report, err
	}
	defer s.close()
	words, err := s.introduce(ctx)
	if err != nil {
		return report, fmt.Errorf("opcua %s: %w", set.url, err)
	}
	if words != "" {
		report += "; " + words
	}
	return report + "; namespaces " + strings.Join(s.namespaces, ", "), nil
}
