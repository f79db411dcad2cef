# shellcheck shell=bash
# Asking an installation's API, from within by ECS Exec or over the internet. Sourced after operate.sh, with the
# installation loaded. `via` is exec or api.
# shellcheck disable=SC2154 # `scratch` is made by operate.sh

via=''
# A command of ECS Exec is a short text, not a file.
exec_bytes_max=30000

# Over the internet where that is open, else by ECS Exec.
choose_way() {
  if [[ -n $(output api_url) ]]; then via=api; else via='exec'; fi
  need_way "$via" "$(output api_authorization)"
}

# need_way WAY AUTHORIZATION: says what is missing on that way.
need_way() {
  if [[ $1 == exec ]]; then
    need_programs session-manager-plugin
    return
  fi
  need_programs curl
  if [[ -z ${AGENT_RUNNER_API_KEY:-} ]]; then
    fail "the API is open and wants a key from everybody: set AGENT_RUNNER_API_KEY (agent-runner keys new, scripts/set-secret api-keys)"
  fi
  case $2 in
    jwt)
      if [[ -z ${AGENT_RUNNER_API_TOKEN:-} ]]; then fail "the API wants a token of its issuer as well: set AGENT_RUNNER_API_TOKEN"; fi
      ;;
    iam)
      if ! aws configure export-credentials >/dev/null 2>&1; then
        fail "the API wants your AWS credentials as well, and only version 2 of the AWS command line hands them on (aws configure export-credentials)"
      fi
      ;;
  esac
}

# call METHOD PATH [BODY]: prints the answer. Fails if it is no good one, or there is none.
call() {
  if [[ $via == api ]]; then call_by_api "$@"; else call_by_exec "$@"; fi
}

call_by_api() {
  local status tries=20
  # The gateway hears of a new orchestrator some seconds after it has started.
  while status=$(ask_api "$@") && [[ $status == 503 ]] && ((tries-- > 0)); do sleep 3; done
  if [[ -z $status || $status == 000 ]]; then return 1; fi
  cat "$scratch/answer"
  echo
  [[ $status == 2* ]]
}

# ask_api METHOD PATH [BODY]: prints the status. The answer is in a file.
ask_api() {
  local method=$1 path=$2 url
  url=$(output api_url)
  # An argument may not be large, and curl takes one that begins with @ for a file's name.
  printf '%s' "${3-}" >"$scratch/body"
  # Keys go by a pipe: arguments can be read by everybody on this machine.
  api_credentials | curl --silent --show-error --config - --request "$method" --header 'Accept: application/json' \
    --max-time 60 --output "$scratch/answer" --write-out '%{http_code}' \
    ${3+--header 'Content-Type: application/json' --data-binary "@$scratch/body"} "${url%/}$path"
}

# What the API asks for (docs/observability.md), as a configuration of curl.
api_credentials() {
  printf 'header = "x-api-key: %s"\n' "$AGENT_RUNNER_API_KEY"
  case $(output api_authorization) in
    jwt) printf 'header = "Authorization: Bearer %s"\n' "$AGENT_RUNNER_API_TOKEN" ;;
    iam)
      printf 'aws-sigv4 = "aws:amz:%s:execute-api"\n' "$AWS_REGION"
      aws configure export-credentials --format process | python3 -c 'import json, sys
own = json.load(sys.stdin)
print("user = \"{AccessKeyId}:{SecretAccessKey}\"".format(**own))
if own.get("SessionToken"): print("header = \"x-amz-security-token: {SessionToken}\"".format(**own))'
      ;;
  esac
}

call_by_exec() {
  local task words=(/agent-runner-orchestrator call --with-status)
  task=$(orchestrator_task)
  # In base64 no word has a space or a quote, however the command is taken apart on its way.
  if (($# > 2)); then words+=(--base64 "$1" "$2" "$(printf '%s' "$3" | base64 | tr -d '\n')"); else words+=("$1" "$2"); fi
  if ((${#words[-1]} > exec_bytes_max)); then
    fail "ECS Exec cannot carry a body this large: open the API for it (README, On AWS)"
  fi
  python3 scripts/lib/session.py aws ecs execute-command --cluster "$(output cluster)" --task "$task" \
    --container "$(output orchestrator_container)" --interactive --command "${words[*]}"
}

# The ARN of an orchestrator that runs. One that only shall run cannot be entered yet.
orchestrator_task() {
  local cluster task='' tasks
  cluster=$(output cluster)
  mapfile -t tasks < <(aws ecs list-tasks --cluster "$cluster" --service-name "$(output service)" --desired-status RUNNING \
    --query 'taskArns[]' --output text | tr '\t' '\n' | grep -v -e '^None$' -e '^$')
  if ((${#tasks[@]} > 0)); then
    task=$(aws ecs describe-tasks --cluster "$cluster" --tasks "${tasks[@]}" --query "tasks[?lastStatus=='RUNNING'] | [0].taskArn" --output text)
  fi
  if [[ -z $task || $task == None ]]; then
    if [[ $(parameter "$(output paused_parameter)") == true ]]; then fail "the installation is paused: scripts/resume lets it go on"; fi
    fail "no orchestrator runs: scripts/deploy starts one, scripts/logs --orchestrator says why one has stopped"
  fi
  echo "$task"
}

# field NAME: of the JSON on standard input; nothing if it has none.
field() {
  python3 -c 'import json, sys; print(json.load(sys.stdin).get(sys.argv[1]) or "")' "$1"
}

# run_job TYPE PAYLOAD: prints the id of a job that has succeeded. Says otherwise what became of it.
run_job() {
  local given id status began=$SECONDS
  given=$(python3 -c 'import json, sys; print(json.dumps({"job_type": sys.argv[1], "payload": json.load(sys.stdin)}))' "$1" <<<"$2") ||
    refuse "the payload is no JSON"
  given=$(call POST /jobs "$given") || { say "$given" >&2; fail "the job was not accepted"; }
  id=$(field job_id <<<"$given")
  say "$id is accepted" >&2
  while true; do
    given=$(call GET "/jobs/$id?wait=20") || { say "$given" >&2; fail "$id cannot be looked at"; }
    status=$(field status <<<"$given")
    case $status in
      SUCCEEDED) break ;;
      FAILED | TIMED_OUT | CANCELLED)
        call GET "/jobs/$id/explain" >&2 || true
        fail "$id is $status; see also scripts/logs $id"
        ;;
    esac
    if ((SECONDS - began > ${AGENT_RUNNER_JOB_SECONDS:-900})); then fail "$id is still $status after $((SECONDS - began)) s; see scripts/logs $id"; fi
  done
  echo "$id"
}
