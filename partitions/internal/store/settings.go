package store

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/bloom"
)

// Option changes how [Pebble] opens a directory.
type Option interface{ applyStore(*settings) }

type option func(*settings)

func (f option) applyStore(s *settings) { f(s) }

type settings struct {
	cache    int64
	memtable int64
	files    int
	logger   *slog.Logger
	late     time.Duration
}

const (
	defaultCache    = 64 << 20
	defaultMemtable = 64 << 20
	defaultFiles    = 1000
	defaultLate     = time.Minute
	// pebbleMemtable is small, because only a small batch goes there: a larger one than half of it is sorted as it is,
	// and goes straight to a file.
	pebbleMemtable = 4 << 20
	memtables      = 3
	leastMemory    = 1 << 20
	// formatMajor is the newest format that is written. Raising it lets no older version read the directory.
	formatMajor = pebble.FormatTableFormatV6
)

// Cache is how many bytes of blocks are kept in memory, for all shards together. The default is 64 MiB.
func Cache(bytes int64) Option { return option(func(s *settings) { s.cache = bytes }) }

// Memtable is how many bytes of changed entries are gathered in memory before they are written, for all shards together.
// As many of what was written last stay there for reading, and as many again are on their way to a file while it is
// being written; Apply waits when that takes too long. What changes again and again is written when four times as many
// bytes were applied, or after a minute. A kill costs that, and as much again that was on its way. The default is 64 MiB.
func Memtable(bytes int64) Option { return option(func(s *settings) { s.memtable = bytes }) }

// Files is how many files may be open at once. The default is 1,000.
func Files(most int) Option { return option(func(s *settings) { s.files = most }) }

// Logger receives what Pebble has to complain about; without it nothing is logged. Keys and values never are.
func Logger(l *slog.Logger) Option { return option(func(s *settings) { s.logger = l }) }

func (s settings) check() error {
	if s.cache < leastMemory || s.memtable < leastMemory || s.memtable > 1<<30 || s.files < 100 {
		return fmt.Errorf("store: cache %d and memtable %d must be 1 MiB or more, a memtable at most 1 GiB, files %d at least 100",
			s.cache, s.memtable, s.files)
	}
	return nil
}

// pebble makes the options, and what lets go of the cache when the database has been opened.
func (s settings) pebble() (*pebble.Options, func()) {
	cache := pebble.NewCache(s.cache)
	logger := complaints{s.logger}
	options := &pebble.Options{
		Cache:                       cache,
		CompactionConcurrencyRange:  func() (int, int) { return 1, 2 },
		DisableWAL:                  true,
		EventListener:               &pebble.EventListener{BackgroundError: logger.background, DataCorruption: logger.corruption},
		FormatMajorVersion:          formatMajor,
		L0CompactionThreshold:       4,
		Logger:                      logger,
		MaxOpenFiles:                s.files,
		MemTableSize:                pebbleMemtable,
		MemTableStopWritesThreshold: memtables * int(1+s.memtable/pebbleMemtable),
	}
	options.ApplyCompressionSettings(func() pebble.DBCompressionSettings { return pebble.DBCompressionFastest })
	for i := range options.Levels {
		options.Levels[i].FilterPolicy = bloom.FilterPolicy(10) // of 100 keys that are not there, one costs a read
	}
	return options, cache.Unref
}

// complaints logs what Pebble says about errors, and leaves out what it says about its work.
type complaints struct{ logger *slog.Logger }

func (c complaints) Infof(string, ...any) {}

func (c complaints) Errorf(format string, args ...any) { c.log(fmt.Sprintf(format, args...)) }

// Fatalf is where Pebble cannot go on, and must not return.
func (c complaints) Fatalf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	c.log(text)
	panic("store: " + text) //nolint:forbidigo // the files would become inconsistent; Pebble itself would exit without a word
}

func (c complaints) background(err error) { c.log(err.Error()) }

// corruption stands in place of Pebble's own, which ends the process: whoever reads what is damaged gets the error.
func (c complaints) corruption(info pebble.DataCorruptionInfo) {
	c.log(info.Path + ": " + info.Details.Error())
}

func (c complaints) log(text string) {
	if c.logger != nil {
		c.logger.Error("local state", "error", text)
	}
}
