#!/usr/bin/env bash
# Runs test projects one after the other. Last line: "N passed, N failed, N skipped".
# Usage: tests/run.sh CONFIGURATION PROJECT...
set -uo pipefail
cd "$(dirname "$0")/.."
configuration=$1; shift

passed=0 failed=0 skipped=0 broken=0
# Without them the tests that need them fail, and say so; the others are worth running.
tests/provision.sh
for project in "$@"; do
    log=$(mktemp)
    "artifacts/bin/$project/${configuration,,}/$project" -noLogo -noColor 2>&1 | tee "$log"
    status=${PIPESTATUS[0]}
    # xUnit closes with "Total: N, Errors: N, Failed: N, Skipped: N, Not Run: N, Time: Ns".
    if [[ $(tail -n 20 "$log") =~ Total:\ ([0-9]+),\ Errors:\ ([0-9]+),\ Failed:\ ([0-9]+),\ Skipped:\ ([0-9]+) ]]; then
        wrong=$((BASH_REMATCH[2] + BASH_REMATCH[3]))
        failed=$((failed + wrong))
        skipped=$((skipped + BASH_REMATCH[4]))
        passed=$((passed + BASH_REMATCH[1] - BASH_REMATCH[3] - BASH_REMATCH[4]))
        ((status == 0 || wrong > 0)) || broken=1
    else
        echo "$project ended with $status before it could count"
        broken=1
    fi
    rm -f "$log"
done

((broken == 0)) || failed=$((failed + 1))
echo "$passed passed, $failed failed, $skipped skipped"
((failed == 0))
