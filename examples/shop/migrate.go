package shop

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/millrace/millrace/examples/shop/checkout"
	"github.com/millrace/millrace/examples/shop/mail"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema "shop" up to date. It may be called at every start and from many processes at once: an
// advisory lock lets one of them work. The outbox has a migration of its own.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return fmt.Errorf("shop: migrate: %w", err)
	}
	err = pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			SELECT pg_advisory_xact_lock(hashtextextended('millrace shop migrations', 0));
			CREATE SCHEMA IF NOT EXISTS shop;
			CREATE TABLE IF NOT EXISTS shop.migrations (name text PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())`)
		if err != nil {
			return err //nolint:wrapcheck // wrapped by Migrate
		}
		for _, name := range names {
			if err := apply(ctx, tx, name); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("shop: migrate: %w", err)
	}
	if err := checkout.Migrate(ctx, pool); err != nil {
		return err
	}
	return mail.Migrate(ctx, pool)
}

func apply(ctx context.Context, tx pgx.Tx, name string) error {
	tag, err := tx.Exec(ctx, `INSERT INTO shop.migrations (name) VALUES ($1) ON CONFLICT DO NOTHING`, name)
	if err != nil || tag.RowsAffected() == 0 {
		return err //nolint:wrapcheck // wrapped by Migrate
	}
	script, err := migrations.ReadFile(name)
	if err != nil {
		return err //nolint:wrapcheck // wrapped by Migrate
	}
	_, err = tx.Exec(ctx, string(script))
	return err //nolint:wrapcheck // wrapped by Migrate
}
