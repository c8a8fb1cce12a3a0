#!/bin/sh
# Installs the real servers that the tests start (OpenLDAP, Samba Active Directory, PostgreSQL, Chromium), and the C compiler that Go's race detector needs, from
# Debian's packages, as far as they are missing.
# It never starts or configures any of them. Run again at will: it does nothing, at once, when all is there.
set -eu

packages="slapd ldap-utils samba samba-ad-dc samba-ad-provision samba-dsdb-modules samba-vfs-modules winbind ldb-tools postgresql chromium iproute2 util-linux gcc libc6-dev"

if ! command -v dpkg-query >/dev/null 2>&1 || ! command -v apt-get >/dev/null 2>&1; then
	echo "install-test-servers: this is no Debian or Ubuntu system." >&2
	echo "Install these by hand, so that their programs are in PATH or /usr/sbin: OpenLDAP's slapd, Samba's AD domain controller, PostgreSQL, Chromium." >&2
	exit 1
fi

missing=""
for package in $packages; do
	if test "$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)" != installed; then
		missing="$missing $package"
	fi
done
if test -z "$missing"; then
	exit 0
fi

if test "$(id -u)" -ne 0; then
	echo "install-test-servers: these packages are missing:$missing" >&2
	echo "Run as root:  sudo scripts/install-test-servers.sh" >&2
	exit 1
fi

# The packaged services are not wanted, only their programs: keep them from being started while they are installed.
policy=/usr/sbin/policy-rc.d
if ! test -e "$policy"; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi

echo "install-test-servers: installing$missing"
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086 # a list of words
if ! apt-get install --yes --quiet --no-install-recommends $missing; then
	apt-get update --quiet # the package lists were missing or too old
	apt-get install --yes --quiet --no-install-recommends $missing
fi
