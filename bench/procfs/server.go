package procfs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// ErrNoServer says that nobody on this machine is seen to listen at a port.
var ErrNoServer = errors.New("nobody listens there")

// Listener is the process of this machine that listens at the TCP port.
func Listener(port int) (int, error) {
	socket, err := listening(port)
	if err != nil {
		return 0, err
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err == nil && to == "socket:["+socket+"]" {
			return strconv.Atoi(strings.Split(link, "/")[2]) //nolint:wrapcheck // a bench
		}
	}
	return 0, fmt.Errorf("port %d: %w", port, ErrNoServer)
}

// listening is the inode of the socket that listens at the port.
func listening(port int) (string, error) {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table) //nolint:gosec // one of two
		if err != nil {
			continue // there is no such network
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			const local, state, inode, listen = 1, 3, 9, "0A"
			if len(fields) > inode && fields[state] == listen && strings.HasSuffix(fields[local], fmt.Sprintf(":%04X", port)) {
				return fields[inode], nil
			}
		}
	}
	return "", fmt.Errorf("port %d: %w", port, ErrNoServer)
}

// FamilyCPU is the time that the process and its children have used, those included that have ended.
func FamilyCPU(pid int) (time.Duration, error) {
	total, err := cpu(pid, user, system, childrenUser, childrenSystem)
	if err != nil {
		return 0, err
	}
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return 0, err //nolint:wrapcheck // a bench
	}
	for _, list := range lists {
		text, err := os.ReadFile(list) //nolint:gosec // of the kernel
		if err != nil {
			continue // a thread has ended
		}
		for child := range strings.FieldsSeq(string(text)) {
			id, err := strconv.Atoi(child)
			if err != nil {
				return 0, err //nolint:wrapcheck // a bench
			}
			if took, err := FamilyCPU(id); err == nil { // or it has ended meanwhile
				total += took
			}
		}
	}
	return total, nil
}
