package console

import (
	"cmp"
	"errors"
	"log/slog"

	"github.com/millrace/millrace/bus"
	"github.com/millrace/millrace/httpapi"
	"github.com/millrace/millrace/httpapi/admin"
	"github.com/millrace/millrace/observe"
	"github.com/millrace/millrace/push"
)

// Config is what the console looks at.
type Config struct {
	Bus    *bus.Bus
	Health *observe.Health
	// Hub is the process's own, nil for none.
	Hub *push.Hub
	// Database is the address of the outbox's, and OutboxGroup the group of its relays.
	Database, OutboxGroup string
	// Settings are what the process was started with.
	Settings []Setting
	// Title says whose console it is.
	Title string
	Log   *slog.Logger
}

// looker reads what sections show.
type looker struct {
	Config

	machines kept[instance]
	sagas    kept[saga]
	jobs     kept[job]
	hooks    kept[endpoint]
}

// New makes the console. auth says who looks; those with the role operator may act. [Attempted] must have been verified.
func New(auth httpapi.Authenticator, c Config) (*admin.Console, error) {
	if c.Bus == nil || c.Health == nil || c.Log == nil {
		return nil, errors.New("console: new: a bus, a health and a logger are needed")
	}
	errs, err := httpapi.NewErrors(c.Log)
	if err != nil {
		return nil, err
	}
	l := &looker{Config: c}
	var sections []admin.Section
	for _, section := range []func() (admin.Section, error){
		l.healthSection, l.lagSection, l.shardSection, l.outboxSection, l.letterSection, l.sagaSection, l.machineSection, l.jobSection,
		l.hookSection, l.topicSection, l.pushSection, l.auditSection, l.settingSection,
	} {
		s, err := section()
		if err != nil {
			return nil, err
		}
		sections = append(sections, s)
	}
	return admin.New(errs, auth, audit{c.Bus}, admin.Sections(sections...), admin.Actors(admin.RoleOperator),
		admin.Title(cmp.Or(c.Title, "Millrace")), admin.Logger(c.Log))
}
