#!/usr/bin/env bash
# Runs one Apache Kafka broker without Docker: run.sh DATA [PORT [CONTROLLER-PORT]]. Needs Java 17, and Maven the first time.
# KAFKA_SETTINGS names a file of further settings, which go before those here. For one broker of several, these name its
# node.id and controller.quorum.bootstrap.servers, and all brokers get the same KAFKA_CLUSTER_ID and
# KAFKA_INITIAL_CONTROLLERS (id@host:port:directory-id,…).
# It takes over the shell's process, so that a signal to it stops the broker.
set -euo pipefail

data=${1:?usage: run.sh DATA [PORT [CONTROLLER-PORT]]}
port=${2:-9092}
controller=${3:-$((port + 1))}
here=$(cd "$(dirname "$0")" && pwd)

command -v java >/dev/null || { echo "run.sh: java is missing; install a Java 17 runtime" >&2; exit 1; }
jars=$("$here/jars.sh")

mkdir -p "$data"
data=$(cd "$data" && pwd)
cat >"$data/server.properties" <<CONF
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$data/log
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
auto.create.topics.enable=false
offsets.retention.minutes=20160
broker.session.timeout.ms=60000
num.partitions=1
CONF
[ -z "${KAFKA_SETTINGS:-}" ] || cat "$KAFKA_SETTINGS" >>"$data/server.properties"
cat >"$data/log4j2.yaml" <<CONF
Configuration:
  status: error
  Appenders:
    Console:
      name: err
      target: SYSTEM_ERR
      PatternLayout: { pattern: "%d{ISO8601} %p %c{1}: %m%n" }
  Loggers:
    Root: { level: warn, AppenderRef: { ref: err } }
CONF

kafka=(java "-Xmx${KAFKA_HEAP:-512m}" -cp "$jars/*" "-Dlog4j2.configurationFile=$data/log4j2.yaml")
if [ ! -f "$data/log/meta.properties" ]; then
	quorum=(--standalone)
	[ -z "${KAFKA_INITIAL_CONTROLLERS:-}" ] || quorum=(--initial-controllers "$KAFKA_INITIAL_CONTROLLERS")
	"${kafka[@]}" kafka.tools.StorageTool format "${quorum[@]}" --config "$data/server.properties" \
		--cluster-id "${KAFKA_CLUSTER_ID:-$("${kafka[@]}" kafka.tools.StorageTool random-uuid)}" >&2
fi
exec "${kafka[@]}" kafka.Kafka "$data/server.properties"
