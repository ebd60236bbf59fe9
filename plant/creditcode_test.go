package plant_test

import (
	"errors"
	"strings"
	"testing"

	"zhigai/plant"
)

// Codes of real firms, of two early pilot registrations that break the rule,
// and forms that people write.
func TestParseCreditCode(t *testing.T) {
	f := func(text, want string, wrong error, says string) {
		t.Helper()
		got, err := plant.ParseCreditCode(text)
		if string(got) != want || !errors.Is(err, wrong) || (err != nil && !strings.Contains(err.Error(), says)) {
			t.Errorf("%q = %q, %v; want %q, %v that says %q", text, got, err, want, wrong, says)
		}
	}
	for _, code := range []string{"91350200776049653A", "91350500798359476R", "91350503MA31DKY80A", "91350200MA31E12PXF", "91440101MA5CJQ4N59"} {
		f(code, code, nil, "")
		f(strings.ToLower(code), code, nil, "")
		f(" "+code[:8]+" "+code[8:]+"\u3000", code, nil, "")
		f(code[:17]+"0", code[:17]+"0", plant.ErrCheckDigit, "by the rule "+code[17:])
	}
	f("９１３５０２００776049653Ａ", "91350200776049653A", nil, "")
	f("91350203M0001QAY9B", "91350203M0001QAY9B", plant.ErrCheckDigit, "by the rule")
	f("91350100M0001TGQXM", "91350100M0001TGQXM", plant.ErrCheckDigit, "by the rule")
	f("", "", plant.ErrCreditCode, "0 characters")
	f("9135020077604965", "", plant.ErrCreditCode, "16 characters")
	f("91350200776049653AA", "", plant.ErrCreditCode, "19 characters")
	f("9135O200776049653A", "", plant.ErrCreditCode, "character 5 is 'O'; 3 to 8 are the digits")
	f("91350200776O49653A", "", plant.ErrCreditCode, "character 12 is 'O'")
	f("91350200776049653轴", "", plant.ErrCreditCode, "character 18")
	// What Excel makes of a code that is all digits.
	f("9.13502E+17", "", plant.ErrCreditCode, "11 characters")
}

// One wrong character is always found, and so are two neighbours exchanged:
// 31 is a prime and the weights differ.
func TestParseCreditCode_Errors(t *testing.T) {
	const code = "91350503MA31DKY80A"
	alphabet := "0123456789ABCDEFGHJKLMNPQRTUWXY"
	for i := range len(code) {
		for _, r := range alphabet {
			text := code[:i] + string(r) + code[i+1:]
			if _, err := plant.ParseCreditCode(text); (text == code) != (err == nil) {
				t.Errorf("%s: %v", text, err)
			}
		}
		if i > 0 && code[i] != code[i-1] {
			text := code[:i-1] + code[i:i+1] + code[i-1:i] + code[i+1:]
			if _, err := plant.ParseCreditCode(text); err == nil {
				t.Errorf("%s passes", text)
			}
		}
	}
}

func FuzzParseCreditCode(f *testing.F) {
	for _, s := range []string{"91350200776049653A", "９１３５", "91350203M0001QAY9B", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := plant.ParseCreditCode(text)
		if (got == "") != errors.Is(err, plant.ErrCreditCode) {
			t.Fatalf("%q = %q, %v", text, got, err)
		}
		if got == "" {
			return
		}
		again, err2 := plant.ParseCreditCode(string(got))
		if again != got || errors.Is(err, plant.ErrCheckDigit) != errors.Is(err2, plant.ErrCheckDigit) || len(got) != 18 {
			t.Fatalf("%q = %q, %v; again %q, %v", text, got, err, again, err2)
		}
	})
}
