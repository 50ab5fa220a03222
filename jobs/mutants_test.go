package jobs_test

import (
	"testing"

	"github.com/millrace/millrace/internal/mutants"
)

const none = "// Mistakes need nothing else.\n"

// TestMutantsAreCaught makes each mistake on purpose and runs the test that is for it, which must fail by what it looks at.
func TestMutantsAreCaught(t *testing.T) {
	t.Parallel()
	mutants.Check(t, "jobs", none, map[string]mutants.Mutant{
		"attempts that were interrupted are lost": {
			File: "lost.go", Old: "	for _, r := range lost {\n",
			New:  "	for _, r := range lost {\n		if mutant(\"attempts that were interrupted are lost\") {\n			break\n		}\n",
			Test: "TestWorkerKilled", Found: "crash_test.go",
		},
		"early": {
			File: "arrive.go", Old: "	case r.due > tx.Now().UnixNano():\n", New: "	case r.due > tx.Now().UnixNano() && !mutant(\"early\"):\n",
			Test: "TestNeverEarly", Found: "schedule_test.go",
		},
		"attempts are not counted before they begin": {
			File: "admit.go", Old: "	r.attempts++\n",
			New:  "	if !mutant(\"attempts are not counted before they begin\") || r.lost == 0 {\n		r.attempts++\n	}\n",
			Test: "TestPoisonJob", Found: "crash_test.go",
		},
		"a cancellation is answered at once": {
			File: "revise.go", Old: "	r.cancelled, r.reason = true, \"it was cancelled\"\n",
			New: "	if mutant(\"a cancellation is answered at once\") {\n		return n.describe(tx, r), n.bury(tx, r, Running, " +
				"Cancelled)\n	}\n	r.cancelled, r.reason = true, \"it was cancelled\"\n",
			Test: "TestCancel", Found: "cancel_test.go",
		},
		"begins while another node may have the shard": {
			File: "desk.go", Old: "	if d.leased = leased; !leased {\n",
			New:  "	if mutant(\"begins while another node may have the shard\") {\n		leased = true\n	}\n	if d.leased = leased; !leased {\n",
			Test: "TestPausedNode", Found: "crash_test.go",
		},
		"a result counts although the job is cancelled": {
			File: "flush.go", Old: "	case r.cancelled:\n", New: "	case r.cancelled && !mutant(\"a result counts although the job is cancelled\"):\n",
			Test: "TestCancel", Found: "cancel_test.go",
		},
		"a unique key is given back too early": {
			File: "unique.go", Old: "	if until <= tx.Now().UnixNano() ||",
			New:  "	if until <= tx.Now().UnixNano() || mutant(\"a unique key is given back too early\") ||",
			Test: "TestUnique", Found: "unique_test.go",
		},
		"tenants have no turns": {
			File: "fair.go", Old: "	case len(t.able) > 0:\n			f.list(t)\n",
			New: "	case len(t.able) > 0 && " +
				"mutant(\"tenants have no turns\"):\n			t.listed, t.next, f.first = true, f.first, " +
				"t\n			if t.next == nil {\n				f.last = t\n			}\n		case len(t.able) > 0:\n			f.list(t)\n",
			Test: "TestFloodingTenant", Found: "fair_test.go",
		},
		"what is paused begins": {
			File: "revise.go", Old: "	d.paused = true\n", New: "	d.paused = !mutant(\"what is paused begins\")\n",
			Test: "TestPause", Found: "orders_test.go",
		},
		"what comes after a dead job is enqueued": {
			File: "chain.go", Old: "	if r.state != Done || len(r.then) == 0 {\n",
			New:  "	if r.state != Done && !(r.state == Dead && mutant(\"what comes after a dead job is enqueued\")) || len(r.then) == 0 {\n",
			Test: "TestChain", Found: "chain_test.go",
		},
		"a batch does not wait for its members": {
			File: "batch.go", Old: "g.Members.Open == 0 }\n", New: "(g.Members.Open == 0 || mutant(\"a batch does not wait for its members\")) }\n",
			Test: "TestBatch", Found: "batch_test.go",
		},
		"permits of a dead node are lost": {
			File: "lost.go", Old: "		back.add(r, true)\n", New: "		if !mutant(\"permits of a dead node are lost\") {\n			back.add(r, true)\n		}\n",
			Test: "TestAtOnce", Found: "limit_test.go",
		},
		"each shard gives itself permits": {
			File: "permits.go", Old: "	p, _ := n.purses.Get(tx, classOf(l.tenant, l.kind))\n	return p.Have\n",
			New: "	p, _ := n.purses.Get(tx, classOf(l.tenant, " +
				"l.kind))\n	if mutant(\"each shard gives itself permits\") {\n		return grantedAtOnce\n	}\n	return p.Have\n",
			Test: "TestAtOnce", Found: "limit_test.go",
		},
		"a schedule begins anew where it has moved": {
			File: "tick.go", Old: "		now.Last = was.Last\n",
			New:  "		if now.Last = was.Last; mutant(\"a schedule begins anew where it has moved\") {\n			now.Last = tx.Now()\n		}\n",
			Test: "TestCron", Found: "cron_test.go",
		},
		"all missed ticks have their jobs": {
			File: "tick.go", Old: "		case !missed || s.missed == AllMissed:\n",
			New:  "		case !missed || s.missed == AllMissed || mutant(\"all missed ticks have their jobs\"):\n",
			Test: "TestMissedTicks", Found: "cron_test.go",
		},
	})
}
