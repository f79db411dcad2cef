# shellcheck shell=bash
# Where builds and tools go. Sourced by the scripts beside this folder, from the root of the repository.

cache="${XDG_CACHE_HOME:-$HOME/.cache}/agent-runner"
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$cache/target}"
