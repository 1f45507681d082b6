#!/bin/sh
# Ten clones of one bare remote record, revise, retract and sync at random while processes are killed, and must all have the
# same ledger in the end: the test of the suite, but longer. Prints what was acknowledged.
#   tests/scripts/ten-clones.sh [SECONDS]
set -eu
cd "$(dirname "$0")/../.."
TEN_CLONES_SECONDS="${1:-120}" cargo test --test main ten_clones -- --nocapture
