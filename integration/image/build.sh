#!/usr/bin/env bash
# Builds the image millrace-servers:local unless it is there, made by the same recipe: Kafka, PostgreSQL and Redis
# for the integration tests, where the official images cannot be pulled.
# It needs Debian, root, Docker, mmdebstrap, Java 17 and Maven; packages come from the apt sources of this machine.
set -euo pipefail
cd "$(dirname "$0")"

image=${MILLRACE_IMAGE:-millrace-servers:local}
root=$(cd ../.. && pwd)

for tool in docker mmdebstrap java mvn; do
	command -v "$tool" >/dev/null || { echo "build.sh: $tool is missing; on Debian: apt-get install docker.io mmdebstrap default-jre-headless maven" >&2; exit 1; }
done
docker version >/dev/null || { echo "build.sh: the Docker daemon does not answer; start dockerd" >&2; exit 1; }

recipe=$(cat ./*.sh ../../deploy/kafka/local/pom.xml | sha256sum | cut -c 1-16)
if [ "$(docker image inspect -f '{{index .Config.Labels "com.github.millrace.recipe"}}' "$image" 2>/dev/null)" = "$recipe" ]; then
	echo "image $image is there"
	exit
fi

suite=$(. /etc/os-release && echo "${VERSION_CODENAME:?build.sh needs Debian}")
sources=/etc/apt/sources.list.d/debian.sources
[ -f "$sources" ] || sources=/etc/apt/sources.list

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
jars=$("$root/deploy/kafka/local/jars.sh")

echo "making a $suite with Java, PostgreSQL and Redis: about a minute and a half"
began=$SECONDS
mmdebstrap --quiet --variant=minbase --include=default-jre-headless,postgresql,redis-server \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--customize-hook='mkdir -p "$1/opt/kafka/libs" "$1/etc/kafka/docker"' \
	--customize-hook="copy-in '$jars/.' /opt/kafka/libs" \
	--customize-hook="upload entrypoint.sh /usr/local/bin/docker-entrypoint.sh" \
	--customize-hook="upload kafka.sh /etc/kafka/docker/run" \
	--customize-hook="upload postgres.sh /usr/local/bin/run-postgres" \
	--customize-hook='chmod 755 "$1/usr/local/bin/docker-entrypoint.sh" "$1/usr/local/bin/run-postgres" "$1/etc/kafka/docker/run"' \
	--customize-hook='chown -R 0:0 "$1/opt/kafka" "$1/etc/kafka"' \
	--customize-hook='rm -rf "$1/var/lib/postgresql" "$1/var/lib/apt/lists" "$1/usr/share/doc" "$1/usr/share/man"' \
	"$suite" "$work/root.tar" "$sources" >"$work/log" 2>&1 || { tail -n 40 "$work/log" >&2; exit 1; }
docker import --change 'ENTRYPOINT ["docker-entrypoint.sh"]' --change "LABEL com.github.millrace.recipe=$recipe" "$work/root.tar" "$image" >/dev/null
echo "image $image made in $((SECONDS - began)) s"
