#!/usr/bin/env bash
# Install what Debian 12 lacks for a purpose: build, run, test, lint or browser. Quick and silent when nothing is
# missing. Package services are kept from starting, now and at boot: tests and `make run` start private ones.
set -euo pipefail

build="gcc make pkg-config libc6-dev libetpan-dev libcurl4-gnutls-dev libhiredis-dev libpcre2-dev libgmime-3.0-dev
	libmicrohttpd-dev libjansson-dev libyaml-dev libxml2-dev libunistring-dev libsqlite3-dev libpq-dev libsodium-dev
	libgnutls28-dev libseccomp-dev libsystemd-dev libuchardet-dev"
# libhs, the fast pass over patterns, has two packages that exclude each other: whichever is there will do. Debian 12's
# Vectorscan misses matches (postroom sees that and then runs every pattern), so Hyperscan where there is neither.
if [ "$(dpkg-query -W -f='${db:Status-Status}' libvectorscan5 2>/dev/null)" = installed ]; then
	build+=" libvectorscan-dev"
elif [ "$(dpkg --print-architecture)" = amd64 ]; then
	build+=" libhyperscan-dev"
fi
run="redis-server python3 util-linux libsasl2-modules curl"
test="libcmocka-dev python3-pytest python3-selenium chromium chromium-driver dovecot-imapd kannel kannel-extras postfix
	postgresql openssl strace procps iproute2"
lint="clang-format clang-tidy cppcheck"
fuzz="clang libclang-rt-14-dev"

wanted=""
for purpose in "$@"; do
	case "$purpose" in
	build | run | test | lint | fuzz) wanted+=" ${!purpose}" ;;
	*) echo "deps.sh: '$purpose' is none of: build run test lint fuzz" >&2; exit 100 ;;
	esac
done

missing=""
for package in $wanted; do
	[ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=" $package"
done
[ -n "$missing" ] || exit 0

root=""
if [ "$(id -u)" -ne 0 ]; then
	command -v sudo >/dev/null || {
		echo "These packages are missing, and there is neither root nor sudo to install them:$missing" >&2
		exit 111
	}
	root=sudo
fi

echo "Installing what is missing from Debian's packages; this can take some minutes:"
echo "${missing# }" | fold -s -w 78
# invoke-rc.d asks this file before it starts a package's service; one that is there already is left alone.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
	printf '#!/bin/sh\nexit 101\n' | $root tee "$policy" >/dev/null
	$root chmod 755 "$policy"
	trap '$root rm -f "$policy"' EXIT
fi
# A service that is new here must not begin at the next boot either.
new=""
for service in redis-server dovecot postfix postgresql kannel; do
	[ -e "/lib/systemd/system/$service.service" ] || [ -e "/etc/init.d/$service" ] || new+=" $service"
done
# Debian's postfix asks questions unless told.
if [[ " $missing " == *" postfix "* ]]; then
	echo "postfix postfix/main_mailer_type select No configuration" | $root debconf-set-selections
fi
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
install() { $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	-o DPkg::Lock::Timeout=300 $missing >"$log" 2>&1; }
# The package lists may be old or absent: fetch them and try again.
if ! install; then
	$root env DEBIAN_FRONTEND=noninteractive apt-get update >>"$log" 2>&1 || true
	install || { tail -n 25 "$log" >&2; echo "apt-get could not install what is missing (see above)." >&2; exit 111; }
fi
rm -f "$log"
if command -v systemctl >/dev/null; then
	for service in $new; do
		$root systemctl disable "$service" >/dev/null 2>&1 || true
	done
fi
