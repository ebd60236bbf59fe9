package plant

import "regexp"

// secretName is what a parameter is called whose value opens doors.
var secretName = regexp.MustCompile(`(?i)pass|token|secret|communit|credential|pwd|api.?key|cookie|authorization`)

// plainPassword is a switch of OPC UA, yes or no, and no password.
const plainPassword = "plain_password"

// SecretParam reports whether a parameter of a device is called as secrets are:
// its value is stored sealed and never shown.
func SecretParam(name string) bool { return secretName.MatchString(name) && name != plainPassword }
