package plant

import (
	"errors"
	"fmt"
	"strings"
)

// CreditCode is a unified social credit code (统一社会信用代码, GB 32100-2015):
// registrar, class, six digits of the division that registered it, nine
// characters of the organisation, one check character.
type CreditCode string

// Errors of a credit code; test with errors.Is.
var (
	ErrCreditCode = errors.New("no unified social credit code")
	// ErrCheckDigit is a code whose check character is not the one that GB
	// 32100 computes. Early pilot codes break the rule, so it is for a person
	// to confirm, not to refuse.
	ErrCheckDigit = errors.New("the check character does not fit")
)

// creditAlphabet are the characters in the order of their values, without
// I, O, S, V and Z (GB 32100-2015, table 1).
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditWeights are 3^(i-1) mod 31 (GB 32100-2015, annex A).
var creditWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// ParseCreditCode reads a code as people write it: spaces, small and full-width
// letters are put right. What has not the form is ErrCreditCode and comes with
// no code; ErrCheckDigit comes with it.
func ParseCreditCode(text string) (CreditCode, error) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r >= '！' && r <= '～': // full width
			r -= '！' - '!'
		case r == ' ' || r == '\u3000' || r == '\u00a0' || r == '\t' || r == '-':
			return -1
		}
		if r >= 'a' && r <= 'z' {
			r -= 'a' - 'A'
		}
		return r
	}, text)
	if n := len([]rune(code)); n != 18 {
		return "", fmt.Errorf("%q: %w: it has %d characters, 18 are wanted", text, ErrCreditCode, n)
	}
	for i, r := range []rune(code) {
		digits := i >= 2 && i < 8
		if digits && (r < '0' || r > '9') {
			return "", fmt.Errorf("%q: %w: character %d is %q; 3 to 8 are the digits of a division", text, ErrCreditCode, i+1, r)
		}
		if !strings.ContainsRune(creditAlphabet, r) {
			return "", fmt.Errorf("%q: %w: character %d is %q; it has digits and capitals without I, O, S, V and Z", text, ErrCreditCode, i+1, r)
		}
	}
	if want := checkCharacter(code); want != code[17] {
		return CreditCode(code), fmt.Errorf("%s: %w: it is %c, by the rule %c", code, ErrCheckDigit, code[17], want)
	}
	return CreditCode(code), nil
}

// checkCharacter is the last character that the 17 before it ask for.
func checkCharacter(code string) byte {
	sum := 0
	for i, w := range creditWeights {
		sum += w * strings.IndexByte(creditAlphabet, code[i])
	}
	return creditAlphabet[(31-sum%31)%31]
}

// MakeCreditCode completes a code: registrar and class, the division that
// registers, nine characters of the organisation.
func MakeCreditCode(kind, division, organisation string) (string, error) {
	code := kind + division + organisation
	if len(code) != 17 {
		return "", fmt.Errorf("%q: %w: 17 characters come before the check character", code, ErrCreditCode)
	}
	made, err := ParseCreditCode(code + "0")
	if made == "" {
		return "", err
	}
	return code + string(checkCharacter(code)), nil
}
