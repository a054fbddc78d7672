#!/usr/bin/env bash
# Every fuzz target for so many seconds, two at a time: tests/fuzz/run.sh BUILD SECONDS. A crash leaves its input in
# BUILD/found/, prints it and fails the run.
set -uo pipefail
build=$1 seconds=$2
mkdir -p "$build/found" "$build/corpus"
one() {
	name=$(basename "$1")
	mkdir -p "$build/corpus/$name"
	if "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$build/found/$name-" "$build/corpus/$name" >"$build/found/$name.log" 2>&1; then
		echo "fuzz $name: ok, $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/found/$name.log") runs"
	else
		echo "fuzz $name: FAILED"
		tail -n 40 "$build/found/$name.log"
		return 1
	fi
}
export -f one
export build seconds
printf '%s\n' "$build"/fuzz/fuzz_* | xargs -P "$(nproc)" -I{} bash -c 'one {}'
failed=$?
echo "fuzz: $(ls "$build"/fuzz/fuzz_* | wc -l) targets, $seconds s each"
[ "$failed" -eq 0 ]
