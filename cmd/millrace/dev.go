package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/millrace/millrace/internal/embedded"
	"github.com/millrace/millrace/observe"
)

// devFlags hold what dev is told.
type devFlags struct {
	http, kafka, data, postgres string
	ephemeral, fsync            bool
	ownKafka                    bool
}

func newDev(g *global) *cobra.Command {
	f := &devFlags{}
	cmd := &cobra.Command{
		Use: "dev", Short: "Run everything on this machine: Kafka, PostgreSQL, Redis, the example shop",
		Long: "Run everything on this machine, with nothing to install but Go: a Kafka broker within the process, PostgreSQL from\n" +
			"DATABASE_URL, from what is installed, or downloaded, Redis within the process, the outbox relay, the push hub and\n" +
			"the example shop. KAFKA_URL, DATABASE_URL and REDIS_URL are used instead where they are set.\n\n" +
			"Data is kept on disk (not Redis's) and is there again at the next start. Ctrl-C finishes and stops everything that\n" +
			"was started; a second Ctrl-C forces the end. After a kill -9 the next start goes on where it was.",
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			outliveOutput()
			f.ownKafka = cmd.Flags().Changed("kafka") || os.Getenv("KAFKA_URL") == ""
			if f.ephemeral && f.data != "" {
				return &usageError{errors.New("--ephemeral keeps no data and --data says where to keep it; give one of them")}
			}
			if strings.Contains(f.kafka, "://") {
				return &usageError{errors.New("dev takes the address of its own broker as --kafka host:port; set KAFKA_URL to use another cluster")}
			}
			log, err := g.logger(slog.LevelWarn)
			if err != nil {
				return err
			}
			d := &dev{flags: f, global: g, log: log, out: &screen{cmd.OutOrStdout()}}
			defer context.AfterFunc(cmd.Context(), func() { d.out.say("stopping") })()
			err = d.run(cmd)
			if cmd.Context().Err() != nil && errors.Is(err, context.Canceled) {
				err = nil // it was stopped while it started
			}
			if err = errors.Join(err, d.close()); err == nil {
				d.out.say("stopped")
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.http, "http", defaultHTTP, "address of the shop")
	flags.StringVar(&f.kafka, "kafka", defaultKafka, "address of the embedded broker")
	flags.StringVar(&f.data, "data", "", "directory to keep data in (default: millrace/dev in the user's cache directory; "+
		"/var/lib/millrace/dev for root)")
	flags.StringVar(&f.postgres, "postgres", "", "folder of PostgreSQL's server programs, which are downloaded into it where it has none "+
		"(default: those that are installed; else millrace/postgresql-VERSION in the user's cache directory)")
	flags.BoolVar(&f.ephemeral, "ephemeral", false, "keep no data")
	flags.BoolVar(&f.fsync, "fsync", true, "sync each batch of the embedded broker to the disk before it is acknowledged; "+
		"false is faster, and a power cut may lose the last events")
	return cmd
}

// dev is what one run has started. close ends it in reverse order.
type dev struct {
	flags   *devFlags
	global  *global
	log     *slog.Logger
	out     *screen
	dir     *embedded.Directory
	closers []func() error
}

func (d *dev) run(cmd *cobra.Command) error {
	ctx := cmd.Context()
	listener, err := listenHTTP(ctx, d.flags.http)
	if err != nil {
		return err
	}
	d.later(func() error { return ignoreClosed(listener.Close()) })
	if err := d.openDirectory(ctx); err != nil {
		return err
	}
	at, err := d.startServers(ctx)
	if err != nil {
		return err
	}
	if err := d.publishAddresses(at); err != nil {
		return err
	}
	p, err := newPod(ctx, at, listener.Addr(), d.log, d.diskSpace)
	if err != nil {
		return err
	}
	d.later(func() error { return p.close(ctx) })
	if err := p.developed(cmd, at); err != nil {
		return err
	}
	d.out.part("relay", "outbox to Kafka", "replication slot "+p.relay.Status().Slot)
	err = p.serve(ctx, listener, func() {
		d.out.part("shop", "http://"+listener.Addr().String(), "")
		d.out.part("console", "http://"+listener.Addr().String()+consolePath, "for browsers on this machine")
		d.out.ready(listener.Addr().String(), kafkaSeed(at.kafka))
	})
	if full := d.diskSpace(ctx); err != nil && full != nil {
		return fmt.Errorf("%w; the disk is full: %w and start again, accepted orders are kept", err, full)
	}
	return err
}

func (d *dev) later(end func() error) { d.closers = append(d.closers, end) }

func (d *dev) close() error {
	var errs []error
	for _, end := range slices.Backward(d.closers) {
		errs = append(errs, end())
	}
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (d *dev) openDirectory(ctx context.Context) (err error) {
	if d.flags.ephemeral {
		d.dir, err = embedded.OpenEphemeral(ctx)
	} else {
		path := d.flags.data
		if path == "" {
			if path, err = defaultData(); err != nil {
				return err
			}
		}
		d.dir, err = embedded.OpenDirectory(path)
	}
	switch {
	case errors.Is(err, embedded.ErrDirectoryInUse):
		return fmt.Errorf("%w with --data DIR, or --ephemeral", err)
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("%w; make room there, or choose another directory with --data DIR", err)
	case err != nil:
		return fmt.Errorf("%w; choose another directory with --data DIR, or --ephemeral", err)
	}
	d.later(d.dir.Close)
	if err := d.diskSpace(ctx); err != nil {
		return fmt.Errorf("%w, or choose another directory with --data DIR", err)
	}
	note := "kept; start again to go on, delete it to begin anew"
	if d.dir.Ephemeral() {
		note = "removed at the end"
	}
	d.out.part("data", d.dir.Path(), note)
	return nil
}

// leastFree is the free space below which the pod says that it is not ready: a full disk ends PostgreSQL and Kafka.
const leastFree = 64 << 20

func (d *dev) diskSpace(ctx context.Context) error {
	return observe.Disk(d.dir.Path(), leastFree).Ask(ctx)
}

// startServers starts what is not named by the environment.
func (d *dev) startServers(ctx context.Context) (servers, error) {
	if err := d.warnOfLoss(); err != nil {
		return servers{}, err
	}
	kafka, err := d.startKafka()
	if err != nil {
		return servers{}, err
	}
	database, err := d.startDatabase(ctx)
	if err != nil {
		return servers{}, err
	}
	redis, err := d.startRedis()
	return servers{kafka: kafka, database: database, redis: redis}, err
}

// warnOfLoss speaks up where one of two servers' data has been deleted and the other's not.
func (d *dev) warnOfLoss() error {
	if d.dir.Ephemeral() || !d.flags.ownKafka || d.global.database != "" {
		return nil
	}
	broker, errBroker := embedded.HasBroker(d.dir)
	database, errDatabase := embedded.HasDatabase(d.dir)
	switch {
	case database && !broker:
		d.out.say("  Kafka's data is gone and PostgreSQL's is there: orders remain, their earlier events do not. Delete " +
			d.dir.Path() + " to begin anew with both.")
	case broker && !database:
		d.out.say("  PostgreSQL's data is gone and Kafka's is there: events remain, their orders do not. Delete " +
			d.dir.Path() + " to begin anew with both.")
	}
	return errors.Join(errBroker, errDatabase)
}
