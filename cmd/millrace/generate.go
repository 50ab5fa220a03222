package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// generate holds the flags of the command.
type generate struct {
	from, out string
	effect    bool
}

func newGenerate() *cobra.Command {
	cmd := &cobra.Command{
		Use: "generate", Short: "Write clients' code from what an application serves", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f := &generate{}
	ts := &cobra.Command{
		Use: "ts", Short: "Write the TypeScript types of a hub's channels and procedures",
		Long: "Write the TypeScript types of a hub's channels and procedures, for the client @millrace/client; with --effect\n" +
			"the schemas of Effect 4 beside them, and an RpcGroup of the procedures for its RpcClient.\n\n" +
			"They come from the document that push.Hub.Schema serves. The same document always gives the same file.",
		Example: "  millrace generate ts --from https://shop.example/schema --out src/api.ts\n" +
			"  millrace generate ts --effect --from https://shop.example/schema --out src/api.ts\n" +
			"  curl -s https://shop.example/schema | millrace generate ts --from /dev/stdin",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.run(cmd) },
	}
	ts.Flags().StringVar(&f.from, "from", "", "the document: its address, http:// or https://, or a file")
	ts.Flags().StringVar(&f.out, "out", "", "the file to write; else standard output")
	ts.Flags().BoolVar(&f.effect, "effect", false, "write schemas and an RpcGroup for Effect 4 too")
	cmd.AddCommand(ts)
	return cmd
}

func (f *generate) run(cmd *cobra.Command) error {
	if f.from == "" {
		return &usageError{errors.New("--from must say where the document is")}
	}
	text, err := f.read(cmd.Context())
	if err != nil {
		return err
	}
	var document offered
	err = json.Unmarshal(text, &document)
	switch {
	case err != nil:
		return fmt.Errorf("%s is not what push.Hub.Schema serves: %w", f.from, err)
	case document.Millrace != offeredVersion:
		return fmt.Errorf("%s has the format %q, and this program knows %s: take the program of the application's version",
			f.from, document.Millrace, offeredVersion)
	}
	code, err := document.code(f.effect)
	if err != nil {
		return fmt.Errorf("%s: %w", f.from, err)
	}
	if f.out == "" {
		_, err = io.WriteString(cmd.OutOrStdout(), code)
		return err //nolint:wrapcheck // the terminal's own
	}
	return os.WriteFile(f.out, []byte(code), 0o644) //nolint:gosec,wrapcheck // source code; the error names the file
}

// Bounds of what is read.
const (
	maxDocument  = 16 << 20
	documentWait = 30 * time.Second
)

func (f *generate) read(ctx context.Context) ([]byte, error) {
	if !strings.HasPrefix(f.from, "http://") && !strings.HasPrefix(f.from, "https://") {
		return os.ReadFile(f.from) //nolint:wrapcheck // the error names the file
	}
	ctx, cancel := context.WithTimeout(ctx, documentWait)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, f.from, nil)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--from: %w", err)}
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("get the document: %w", err)
	}
	defer answer.Body.Close() //nolint:errcheck // only read from
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("get the document: %s answers %s", f.from, answer.Status)
	}
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxDocument))
	if err != nil {
		return nil, fmt.Errorf("get the document: %w", err)
	}
	return text, nil
}
