# shellcheck shell=bash disable=SC2154
# What an operator of the installation does and sees. Sourced by `try`, which has set what is not set here.

say() {
  printf '%4ds  %s\n' "$SECONDS" "$1"
}

fail() {
  echo "$1" >&2
  exit 1
}

# operate SCRIPT ARGUMENT...: as an operator whose AWS is the emulator. What it says is shown if it fails.
operate() {
  local script=$1 log="$scratch/$1.log"
  shift
  if ! on_emulator "scripts/$script" "$@" >"$scratch/answer" 2>"$log"; then
    echo "scripts/$script $* fails:" >&2
    tail -n 60 "$scratch/answer" "$log" >&2
    explain
    exit 1
  fi
  cat "$scratch/answer"
}

# What is known of why.
explain() {
  {
    echo "The containers:"
    docker ps --all --format '{{.Names}}: {{.Status}}'
    echo "The orchestrators' last words:"
    on_emulator aws logs filter-log-events --log-group-name "/$name/orchestrator" --query 'events[-20:].[message]' --output text
    echo "The emulator's:"
    tail -n 10 "$scratch/emulator/log"
  } 2>&1 | cut -c 1-400 >&2 || true
}

read_outputs() {
  on_emulator terraform -chdir="$AGENT_RUNNER_TF_DIR" output -json >"$scratch/outputs.json"
}

# output NAME [KEY]: of Terraform.
output() {
  python3 scripts/lib/outputs.py "$@" <"$scratch/outputs.json"
}

# field NAME...: of the JSON on standard input.
field() {
  python3 -c 'import functools, json, sys; print(functools.reduce(lambda found, name: found[name], sys.argv[1:], json.load(sys.stdin)))' "$@"
}

inventory() {
  on_emulator "$ministack_venv/bin/python" scripts/lib/terraform/inventory.py >"$scratch/$1"
}

# ask METHOD PATH [BODY]: by ECS Exec, or over the internet if that is open.
ask() {
  if [[ -z ${AGENT_RUNNER_API_KEY:-} ]]; then
    operate exec "$@"
  else
    curl --silent --show-error --fail-with-body --request "$1" --header "Authorization: Bearer $AGENT_RUNNER_API_KEY" \
      --header 'Content-Type: application/json' ${3+--data "$3"} "$(output api_url)$2"
  fi
}

# submit BODY: prints the job's id.
submit() {
  ask POST /jobs "$1" | field job_id
}

# ends JOB: waits for its success, and prints the job.
ends() {
  local job
  job=$(ask GET "/jobs/$1?wait=25")
  if [[ $(field status <<<"$job") != SUCCEEDED ]]; then
    ask GET "/jobs/$1/explain" >&2
    explain
    fail "$1 has not succeeded: $job"
  fi
  echo "$job"
}

# message BYTES: results this large are kept in the bucket.
message() {
  head -c "$1" /dev/zero | tr '\0' x
}

# containers PROGRAM [OPTION...]: of tasks.
containers() {
  local program=$1
  shift
  docker ps --quiet --filter "label=com.amazonaws.ecs.container-name=$program" "$@"
}

# within SECONDS WHAT COMMAND...: waits until the command succeeds.
within() {
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if ((SECONDS > until)); then
      explain
      fail "$what: this has not come"
    fi
    sleep 1
  done
}

# as_task CONTAINER COMMAND...: with the keys that the container has.
as_task() {
  local path keys
  path=$(docker inspect --format '{{range .Config.Env}}{{println .}}{{end}}' "$1" | sed -n 's/^AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=//p')
  keys=$(curl --silent --fail "http://$world_keys$path")
  shift
  on_emulator env AWS_ACCESS_KEY_ID="$(field AccessKeyId <<<"$keys")" AWS_SECRET_ACCESS_KEY="$(field SecretAccessKey <<<"$keys")" \
    AWS_SESSION_TOKEN="$(field Token <<<"$keys")" "$@"
}

# may_not CONTAINER COMMAND...
may_not() {
  if as_task "$@" >"$scratch/said" 2>&1 || ! grep -q AccessDenied "$scratch/said"; then
    fail "A task was not refused this: ${*:2}"$'\n'"$(tail -n 5 "$scratch/said")"
  fi
}
