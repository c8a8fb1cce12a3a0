#!/bin/sh
# Installs SCIMMY, the SCIM service that the SCIM connector is tested against, into the user's cache folder. Node and npm come from Debian's
# packages where there are none.
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
if ! command -v npm >/dev/null 2>&1; then
	if ! command -v apt-get >/dev/null 2>&1 || test "$(id -u)" -ne 0; then
		echo "install-scimmy: npm is missing. Install Node.js with npm, or run as root on Debian:  sudo scripts/install-scimmy.sh" >&2
		exit 1
	fi
	export DEBIAN_FRONTEND=noninteractive
	if ! apt-get install --yes --quiet --no-install-recommends nodejs npm; then
		apt-get update --quiet # the package lists were missing or too old
		apt-get install --yes --quiet --no-install-recommends nodejs npm
	fi
fi
cp "$from/package.json" "$into/"
(cd "$into" && npm install --no-audit --no-fund --no-package-lock --loglevel=error)
