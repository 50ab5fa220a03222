#!/usr/bin/env bash
# Builds the image of cmd/millrace and names it as the first argument says, millrace:local without one. It needs Go and Docker and
# pulls no image. PLATFORM=linux/arm64 builds for another machine, CA_CERTIFICATES names another file of certificates, and
# OUTPUT=DIR keeps program and bill of materials there and builds no image.
set -euo pipefail
cd "$(dirname "$0")/../.."

image=${1:-millrace:local}
platform=${PLATFORM:-linux/$(go env GOARCH)}
certificates=${CA_CERTIFICATES:-/etc/ssl/certs/ca-certificates.crt}
[ -r "$certificates" ] || { echo "build.sh: $certificates is missing; name the certificates of public authorities with CA_CERTIFICATES" >&2; exit 1; }

if [ -n "${OUTPUT:-}" ]; then
	folder=$OUTPUT
	mkdir -p "$folder"
else
	command -v docker >/dev/null || { echo "build.sh: docker is missing; OUTPUT=DIR builds without it what goes into the image" >&2; exit 1; }
	folder=$(mktemp -d)
	trap 'rm -rf "$folder"' EXIT
fi

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
version=$(git describe --tags --always --dirty 2>/dev/null || echo devel)
created=$(git log -1 --format=%cI 2>/dev/null || echo 1970-01-01T00:00:00Z)

# The same source makes the same bytes: no paths, no time, no C.
CGO_ENABLED=0 GOOS=${platform%%/*} GOARCH=${platform##*/} go build -trimpath -tags timetzdata -ldflags '-s -w' -o "$folder/millrace" ./cmd/millrace
go tool -modfile=tools/sbom/go.mod cyclonedx-gomod bin -json -noserial -notimestamp -output "$folder/sbom.cdx.json" "$folder/millrace" 2>"$folder/log" ||
	{ cat "$folder/log" >&2; exit 1; }
rm "$folder/log"
[ -z "${OUTPUT:-}" ] || { echo "$folder has the program and its bill of materials"; exit; }
cp "$certificates" "$folder/ca-certificates.crt"
docker build --quiet --platform "$platform" --build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg CREATED="$created" \
	--file deploy/image/Dockerfile --tag "$image" "$folder" >/dev/null
echo "$image"
