package integration_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// draft is an order. Those of 500 euros and more wait until somebody approves them.
func (s *shutdown) draft(id string, cents int) string {
	return fmt.Sprintf(`{"id":%q,"customer":"Ada","email":"ada@example.com","items":[{"sku":"tea","quantity":1,"price_cents":%d}]}`, id, cents)
}

// ask makes a request, and returns its status, 0 where there is no answer, and what it says.
func (s *shutdown) ask(method, address, body string) (status int, says []byte) {
	s.Helper()
	ctx, cancel := context.WithTimeout(s.Context(), patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		s.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(r)
	if err != nil {
		return 0, nil
	}
	defer response.Body.Close()
	if says, err = io.ReadAll(response.Body); err != nil {
		return 0, nil
	}
	return response.StatusCode, says
}

// beginOrder sends the first pod the header of an order, and half of its body. finish sends the rest, and returns the answer's status,
// 0 where there is none.
func (s *shutdown) beginOrder(id string) (finish func() int) {
	s.Helper()
	conn, err := (&net.Dialer{}).DialContext(s.Context(), "tcp", strings.TrimPrefix(s.first.url, "http://"))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { _ = conn.Close() })
	body := s.draft(id, 450)
	half := len(body) / 2
	_, err = fmt.Fprintf(conn, "POST /orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		len(body), body[:half])
	if err != nil {
		s.Fatal(err)
	}
	return func() int {
		_ = conn.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(conn, body[half:]); err != nil {
			return 0
		}
		response, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			return 0
		}
		defer response.Body.Close()
		return response.StatusCode
	}
}

// shutdownLock is the class of the advisory locks that rows wait for: "hang" in ASCII.
const shutdownLock = 0x68616e67

// hold lets rows whose column has a value wait in their insertion until they are let go.
func (s *shutdown) hold(table, column, value string) (release func()) {
	s.Helper()
	s.holds++
	name, key := fmt.Sprintf("shop.hold_%d", s.holds), s.holds
	run := func(statement string) {
		if _, err := s.db.Exec(context.WithoutCancel(s.Context()), statement); err != nil {
			s.Errorf("%s: %v", statement, err)
		}
	}
	run(fmt.Sprintf("SELECT pg_advisory_lock(%d, %d)", shutdownLock, key))
	run(fmt.Sprintf(`CREATE OR REPLACE FUNCTION %[1]s() RETURNS trigger LANGUAGE plpgsql AS
		'BEGIN PERFORM pg_advisory_xact_lock_shared(%[2]d, %[3]d); RETURN NEW; END';
		CREATE TRIGGER hold BEFORE INSERT ON %[4]s FOR EACH ROW WHEN (NEW.%[5]s = '%[6]s') EXECUTE FUNCTION %[1]s()`,
		name, shutdownLock, key, table, column, value))
	release = func() { run(fmt.Sprintf("SELECT pg_advisory_unlock(%d, %d)", shutdownLock, key)) }
	s.Cleanup(func() {
		release()
		run("DROP FUNCTION " + name + " CASCADE")
	})
	return release
}

// hangs says whether the first pod hangs where it writes to a table.
func (s *shutdown) hangs(table string) (yes bool) {
	s.Helper()
	err := s.db.QueryRow(s.Context(), `SELECT EXISTS (SELECT FROM pg_stat_activity
		WHERE application_name = $1 AND wait_event_type = 'Lock' AND wait_event = 'advisory' AND query LIKE '%INSERT INTO ' || $2 || ' %')`,
		shutdownName, table).Scan(&yes)
	if err != nil {
		s.Fatal(err)
	}
	return yes
}

