package plant

import "testing"

func TestSecretParam(t *testing.T) {
	for name, want := range map[string]bool{
		"password": true, "auth_password": true, "token": true, "community": true, "header.X-Api-Key": true, "header.Cookie": true,
		"unit": false, "plain_password": false, "timeout": false, "auth": false, "user": false, "signal": false,
	} {
		if SecretParam(name) != want {
			t.Errorf("SecretParam(%s) = %v", name, !want)
		}
	}
}
