package outbox

import (
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/millrace/millrace/resilience"
)

// What PostgreSQL's error codes mean for an outbox (PostgreSQL documentation, appendix A).
const (
	codeUndefinedTable  = "42P01"
	codeUndefinedObject = "42704"
	codeUndefinedColumn = "42703"
	codeNotNull         = "23502"
	codeTooLong         = "22001"
	codePrivilege       = "42501"
	codeObjectInUse     = "55006"
	codeNotReady        = "55000"
	codeAuthorization   = "28000"
	codePassword        = "28P01"
	codeNoDatabase      = "3D000"
	codeLimitExceeded   = "53400"
	codeSerialization   = "40001"
	codeDeadlock        = "40P01"
)

// explain adds what to do to the errors that a set-up mistake causes, and marks them permanent.
func explain(err error) error {
	failed, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return err
	}
	if failed.Code == codeSerialization || failed.Code == codeDeadlock {
		return resilience.Transient(fmt.Errorf("run the transaction again: %w", err))
	}
	advice := map[string]string{
		codeUndefinedTable:  "the table is missing; run outbox.Migrate",
		codeUndefinedObject: "the publication or slot is missing; run outbox.Migrate",
		codeUndefinedColumn: "the outbox table lacks a column; run outbox.Migrate, or compare it with outbox/schema.sql",
		codeNotNull:         "the outbox table lets key and type not be null; run outbox.Migrate",
		codeTooLong: "a value of the message, such as its key, is longer than the outbox table's column takes, as in Debezium's own layout; " +
			"let it be of type text: ALTER TABLE … ALTER COLUMN … TYPE text",
		codePrivilege:     "the role lacks a privilege; Migrate and the relay need REPLICATION, a writer INSERT, SELECT and DELETE on its table",
		codeAuthorization: "the role may not log in, or not replicate",
		codePassword:      "the password is wrong",
		codeNoDatabase:    "the database does not exist",
		codeLimitExceeded: "a limit of the server is reached; raise max_replication_slots, or drop a slot that is not used",
	}[failed.Code]
	if advice == "" {
		return err
	}
	return resilience.Permanent(fmt.Errorf("%s: %w", advice, err))
}

func hasCode(err error, code string) bool {
	failed, ok := errors.AsType[*pgconn.PgError](err)
	return ok && failed.Code == code
}
