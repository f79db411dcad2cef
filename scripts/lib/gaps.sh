# shellcheck shell=bash
# What the emulator of AWS lacks, beside it, for as long as a test takes. Sourced after ministack.sh, from the root of the repository.

gaps=
# Where it is served, for those who source this.
# shellcheck disable=SC2034
gaps_url=

# start_gaps FOLDER: beside the emulator, what it lacks. Who calls it calls `stop_gaps`.
start_gaps() {
  local tries=100
  python3 -B scripts/lib/emulator_gaps.py "$(ministack_url)" >"$1/gaps.url" 2>"$1/gaps.log" &
  gaps=$!
  until [[ -s $1/gaps.url ]]; do
    if ((tries-- == 0)) || ! kill -0 "$gaps" 2>/dev/null; then
      echo "What the emulator lacks could not be served:" >&2
      cat "$1/gaps.log" >&2
      return 1
    fi
    sleep 0.1
  done
  # shellcheck disable=SC2034 # as above
  gaps_url=$(<"$1/gaps.url")
}

stop_gaps() {
  if [[ -n $gaps ]]; then
    kill "$gaps" 2>/dev/null || true
    wait "$gaps" 2>/dev/null || true
  fi
  gaps=
}
