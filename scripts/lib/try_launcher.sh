# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/test-images says what the run is called, and where its files are
# Whether a server on this machine runs jobs in containers of the worker's image. Sourced by scripts/test-images.

server=

stop_server() {
  if [[ -n $server ]]; then
    kill -9 "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
  fi
  server=
}

# stop_server leaves its containers, as it should.
remove_containers() {
  containers | xargs --no-run-if-empty docker rm --force >/dev/null 2>&1 || true
}

# start_server PORT: the orchestrator's program outside of its image, as the launcher for Docker wants it.
start_server() {
  local tries=300
  env -i PATH="$PATH" DOCKER_HOST="${DOCKER_HOST:-unix:///var/run/docker.sock}" "$scratch/server" --data "$scratch/data" \
    --listen "127.0.0.1:$1" --launcher docker --worker-image "agent-runner-worker:$tag" --worker-network none >>"$scratch/server.log" 2>&1 &
  server=$!
  until curl --silent --fail "http://127.0.0.1:$1/healthz" >/dev/null; do
    if ((tries-- == 0)); then fail "The server does not answer: $(<"$scratch/server.log")"; fi
    sleep 0.1
  done
}

# Prints this server's containers.
containers() {
  docker ps --all --quiet --filter "label=agent-runner.installation=$scratch/data" "$@"
}

# submit_slow PORT: prints the id of a job that takes a while in a small container.
submit_slow() {
  curl --silent "http://127.0.0.1:$1/jobs" --header 'content-type: application/json' --data '{
    "job_type": "echo", "payload": {"message": "hello", "delay_ms": 8000}, "resources": {"cpu": 0.25, "memory_mb": 512}}' | field job_id
}

try_launcher() {
  local port id job status limits tries=100
  port=$(free_port)
  id=$(docker create "agent-runner-orchestrator:$tag")
  docker cp --quiet "$id:/agent-runner-orchestrator" "$scratch/server"
  docker rm "$id" >/dev/null
  start_server "$port"
  run_job "$port" >/dev/null
  job=$(submit_slow "$port")
  until [[ -n $(containers --filter "label=agent-runner.job=$job") ]]; do
    if ((tries-- == 0)); then fail "$job gets no container: $(<"$scratch/server.log")"; fi
    sleep 0.1
  done
  limits=$(docker inspect --format '{{.HostConfig.NanoCpus}} {{.HostConfig.Memory}}' "$(containers --filter "label=agent-runner.job=$job")")
  if [[ $limits != "250000000 536870912" ]]; then fail "$job asked for a quarter of a processor and 512 MiB, and got $limits."; fi
  stop_server
  start_server "$port"
  status=$(curl --silent "http://127.0.0.1:$port/jobs/$job?wait=25")
  if [[ $(field status <<<"$status") != SUCCEEDED || $(field attempt <<<"$status") != 1 ]]; then
    fail "$job did not survive its server: $status"
  fi
  tries=100
  until [[ -z $(containers) ]]; do
    if ((tries-- == 0)); then fail "Containers outlive their jobs."; fi
    sleep 0.1
  done
  stop_server
  echo "A server runs jobs in containers, with what they ask for, and goes on with them after it was killed"
}
