#!/bin/bash
# The entry of the image: runs the server that the command names, as the official images of the three do.
set -euo pipefail

case "${1:-}" in
/etc/kafka/docker/run) exec "$@" ;;
postgres) exec run-postgres "$@" ;;
redis-server) exec setpriv --reuid=redis --regid=redis --clear-groups "$@" ;;
*)
	echo "say which server: /etc/kafka/docker/run, postgres … or redis-server …" >&2
	exit 2
	;;
esac
