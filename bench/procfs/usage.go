package procfs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// clockTick is the unit of CPU time in /proc, fixed on Linux.
const clockTick = 10 * time.Millisecond

// Fields of proc_pid_stat(5), counted from the first after the name.
const (
	user           = 11
	system         = 12
	childrenUser   = 13
	childrenSystem = 14
)

// CPU is the time that the process has used, all threads together.
func CPU(pid int) (time.Duration, error) { return cpu(pid, user, system) }

// cpu sums fields of the process's times.
func cpu(pid int, which ...int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	total := time.Duration(0)
	for _, field := range which {
		if len(fields) <= field {
			return 0, fmt.Errorf("stat is %q", stat)
		}
		ticks, err := strconv.Atoi(fields[field])
		if err != nil {
			return 0, err //nolint:wrapcheck // a bench
		}
		total += time.Duration(ticks) * clockTick
	}
	return total, nil
}

// Peak is the most memory that was resident, in MB.
func Peak(pid int) (float64, error) { return memory(pid, "VmHWM:") }

// Resident is the memory that is resident now, in MB.
func Resident(pid int) (float64, error) { return memory(pid, "VmRSS:") }

func memory(pid int, what string) (float64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	_, rest, _ := strings.Cut(string(status), what)
	var kilobytes float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kilobytes); err != nil {
		return 0, fmt.Errorf("%s %w", what, err)
	}
	return kilobytes * 1024 / 1e6, nil //nolint:mnd // kB are 1024 bytes there
}
