# shellcheck shell=bash
# A Docker daemon for tests: the one that runs already, or one of their own that is gone afterwards.
# Sourced from the root of the repository. Who calls `start_docker` calls `stop_docker`.

docker_pid=''
docker_folder=''

# Whether a daemon answers, by the client's own settings.
docker_answers() {
  docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

# start_docker FOLDER: sets DOCKER_HOST. A daemon that it starts keeps everything in FOLDER, and needs root.
start_docker() {
  if docker_answers; then
    DOCKER_HOST=${DOCKER_HOST:-unix:///var/run/docker.sock}
    export DOCKER_HOST
  else
    start_own_docker "$1"
  fi
}

# start_own_docker FOLDER [OPTION...]: whether another answers or not. The options are dockerd's.
start_own_docker() {
  local tries=300
  docker_folder=$1
  shift
  mkdir -p "$docker_folder"
  export DOCKER_HOST="unix://$docker_folder/docker.sock"
  dockerd --data-root "$docker_folder/data" --exec-root "$docker_folder/exec" \
    --pidfile "$docker_folder/pid" --host "$DOCKER_HOST" "$@" >"$docker_folder/log" 2>&1 &
  docker_pid=$!
  until docker_answers; do
    if ((tries-- == 0)) || ! kill -0 "$docker_pid" 2>/dev/null; then
      echo "dockerd does not answer. It said:" >&2
      tail -n 40 "$docker_folder/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Ends the daemon that was started here, with all that runs in it.
stop_docker() {
  if [[ -n $docker_pid ]]; then
    docker ps --quiet | xargs --no-run-if-empty docker kill >/dev/null 2>&1 || true
    kill "$docker_pid" 2>/dev/null || true
    wait "$docker_pid" 2>/dev/null || true
    unmount_below "$docker_folder"
    rm -rf "$docker_folder"
  fi
  docker_pid=''
}

# A daemon does not always take away what it has mounted.
unmount_below() {
  awk -v folder="$1/" 'index($2, folder) == 1 { print $2 }' /proc/mounts | sort --reverse |
    xargs --no-run-if-empty umount --lazy 2>/dev/null || true
}
