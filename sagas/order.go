package sagas

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// inOrder sorts entries by their positions. Undos come behind what they undo, in the order in which they happened.
func inOrder(entries []Entry) []Entry {
	return slices.SortedStableFunc(slices.Values(entries), func(a, b Entry) int {
		switch first, second := a.Kind == KindUndo, b.Kind == KindUndo; {
		case first && second:
			return cmp.Or(a.When.Compare(b.When), byPosition(b.At, a.At))
		case first:
			return 1
		case second:
			return -1
		}
		return byPosition(a.At, b.At)
	})
}

// byPosition compares positions number by number: 2 comes before 10. Names, as of versions, come behind numbers.
func byPosition(a, b string) int {
	for {
		x, restA, moreA := strings.Cut(a, ".")
		y, restB, moreB := strings.Cut(b, ".")
		if c := cmp.Or(cmp.Compare(number(x), number(y)), cmp.Compare(x, y)); c != 0 {
			return c
		}
		switch {
		case !moreA && !moreB:
			return 0
		case !moreA:
			return -1
		case !moreB:
			return 1
		}
		a, b = restA, restB
	}
}

const noNumber = 1 << 62

func number(part string) int {
	if n, err := strconv.Atoi(strings.TrimSuffix(part, undoMark)); err == nil {
		return n
	}
	return noNumber
}
