package main

import (
	"fmt"
	"strconv"
)

// limit is what a setting must be: its recommended text and the check.
type limit struct {
	want  string
	holds func(string) bool
}

func exactly(value string) limit {
	return limit{value, func(found string) bool { return found == value }}
}

func atLeast(value int64) limit {
	return limit{fmt.Sprintf("%d or more", value), compare(func(found int64) bool { return found >= value })}
}

func atMost(value int64) limit {
	return limit{fmt.Sprintf("%d or less", value), compare(func(found int64) bool { return found <= value })}
}

func compare(good func(int64) bool) func(string) bool {
	return func(found string) bool {
		number, err := strconv.ParseInt(found, 10, 64)
		return err == nil && good(number)
	}
}
