#!/usr/bin/env bash
# Fails if `go generate ./...` would change a file: what is generated is committed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# One line for each generated file: they all say so, see https://go.dev/s/generatedcode.
sums() { git ls-files -co --exclude-standard -z | xargs -0r grep -lZ 'Code generated .* DO NOT EDIT' 2>/dev/null | xargs -0r sha256sum | sort -k2; }

before=$(sums)
go generate ./...
after=$(sums)
if [ "$before" != "$after" ]; then
	echo "check-generated: these generated files are not up to date; run make generate and commit them:" >&2
	diff <(echo "$before") <(echo "$after") | awk '/^[<>]/{print "  " $3}' | sort -u >&2
	exit 1
fi
