# shellcheck shell=bash
# Watching and stopping the orchestrators and workers of an installation. Sourced after operate.sh, with the installation loaded.

# Seconds that a service may take: Fargate starts in under a minute, and an old orchestrator stops in another.
service_patience=${AGENT_RUNNER_WAIT_SECONDS:-600}

# The service in words: how many shall run, how many do, how its newest deployment goes, how many deployments there are, and
# which one is the newest.
service_state() {
  aws ecs describe-services --cluster "$(output cluster)" --services "$(output service)" --output text --query \
    "services[0].[desiredCount, runningCount, deployments[?status=='PRIMARY'] | [0].rolloutState, length(deployments), deployments[?status=='PRIMARY'] | [0].id]"
}

# Waits until as many orchestrators run as shall, all of them of the deployment that is the newest now.
wait_for_service() {
  local began=$SECONDS desired running rollout deployments newest awaited=''
  if [[ -n $dry_run ]]; then return; fi
  while true; do
    read -r desired running rollout deployments newest < <(service_state) || fail "the service $(output service) cannot be looked at"
    awaited=${awaited:-$newest}
    # What ECS goes back to looks as complete as what was wanted.
    if [[ $newest != "$awaited" ]]; then
      service_failed "The deployment $awaited did not come up, or somebody has put another in its place: now it is $newest."
    fi
    if [[ $running == "$desired" && $deployments == 1 && $rollout =~ ^(COMPLETED|None)$ ]]; then break; fi
    if [[ $rollout == FAILED ]]; then service_failed "The deployment was given up by ECS, which goes back to the one before."; fi
    if ((SECONDS - began > service_patience)); then
      service_failed "After $service_patience s, $running of $desired orchestrators run."
    fi
    sleep 3
  done
  say "Orchestrators: $running run."
}

# service_failed SENTENCE: says all that is known of why.
service_failed() {
  say "$1 What ECS says of it, newest first:" >&2
  aws ecs describe-services --cluster "$(output cluster)" --services "$(output service)" \
    --query 'services[0].events[:5].message' --output text | tr '\t' '\n' >&2
  stopped_tasks >&2
  fail "look at scripts/logs --orchestrator, and at docs/operations.md, \"When a deployment fails\""
}

stopped_tasks() {
  local cluster tasks
  cluster=$(output cluster)
  read -r -a tasks < <(aws ecs list-tasks --cluster "$cluster" --service-name "$(output service)" --desired-status STOPPED \
    --max-items 5 --query 'taskArns[]' --output text | head -n 1) || true
  if ((${#tasks[@]} == 0)) || [[ ${tasks[0]} == None ]]; then return; fi
  aws ecs describe-tasks --cluster "$cluster" --tasks "${tasks[@]}" --output text \
    --query "tasks[].[join(': ', [stopCode || 'stopped', stoppedReason || 'no reason', containers[0].reason || ''])]"
}

# worker_tasks: the ARNs of the tasks that run jobs, one a line.
worker_tasks() {
  tasks_of "$(output name)-worker-"
}

# tasks_of PREFIX: the ARNs of tasks that have not stopped, whose family begins with this, one a line.
tasks_of() {
  local cluster arns wish
  cluster=$(output cluster)
  # While an installation is destroyed, its cluster may be gone already.
  if [[ $(aws ecs describe-clusters --clusters "$cluster" --query 'clusters[0].status' --output text) != ACTIVE ]]; then return; fi
  # A task that shall stop counts as STOPPED from the moment of the wish, and may write for another two minutes.
  mapfile -t arns < <(for wish in RUNNING STOPPED; do
    aws ecs list-tasks --cluster "$cluster" --desired-status "$wish" --query 'taskArns[]' --output text
  done | tr '\t' '\n' | grep -v '^None$' | sort -u)
  while ((${#arns[@]} > 0)); do
    aws ecs describe-tasks --cluster "$cluster" --tasks "${arns[@]:0:100}" --output text \
      --query "tasks[?lastStatus!='STOPPED' && contains(taskDefinitionArn, ':task-definition/$1')].[taskArn]"
    arns=("${arns[@]:100}")
  done
}

# stop_tasks PREFIX: and waits for their end: until then they write, and their network interfaces hold the subnets.
stop_tasks() {
  local task cluster tries=60
  cluster=$(output cluster)
  for task in $(tasks_of "$1"); do
    change aws ecs stop-task --cluster "$cluster" --task "$task" --reason "the installation is destroyed" >/dev/null
  done
  if [[ -n $dry_run ]]; then return; fi
  while [[ -n $(tasks_of "$1") ]]; do
    if ((tries-- == 0)); then fail "tasks do not stop: run this again in a while; it goes on from here"; fi
    sleep 5
  done
}
