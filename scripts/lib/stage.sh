# shellcheck shell=bash
# An operator's scripts on a stage: the programs that they call only say what they are told to, and write down that they were
# called. Sourced by scripts/test-scripts, which has `expect`, `wrong`, `told`, `make_bare` and a folder `scratch`.
# shellcheck disable=SC2016,SC2154 # what is said on the stage is worked out there; `scratch` is that of scripts/test-scripts

# Variables that the scripts find there.
props=()

# stage PROGRAM: as the lines on standard input have it. What it is called with is written down.
stage() {
  mkdir -p "$scratch/stage"
  {
    printf '#!/bin/bash\necho "%s $*" >>"%s"\ncd "%s"\n' "$1" "$scratch/called" "$scratch"
    cat
  } >"$scratch/stage/$1"
  chmod +x "$scratch/stage/$1"
}

# staged SCRIPT ARGUMENT...: with nothing else than what is on the stage, and what every machine has.
staged() {
  : >"$scratch/called"
  env -i PATH="$scratch/stage:$scratch/bare" HOME="$scratch" AWS_REGION=us-east-1 AGENT_RUNNER_TF_DIR=infra/terraform ${props[@]+"${props[@]}"} \
    /bin/bash "scripts/$1" "${@:2}" >"$scratch/out" 2>"$scratch/err"
}

# An installation that is not there yet, on a machine that builds for x86_64.
set_the_stage() {
  make_bare paste tail tr sort head comm
  ln -sf "$(python3 -c 'import sys; print(sys.executable)')" "$scratch/stage-python"
  stage python3 <<<"cd '$PWD'; exec '$scratch/stage-python' \"\$@\""
  stage cargo <<<'exit 1'
  stage rustc <<<'echo "host: $(cat host)"'
  stage sleep <<<':'
  stage docker <<<'if [[ $1 == image ]]; then [[ -s image ]] && cat image; else echo 28; fi'
  stage terraform <<<'case $2 in output) echo "{}" ;; console) cat wishes ;; plan) exit 1 ;; esac'
  stage aws <<<'exit 1'
  stage session-manager-plugin <<<':'
  echo x86_64-unknown-linux-gnu >"$scratch/host"
  : >"$scratch/image"
}

# wishes ARCHITECTURES [API AUTHORIZATION]: as Terraform's console says them.
wishes() {
  python3 -c 'import json, sys; wish = lambda value: {"value": json.loads(value)}; print(json.dumps(json.dumps(
    {"name": {"value": "agent-runner"}, "architectures": wish(sys.argv[1]), "api_enabled": wish(sys.argv[2]), "api_authorization": wish(sys.argv[3])})))' \
    "$1" "${2:-false}" "\"${3:-key}\"" >"$scratch/wishes"
}

# refused_at_once WORD... -- ARGUMENT...: `deploy` says these words, and has built and made nothing.
refused_at_once() {
  expect 1 "$@"
  if grep -E '^cargo|^docker (build|push)|^terraform .* (plan|apply)' "$scratch/called" >>"$scratch/err"; then
    wrong "deploy notices too late what cannot be:"
  fi
}

test_architecture() {
  wishes '["arm64"]'
  refused_at_once "builds for x86_64, and tasks run on arm64" 'architecture = "x86_64"' "Images for another architecture" -- deploy --yes
  echo arm64 >"$scratch/image"
  wishes '["x86_64"]'
  refused_at_once "agent-runner-orchestrator:deploy is built for arm64, and tasks run on x86_64" -- deploy --yes --skip-build
  : >"$scratch/image"
  refused_at_once "there is no image agent-runner-orchestrator:deploy" "--image-tag" -- deploy --yes --skip-build
  wishes '["arm64", "x86_64"]'
  refused_at_once "arm64 x86_64" "--images" "Two architectures at once" -- deploy --yes
  echo aarch64-apple-darwin >"$scratch/host"
  wishes '["arm64"]'
  refused_at_once "builds for aarch64-apple-darwin, which no container runs" "from-source.Dockerfile" -- deploy --yes
  expect 1 "which no container runs" -- build-images
  echo x86_64-unknown-linux-gnu >"$scratch/host"
  told "An architecture that cannot be built here is refused before anything is built or made"
}

test_way() {
  wishes '["x86_64"]'
  expect 1 "There is no plan" -- deploy --yes
  rm "$scratch/stage/session-manager-plugin"
  refused_at_once "this machine lacks" "session-manager-plugin" "https://" -- deploy --yes
  expect 1 "There is no plan" -- deploy --yes --no-smoke
  wishes '["x86_64"]' true jwt
  refused_at_once "this machine lacks" "curl" -- deploy --yes
  stage curl <<<':'
  refused_at_once "AGENT_RUNNER_API_KEY" -- deploy --yes
  props=(AGENT_RUNNER_API_KEY=ark_0)
  refused_at_once "AGENT_RUNNER_API_TOKEN" -- deploy --yes
  props+=(AGENT_RUNNER_API_TOKEN=of-a-test)
  refused_at_once "none are stored" "scripts/set-secret api-keys" -- deploy --yes
  stage terraform <<<'case $2 in
    output) echo "{\"secrets\": {\"value\": {\"api-keys\": \"agent-runner/api-keys\"}}}" ;;
    console) cat wishes ;;
    plan) exit 1 ;;
  esac'
  stage aws <<<'[[ "$1 $2" == "secretsmanager describe-secret" ]] && echo None'
  refused_at_once "none are stored" -- deploy --yes
  stage aws <<<'[[ "$1 $2" == "secretsmanager describe-secret" ]] && echo AWSCURRENT'
  expect 1 "There is no plan" -- deploy --yes
  props=()
  told "What the job at the end of a deployment needs is named before anything is built or made"
}

# Of these AWS would say nothing.
test_names() {
  stage aws <<<'case "$1 $2" in
    "cloudwatch describe-alarms") printf "agent-runner-queue-age\tagent-runner-2-queue-age\n" ;;
    "cloudwatch list-dashboards") echo agent-runner-us-east-1 ;;
  esac'
  wishes '["x86_64"]'
  refused_at_once "in us-east-1 there are already the alarm agent-runner-queue-age, the dashboard agent-runner-us-east-1, which" -- deploy --yes
  told "An alarm or a dashboard of somebody else is not overwritten"
}

# The register of tags can be behind by hours.
test_tags_that_are_left() {
  stage aws <<<'case "$1 $2" in
    "sts get-caller-identity") echo 000000000000 ;;
    "s3api head-bucket") exit 1 ;;
    "resourcegroupstaggingapi get-resources") echo arn:aws:sns:us-east-1:000000000000:agent-runner-alarms ;;
    "dynamodb list-tables") [[ ! -s tables ]] || cat tables ;;
  esac'
  expect 0 "By its names nothing is left" "tagged arn:aws:sns:us-east-1:000000000000:agent-runner-alarms" -- destroy --leftovers agent-runner
  if [[ $(grep -c '^sleep' "$scratch/called") != 12 ]]; then wrong "The register of tags is not given time:"; fi
  echo agent-runner >"$scratch/tables"
  expect 1 "there is still something" "table agent-runner" "delete by hand" -- destroy --leftovers agent-runner
  told "Tags of what is gone are a warning; what is still there is not"
}
