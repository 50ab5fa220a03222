#!/bin/bash
# Runs a Kafka broker as the image apache/kafka does: KAFKA_A_B is the setting a.b; __ stands for _ and ___ for -.
set -euo pipefail

java=(java ${KAFKA_HEAP_OPTS:--Xmx512m} -cp '/opt/kafka/libs/*' -Dlog4j2.configurationFile=/etc/kafka/log4j2.yaml)
settings=/etc/kafka/server.properties

env | sed -n 's/^KAFKA_\([A-Z0-9_]*\)=\(.*\)$/\1 \2/p' | while read -r name value; do
	case $name in HEAP_OPTS | OPTS | JMX_* | LOG4J_* | GC_LOG_OPTS | JVM_PERFORMANCE_OPTS | VERSION) continue ;; esac
	key=${name,,}
	key=${key//___/-}
	key=${key//__/%}
	key=${key//_/.}
	printf '%s=%s\n' "${key//%/_}" "$value"
done >"$settings"
cat >/etc/kafka/log4j2.yaml <<'CONF'
Configuration:
  status: error
  Appenders: { Console: { name: out, PatternLayout: { pattern: "%d{ISO8601} %p %c{1}: %m%n" } } }
  Loggers: { Root: { level: warn, AppenderRef: { ref: out } } }
CONF

"${java[@]}" kafka.tools.StorageTool format --ignore-formatted --config "$settings" --cluster-id "${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}"
exec "${java[@]}" kafka.Kafka "$settings"
