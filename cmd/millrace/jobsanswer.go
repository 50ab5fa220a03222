package main

import (
	"fmt"
	"io"

	"github.com/millrace/millrace/jobs"
	"github.com/millrace/millrace/request"
)

// callLine is what was done with all jobs that were meant, as programs read it.
type callLine struct {
	Queue  string `json:"queue"`
	Jobs   int    `json:"jobs"`
	Did    int    `json:"did"`
	DryRun bool   `json:"dry_run,omitempty"`
}

func (f *jobsCall) print(out io.Writer, line callLine) error {
	if f.global.json {
		return printJSON(out, line)
	}
	text := fmt.Sprintf("%s: %d of %d jobs of %s", f.verb.use, line.Did, line.Jobs, line.Queue)
	if line.DryRun {
		text = fmt.Sprintf("%s: it would be %d jobs of %s", f.verb.use, line.Jobs, line.Queue)
	}
	_, err := fmt.Fprintln(out, text)
	return err //nolint:wrapcheck // the terminal's own
}

// answerLine is what was answered of a job, as programs read it.
type answerLine struct {
	ID     string         `json:"id"`
	Tenant request.Tenant `json:"tenant,omitempty"`
	State  string         `json:"state"`
}

func printAnswer(out io.Writer, a jobs.Answer, is string, asJSON bool) error {
	if asJSON {
		return printJSON(out, answerLine{ID: a.ID, Tenant: a.Job.Tenant, State: is})
	}
	_, err := fmt.Fprintf(out, "%s is %s\n", a.ID, is)
	return err //nolint:wrapcheck // the terminal's own
}
