package access

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"strings"
	"time"
)

// One-time passwords by time, RFC 6238 with the defaults that authenticator
// programs know: HMAC-SHA-1, 6 digits, steps of 30 seconds since 1970.
const (
	totpStep   = 30 * time.Second
	totpDigits = 6
	// totpDrift is how many steps a telephone's clock may be off, either way: the
	// one step of RFC 6238, section 5.2.
	totpDrift       = 1
	totpSecretBytes = 20 // the length of the hash, RFC 4226, section 4, R6
)

// hotp is the code of a counter, RFC 4226, section 5.3.
func hotp(secret []byte, counter uint64, digits int) string {
	mac := hmac.New(sha1.New, secret)
	_ = binary.Write(mac, binary.BigEndian, counter) // a hash never fails
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0xf
	code := uint64(binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff)
	modulus := uint64(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, code%modulus)
}

// stepAt is the step of RFC 6238 in which an instant lies.
func stepAt(now time.Time) int64 { return now.Unix() / int64(totpStep/time.Second) }

// matchTOTP finds the step that a code is of, within the drift and after the
// last one used.
func matchTOTP(secret []byte, code string, now time.Time, last int64) (step int64, ok bool) {
	at := stepAt(now)
	for s := at - totpDrift; s <= at+totpDrift; s++ {
		if s >= 0 && subtle.ConstantTimeCompare([]byte(hotp(secret, uint64(s), totpDigits)), []byte(code)) == 1 && s > last {
			step, ok = s, true
		}
	}
	return step, ok
}

var base32Plain = base32.StdEncoding.WithPadding(base32.NoPadding)

func newTOTPSecret() (string, error) {
	raw := make([]byte, totpSecretBytes)
	if _, err := rand.Read(raw); err != nil {
		return "", fmt.Errorf("access: random secret: %w", err)
	}
	return base32Plain.EncodeToString(raw), nil
}

// totpURI is what the QR code says, in the form that authenticator programs
// read.
func totpURI(issuer, name, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {issuer}}
	return "otpauth://totp/" + url.PathEscape(issuer+":"+name) + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

const (
	recoveryCodes = 10 // as many as fit on a slip in a drawer
	recoveryBytes = 10 // 80 bits: beyond guessing, so that a plain SHA-256 is enough to store
)

// newRecoveryCodes are codes of four groups and what is stored of them.
func newRecoveryCodes() (codes, hashes []string, err error) {
	for range recoveryCodes {
		raw := make([]byte, recoveryBytes)
		if _, err := rand.Read(raw); err != nil {
			return nil, nil, fmt.Errorf("access: random code: %w", err)
		}
		text := strings.ToLower(base32Plain.EncodeToString(raw))
		codes = append(codes, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
		hashes = append(hashes, hashSecret(recoveryPrefix+text))
	}
	return codes, hashes, nil
}

// recoveryPrefix keeps hashes of recovery codes apart from those of secrets.
const recoveryPrefix = "zgr_"

// tidyCode is a code as it is compared: people write blanks, dashes and capitals.
func tidyCode(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code)))
}
