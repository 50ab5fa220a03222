package console

import "github.com/millrace/millrace/httpapi/admin"

// count is a fact of a number. A tone is that of a number that is not zero.
func count(name, title string, n int64, tone admin.Tone) admin.Fact {
	if n == 0 {
		tone = admin.ToneNone
	}
	return admin.Describe(n, admin.Number(name, title, func(n int64) int64 { return n }).Toned(func(int64) admin.Tone { return tone }))[0]
}

// word is a fact of a few words.
func word(name, title, text string, tone admin.Tone) admin.Fact {
	return admin.Describe(text, admin.State(name, title, func(text string) (string, admin.Tone) { return text, tone }))[0]
}
