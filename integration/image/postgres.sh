#!/bin/bash
# Runs PostgreSQL as the image postgres does: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, PGDATA; arguments go to the server.
set -euo pipefail

export PGDATA=${PGDATA:-/var/lib/postgresql/data}
user=${POSTGRES_USER:-postgres}
database=${POSTGRES_DB:-$user}
bin=$(echo /usr/lib/postgresql/*/bin)
as=(setpriv --reuid=postgres --regid=postgres --init-groups)

if [ ! -s "$PGDATA/PG_VERSION" ]; then
	install -d -o postgres -g postgres -m 700 "$PGDATA"
	password=$(mktemp)
	echo "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD}" >"$password"
	chown postgres "$password"
	"${as[@]}" "$bin/initdb" -U "$user" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync --pwfile="$password" >/dev/null
	rm "$password"
	echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
	# Single-user mode, so that nobody meets a server that will go away again.
	[ "$database" = postgres ] || echo "CREATE DATABASE \"$database\"" | "${as[@]}" "$bin/postgres" --single -D "$PGDATA" postgres >/dev/null
fi
exec "${as[@]}" "$bin/$1" -c listen_addresses='*' -k '' "${@:2}"
