#!/usr/bin/env bash
# Prints the folder of the jars of an Apache Kafka broker, which Maven fetches where they are missing.
# MILLRACE_KAFKA_JARS names another folder than the one in the user's cache.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's|.*<kafka.version>\(.*\)</kafka.version>.*|\1|p' "$here/pom.xml")
jars=${MILLRACE_KAFKA_JARS:-${XDG_CACHE_HOME:-$HOME/.cache}/millrace/kafka-$version}

complete() { compgen -G "$jars/kafka_2.13-*.jar" >/dev/null; }

if ! complete; then
	command -v mvn >/dev/null || { echo "jars.sh: mvn is missing; install Maven" >&2; exit 1; }
	mkdir -p "$(dirname "$jars")"
	# The folder gets its name when it is complete, so that an interrupted download leaves nothing that looks like one.
	unfinished=$(mktemp -d "$jars.XXXXXX")
	trap 'rm -rf "$unfinished"' EXIT
	mvn -q -B -Dstyle.color=never -f "$here/pom.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$unfinished" >&2
	chmod 755 "$unfinished"
	rmdir "$jars" 2>/dev/null || true
	[ -d "$jars" ] || mv "$unfinished" "$jars"
	complete || { echo "jars.sh: $jars is there without the broker's jars; remove it" >&2; exit 1; }
fi
echo "$jars"
