#!/usr/bin/env bash
# Runs one Kafka Connect worker with Debezium's PostgreSQL connector without Docker: connect.sh DATA [KAFKA [PORT]], by
# default for the broker at 127.0.0.1:9092, with its REST interface at http://127.0.0.1:8083. Needs Java 17, and Maven the
# first time. The worker is a standalone one: offsets are in DATA, and connectors are those that REST is told of since its start.
# It takes over the shell's process, so that a signal to it stops the worker.
set -euo pipefail

data=${1:?usage: connect.sh DATA [KAFKA [PORT]]}
kafka=${2:-127.0.0.1:9092}
port=${3:-8083}
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's|.*<debezium.version>\(.*\)</debezium.version>.*|\1|p' "$here/connect.xml")
jars=${MILLRACE_CONNECT_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/debezium-$version}

complete() { compgen -G "$jars/debezium-connector-postgres-*.jar" >/dev/null; }

command -v java >/dev/null || { echo "connect.sh: java is missing; install a Java 17 runtime" >&2; exit 1; }
if ! complete; then
	command -v mvn >/dev/null || { echo "connect.sh: mvn is missing; install Maven" >&2; exit 1; }
	mkdir -p "$(dirname "$jars")"
	# The folder gets its name when it is complete, so that an interrupted download leaves nothing that looks like one.
	unfinished=$(mktemp -d "$jars.XXXXXX")
	trap 'rm -rf "$unfinished"' EXIT
	mvn -q -B -Dstyle.color=never -f "$here/connect.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$unfinished" >&2
	chmod 755 "$unfinished"
	rmdir "$jars" 2>/dev/null || true
	[ -d "$jars" ] || mv "$unfinished" "$jars"
	complete || { echo "connect.sh: $jars is there without the connector's jars; remove it" >&2; exit 1; }
fi

mkdir -p "$data"
data=$(cd "$data" && pwd)
cat >"$data/worker.properties" <<CONF
bootstrap.servers=$kafka
listeners=http://127.0.0.1:$port
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename=$data/offsets
offset.flush.interval.ms=${CONNECT_FLUSH_MS:-1000}
plugin.discovery=service_load
CONF
cat >"$data/log4j2.yaml" <<CONF
Configuration:
  status: error
  Appenders:
    Console:
      name: err
      target: SYSTEM_ERR
      PatternLayout: { pattern: "%d{ISO8601} %p %c{1}: %m%n" }
  Loggers:
    Root: { level: ${CONNECT_LOG:-warn}, AppenderRef: { ref: err } }
CONF
exec java "-Xmx${CONNECT_HEAP:-700m}" -cp "$jars/*" "-Dlog4j2.configurationFile=$data/log4j2.yaml" \
	org.apache.kafka.connect.cli.ConnectStandalone "$data/worker.properties"
