#!/bin/sh
# Installs SCIMMY, the SCIM service that the SCIM connector is tested against, into the user's cache folder. Needs node and npm.
set -eu
from=$(CDPATH='' cd -- "$(dirname -- "$0")/../internal/connector/scim/testdata/scimmy" && pwd)
case $(uname) in
Darwin) cache=$HOME/Library/Caches ;;
*) cache=${XDG_CACHE_HOME:-$HOME/.cache} ;;
esac
into=$cache/muster-test/scimmy
mkdir -p "$into"
if cmp -s "$from/package.json" "$into/package.json" && [ -d "$into/node_modules/scimmy-routers" ]; then
	exit 0
fi
cp "$from/package.json" "$into/"
(cd "$into" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
