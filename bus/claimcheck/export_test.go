package claimcheck

import "slices"

// Overlooking is a collector with a fault: it does not read topics whose names end so.
func Overlooking(ending string) CollectorOption {
	return collectorOption(func(c *collecting) {
		c.endings = slices.DeleteFunc(c.endings, func(e string) bool { return e == ending })
	})
}
