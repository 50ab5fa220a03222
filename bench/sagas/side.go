package sagas

import (
	"slices"
	"strings"

	"github.com/millrace/millrace/bench/sides"
)

// child is the hidden command of Millrace's process.
const child = "sagas-side"

// slow is by how much fewer flows wait in a side that starts some tens a second.
const slow = 5

// side is a program that runs flows, so many of which wait.
type side struct {
	sides.Side

	waiting int
}

// sides are all of them, in the order in which they take turns.
func (s settings) sides() []side {
	all := []side{
		{sides.Side{Name: "millrace", Command: child, Server: sides.Kafka, Address: s.kafka}, s.waiting},
		{sides.Side{Name: "dbos", Folder: "dbos", Server: sides.Postgres(), Address: s.database}, s.waitingOthers},
		{sides.Side{Name: "temporal", Folder: "temporal"}, s.waitingOthers / slow},
	}
	if s.database == "" && !s.quick {
		unsynced := sides.Side{Name: "dbos", Variant: "unsynced", Folder: "dbos", Server: sides.Postgres("fsync=off")}
		all = append(all, side{unsynced, s.waitingOthers})
	}
	return slices.DeleteFunc(all, func(one side) bool { return !strings.Contains(one.String(), s.only) })
}
