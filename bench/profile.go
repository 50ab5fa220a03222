package main

import (
	"os"
	"runtime/pprof"
)

// profile writes a CPU profile of the first measured round in which Millrace consumes, until end is called.
func profile(s settings, side string, round int) (end func(), err error) {
	if s.profile == "" || side != "millrace" || round != 1 {
		return func() {}, nil
	}
	file, err := os.Create(s.profile)
	if err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err //nolint:wrapcheck // a bench
	}
	return func() { pprof.StopCPUProfile(); _ = file.Close() }, nil
}
