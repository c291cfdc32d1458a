#!/usr/bin/env bash
# How soon the gateway of an image is ready, its container included; or, in one line, why that is not measured.
# Usage: tests/Benchmarks/image-start.sh docker|podman|buildah IMAGE
set -euo pipefail

# Called by the benchmark in the place of the gateway: with its folder, its environment and the network of this machine.
if [[ ${RUN-} ]]; then
    folder=$(dirname "$GATEWAY_STATE_DIRECTORY")
    options=(--user "$(id -u)" --volume "$folder:$folder")
    for name in $(compgen -e | grep '^GATEWAY_'); do options+=(--env "$name=${!name}"); done
    exec $RUN "${options[@]}" $RUN_WHAT
fi

engine=$1 image=$2
not_measured() {
    echo "$image: start to ready is not measured: $1"
    exit 0
}

[[ $(uname -s) == Linux ]] || not_measured 'containers have another network than this machine'
command -v dotnet >/dev/null || not_measured 'there is no dotnet to run the benchmark with'
if [[ $engine == buildah ]]; then
    container=$(buildah from --pull-never "$image")
    trap 'buildah rm "$container" >/dev/null' EXIT
    RUN='buildah run' RUN_WHAT="$container -- ./gateway"
else
    RUN="$engine run --rm --interactive --network host" RUN_WHAT=$image
fi
version=$($RUN $RUN_WHAT --version 2>&1 </dev/null) || not_measured "$engine cannot run it here: $(tail -n 1 <<<"$version")"

cd "$(dirname "$0")/../.."
dotnet build tests/Benchmarks -c Release -v quiet >&2
RUN=$RUN RUN_WHAT=$RUN_WHAT GATEWAY_PROGRAM=$PWD/tests/Benchmarks/image-start.sh artifacts/bin/Benchmarks/release/Benchmarks start quick
