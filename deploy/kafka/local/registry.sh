#!/usr/bin/env bash
# Runs one Apicurio Registry without Docker, which speaks the API of Confluent's Schema Registry: registry.sh [PORT].
# Its address is http://127.0.0.1:PORT/apis/ccompat/v7; what it is told is gone when it ends. Needs Java 17, and Maven the
# first time. It takes over the shell's process, so that a signal to it stops the registry.
set -euo pipefail

version=3.0.9
port=${1:-8081}
home=${MILLRACE_REGISTRY_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/apicurio-$version}
runner=$home/apicurio-registry-app-$version-runner.jar

command -v java >/dev/null || { echo "registry.sh: java is missing; install a Java 17 runtime" >&2; exit 1; }
if [ ! -f "$runner" ]; then
	command -v mvn >/dev/null || { echo "registry.sh: mvn is missing; install Maven" >&2; exit 1; }
	mkdir -p "$(dirname "$home")"
	# The folder gets its name when it is complete, so that an interrupted download leaves nothing that looks like one.
	unfinished=$(mktemp -d "$home.XXXXXX")
	trap 'rm -rf "$unfinished"' EXIT
	mvn -q -B -Dstyle.color=never org.apache.maven.plugins:maven-dependency-plugin:2.8:copy \
		-Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" -DoutputDirectory="$unfinished" >&2
	tar -xzf "$unfinished"/*.tar.gz -C "$unfinished"
	rm "$unfinished"/*.tar.gz
	chmod 755 "$unfinished"
	rmdir "$home" 2>/dev/null || true
	[ -d "$home" ] || mv "$unfinished" "$home"
	[ -f "$runner" ] || { echo "registry.sh: $home is there without the registry; remove it" >&2; exit 1; }
fi
exec java "-Xmx${REGISTRY_HEAP:-512m}" -XX:TieredStopAtLevel=1 -Dquarkus.http.host=127.0.0.1 "-Dquarkus.http.port=$port" \
	-Dquarkus.http.access-log.enabled=false -Dapicurio.ccompat.legacy-id-mode.enabled=false -jar "$runner"
