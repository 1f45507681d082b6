#!/bin/sh
# Compares trailers with git's own parser over every commit of the given repositories.
#   tests/scripts/trailers-against-git.sh REPO…
set -eu
repos=
for repo in "$@"; do repos="$repos$(realpath "$repo"):"; done
LEVERAGE_TEST_REPOS="$repos" exec cargo test --test main -- --ignored --nocapture trailers::real_messages
