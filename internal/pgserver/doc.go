// Package pgserver runs a PostgreSQL server as a child process, from binaries that are installed.
//
// # Guarantees
//
//   - G1: a server that outlived its parent is adopted by the next one on the same directory. Test: TestAdopt.
//   - G2: the server runs as an unprivileged user where the parent is root, and listens on loopback only. Test: TestStart.
//   - G3: a standby has what its primary has, and takes over when that is killed. Test: TestFollow.
package pgserver
