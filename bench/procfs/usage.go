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

// CPU is the time that the process has used, all threads together.
func CPU(pid int) (time.Duration, error) {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold blanks
	fields := strings.Fields(rest)
	const user, system = 11, 12 // fields 14 and 15 of proc_pid_stat(5)
	if len(fields) <= system {
		return 0, fmt.Errorf("stat is %q", stat)
	}
	total := time.Duration(0)
	for _, field := range fields[user : system+1] {
		ticks, err := strconv.Atoi(field)
		if err != nil {
			return 0, err //nolint:wrapcheck // a bench
		}
		total += time.Duration(ticks) * clockTick
	}
	return total, nil
}

// Peak is the most memory that was resident, in MB.
func Peak(pid int) (float64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var kilobytes float64
	if _, err := fmt.Sscanf(rest, "%f kB", &kilobytes); err != nil {
		return 0, fmt.Errorf("VmHWM: %w", err)
	}
	return kilobytes * 1024 / 1e6, nil //nolint:mnd // kB are 1024 bytes there
}
