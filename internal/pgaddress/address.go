package pgaddress

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Parse reads an address for a single connection. Its error is pgx's own.
func Parse(address string) (*pgx.ConnConfig, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, err //nolint:wrapcheck // who calls it says what the address is of
	}
	return config.ConnConfig, nil
}

// Connect opens a single connection. Its error is pgx's own.
func Connect(ctx context.Context, address string) (*pgx.Conn, error) {
	config, err := Parse(address)
	if err != nil {
		return nil, err
	}
	return pgx.ConnectConfig(ctx, config) //nolint:wrapcheck // who calls it says what the connection is for
}
