// Package locks measures locks on a log: acquires that nobody contends, a queue of a hundred, and the death of a holder.
package locks
