package cache

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestAloneIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a := newAlone()
		for i := range mostAlone + 10 {
			if allowed, _, _ := a.take(fmt.Sprint(i), time.Second, time.Second); !allowed {
				t.Fatal("the first of a key is refused")
			}
		}
		if len(a.paid) > mostAlone {
			t.Errorf("%d keys", len(a.paid))
		}
		if allowed, owed, after := a.take(fmt.Sprint(mostAlone+9), time.Second, time.Second); allowed || owed != time.Second || after != time.Second {
			t.Errorf("%t, %s, %s", allowed, owed, after)
		}
		<-time.After(time.Second)
		if allowed, _, _ := a.take(fmt.Sprint(mostAlone+9), time.Second, time.Second); !allowed {
			t.Error("refused after its time")
		}
	})
}