// hangOrder places an order whose first mail, and whose checkout where it charges, hang at the first pod until they are let go.
func (s *shutdown) hangOrder() (mail, charge func()) {
	s.Helper()
	id := s.prefix + "held"
	s.until("the first pod has the shards of an order", func() bool {
		mails, mailsKnown := s.owns("jobs.mail", id+"/placed")
		checkouts, checkoutsKnown := s.owns("shop-checkout", id)
		if mailsKnown && checkoutsKnown && (!mails || !checkouts) {
			id += "-"
		}
		return mails && checkouts
	})
	mail, charge = s.hold("shop.mails", "order_id", id), s.hold("shop.payments", "order_id", id)
	if status, says := s.ask(http.MethodPost, s.first.url+"/orders", s.draft(id, 450)); status != http.StatusCreated {
		s.Fatalf("POST /orders: %d %s", status, says)
	}
	s.until("a job hangs", func() bool { return s.hangs("shop.mails") })
	s.until("a step of a checkout hangs", func() bool { return s.hangs("shop.payments") })
	return mail, charge
}

// hangWebhook makes an endpoint, and lets the first pod tell it of something that its receiver, which is that pod's own, answers when it
// is let go.
func (s *shutdown) hangWebhook() (endpoint string, release func()) {
	s.Helper()
	const cancelled = "order.cancelled" // nothing else is
	s.until("an endpoint is the first pod's", func() bool {
		wanted := fmt.Sprintf(`{"url":"%s/hooks/receiver","types":[%q]}`, s.first.url, cancelled)
		status, says := s.ask(http.MethodPost, s.first.url+"/hooks/endpoints", wanted)
		var made struct{ Endpoint struct{ ID string } }
		if err := json.Unmarshal(says, &made); status != http.StatusCreated || err != nil {
			return false
		}
		endpoint = made.Endpoint.ID
		if owned, _ := s.owns("shop-webhooks", "/"+endpoint); owned {
			return true
		}
		s.unregister(s.first, endpoint)
		return false
	})
	release = s.hold("shop.received", "type", cancelled)
	id := "cancelled-" + uuid.NewString()
	if status, says := s.ask(http.MethodPost, s.first.url+"/orders", s.draft(id, 600_00)); status != http.StatusCreated {
		s.Fatalf("POST /orders: %d %s", status, says)
	}
	s.until("the order is open", func() bool {
		status, _ := s.ask(http.MethodPost, s.first.url+"/orders/"+id+"/cancel", "")
		return status == http.StatusAccepted
	})
	s.until("a webhook hangs", func() bool { return s.hangs("shop.received") })
	return endpoint, release
}

func (s *shutdown) unregister(at *pod, endpoint string) {
	s.Helper()
	if status, says := s.ask(http.MethodDelete, at.url+"/hooks/endpoints/"+endpoint, ""); status != http.StatusNoContent {
		s.Errorf("DELETE /hooks/endpoints/%s: %d %s", endpoint, status, says)
	}
}

// told holds that the endpoint was told of one event: that its receiver has it, under the same id, or where an attempt has taken too
// long, that others follow. They fail at the second pod, which delivers to its own receiver alone. The endpoint is removed.
func (s *shutdown) told(endpoint string) {
	s.Helper()
	var events, attempts int
	s.until("the webhook is delivered, or goes on", func() bool {
		err := s.db.QueryRow(s.Context(), `SELECT count(*), coalesce(sum(attempt), 0)
			FROM shop.deliveries d LEFT JOIN shop.received r ON r.id = d.event
			WHERE endpoint = $1 AND (outcome = 'delivered' AND taken > 0 OR attempt > 1)`, endpoint).Scan(&events, &attempts)
		if err != nil {
			s.Fatal(err)
		}
		return events > 0
	})
	err := s.db.QueryRow(s.Context(), "SELECT count(*) FROM shop.deliveries WHERE endpoint = $1", endpoint).Scan(&events)
	if err != nil || events != 1 {
		s.Errorf("the endpoint was told of %d events, %v, want one", events, err)
	}
	s.Logf("the webhook had %d attempts", attempts)
	s.unregister(s.second, endpoint)
}
