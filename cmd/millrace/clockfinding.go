package main

import "time"

// tolerated is how far a server's clock may be from this machine's.
const tolerated = time.Second

// clockFinding judges a server's clock, which was read between two moments of this machine's.
func clockFinding(server string, asked, told, answered time.Time) finding {
	skew := told.Sub(asked.Add(answered.Sub(asked) / 2)) //nolint:mnd // the middle
	return judge(skew.Abs() <= tolerated+answered.Sub(asked)/2, finding{
		Severity: advice, Server: server, Subject: "clock", Found: skew.Round(time.Millisecond).String() + " from this machine's",
		Recommended: tolerated.String() + " at most",
		Reason:      "timers, times to live, signed requests and what is said to be behind go by the clocks of several machines",
		Change:      "let both follow one time server: timedatectl, chronyc tracking",
	})
}
