# shellcheck shell=bash
# Pieces of an operator's scripts, one by one, where what they call is made up. Sourced by scripts/test-scripts, which has `wrong`,
# `told` and a folder `scratch`.
# shellcheck disable=SC2154 # `scratch` is that of scripts/test-scripts

# library: the lines on standard input, after what the scripts share, where nothing is waited for.
library() {
  (
    cat <<'BASH'
set -euo pipefail
. scripts/lib/operate.sh
. scripts/lib/service.sh
. scripts/lib/call.sh
output() { echo of-a-test; }
sleep() { :; }
BASH
    cat
  ) | env scratch="$scratch" bash >"$scratch/out" 2>"$scratch/err"
}

# What no emulator does: ECS goes back to what ran before, and that is complete at once.
test_service_goes_back() {
  if library <<'BASH'; then wrong "A deployment that ECS gave up is taken for one that runs:"; fi
aws() { echo events; }
service_state() {
  if [[ -e $scratch/asked ]]; then echo 1 1 COMPLETED 1 ecs-svc/old; else echo 1 1 IN_PROGRESS 2 ecs-svc/new; fi
  touch "$scratch/asked"
}
wait_for_service
BASH
  if ! grep -q 'ecs-svc/new did not come up' "$scratch/err"; then wrong "It does not say that a deployment was given up:"; fi
  told "A deployment that ECS gives up is not taken for one that runs"
}

# Whoever ends a script where it asks has not said yes. (TERM, because what runs in the background may be deaf to INT.)
test_taken_back() {
  local code=0
  library <<'BASH' || code=$?
scratch_folder
apply_plan() { kill -TERM $$; }
parameter() { echo false; }
set_parameter() { echo "set $2"; }
switch paused true ''
BASH
  if ((code == 0)) || [[ $(<"$scratch/out") != $'set true\nset false' ]]; then wrong "What was only meant for a plan is not taken back:"; fi
  told "What was set for a plan is taken back, however a script ends"
}

test_body() {
  library <<'BASH' || wrong "A large body cannot be sent:"
api_credentials() { :; }
curl() {
  while (($# > 0)); do
    if [[ $1 == --data-binary ]]; then cat "${2#@}"; fi
    shift
  done
}
body=$(printf '@%0.s' {1..200000})
if [[ $(ask_api POST /jobs "$body") != "$body" ]]; then fail "another body is sent than was given"; fi
BASH
  told "A body is sent as it is, however large"
}

# Just after its start, nobody answers in a task.
test_session() {
  local heard
  printf '%s\n' "if mkdir $scratch/entered 2>/dev/null; then echo 'An error occurred (TargetNotConnectedException)'; else echo '{}'; echo 'HTTP 200'; fi" >"$scratch/session"
  heard=$(python3 scripts/lib/session.py bash "$scratch/session")
  if [[ $heard != '{}' ]]; then wrong "A task that does not answer yet is not asked again: $heard"; fi
  told "A task that has just started is asked again"
}

# ECS takes a task for stopped from the moment of the wish, while it still writes.
test_stopping() {
  library <<'BASH' || wrong "Tasks that stop cannot be waited for:"
aws() {
  case "$*" in
    *describe-clusters*) echo ACTIVE ;;
    *list-tasks*STOPPED*) echo arn:task/1 ;;
    *describe-tasks*)
      echo looked >>"$scratch/looks"
      if (($(wc -l <"$scratch/looks") < 5)); then echo arn:task/1; fi
      ;;
  esac
}
stop_tasks of-a-test-worker-
BASH
  if [[ $(wc -l <"$scratch/looks") != 5 ]]; then wrong "A task that still stops is not waited for:"; fi
  told "A task that shall stop is waited for until it has stopped"
}
