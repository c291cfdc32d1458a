#!/usr/bin/env bash
# Installs what the tests run beside themselves, as Debian packages: Postgres, Redis, and what sets a server's clock. Says what is missing where it cannot.
set -uo pipefail

packages=()
command -v redis-server >/dev/null || packages+=(redis-server)
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || packages+=(libfaketime)
((${#packages[@]})) || exit 0

if ((EUID == 0)) && command -v apt-get >/dev/null; then
    # RUNLEVEL: install them, but start no server of the machine's own.
    { apt-get update -q && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"; } \
        >&2 && exit 0
fi
echo "tests/provision.sh: these packages are missing and could not be installed: ${packages[*]}" >&2
exit 1
