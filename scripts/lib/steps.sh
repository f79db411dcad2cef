# shellcheck shell=bash
# Runs steps one after the other, times them and says at the end how each went.
# A failed step does not stop the others: one run shows every fault.

summary=()
failures=0

# step TITLE COMMAND...
step() {
  local title=$1 began=$SECONDS code
  shift
  printf '\n==> %s\n' "$title"
  # Not `if "$@"`: a condition would switch `set -e` off inside the functions it calls.
  set +e
  (
    set -e
    "$@"
  )
  code=$?
  set -e
  local took=$((SECONDS - began))
  if ((code == 0)); then
    summary+=("ok       $(printf '%5ds' "$took")  $title")
  else
    summary+=("FAILED   $(printf '%5ds' "$took")  $title (exit code $code)")
    failures=$((failures + 1))
    printf -- '--- failed: %s\n' "$title" >&2
  fi
}

# beside COMMAND...: runs a function of steps beside those that follow, which `await_beside` waits for. For steps that mostly wait.
beside() {
  beside_folder=$(mktemp -d)
  # shellcheck disable=SC2030 # it has a summary of its own, which goes through files
  (
    summary=() failures=0
    "$@"
    printf '%s\n' ${summary[@]+"${summary[@]}"} >"$beside_folder/summary"
    echo "$failures" >"$beside_folder/failures"
  ) >"$beside_folder/output" 2>&1 &
  beside_pid=$!
}

# Waits for what runs beside, and prints what it has printed.
await_beside() {
  local line
  wait "$beside_pid" || true
  cat "$beside_folder/output"
  # shellcheck disable=SC2031 # not the one beside is meant
  if [[ -s $beside_folder/failures ]]; then
    failures=$((failures + $(<"$beside_folder/failures")))
    while IFS= read -r line; do summary+=("$line"); done <"$beside_folder/summary"
  else
    summary+=("FAILED       -  what ran beside: it ended early")
    failures=$((failures + 1))
  fi
  rm -rf "$beside_folder"
}

# skip TITLE REASON
skip() {
  summary+=("skipped       -  $1: $2")
}

# Prints what happened; fails if anything did.
conclude() {
  printf '\n==> Summary\n'
  printf '%s\n' "${summary[@]}"
  if ((failures > 0)); then
    printf '\n%d of %d steps failed, after %ds.\n' "$failures" "${#summary[@]}" "$SECONDS"
    return 1
  fi
  printf '\nAll is well, after %ds.\n' "$SECONDS"
}
