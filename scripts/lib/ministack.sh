# shellcheck shell=bash
# The stand-in for AWS that tests and judges use: ministack, from PyPI, on a free port of this machine.
# Sourced from the root of the repository. Who calls `start_ministack` calls `stop_ministack`.

. scripts/lib/environment.sh
ministack_requirements=scripts/lib/ministack.txt
ministack_venv="$cache/ministack-$(cksum <"$ministack_requirements" | cut -d' ' -f1)"
ministack=''
# Who needs another port than a free one, or another program, says so before it is started.
ministack_port=''
ministack_program=("$ministack_venv/bin/ministack")

install_ministack() {
  if [[ -e $ministack_venv/complete ]]; then return; fi
  echo "Installing $(grep '^ministack==' "$ministack_requirements") into $ministack_venv"
  rm -rf "$ministack_venv"
  python3 -m venv "$ministack_venv"
  # Without dependencies: the list is complete.
  "$ministack_venv/bin/pip" install --quiet --disable-pip-version-check --no-deps \
    --requirement "$ministack_requirements"
  touch "$ministack_venv/complete"
}

# Prints a port that was free a moment ago.
free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# start_ministack FOLDER [VARIABLE=VALUE...]: what it writes is in FOLDER.
start_ministack() {
  local folder=$1 tries=300
  shift
  ministack_port=${ministack_port:-$(free_port)}
  mkdir -p "$folder"
  # A bare environment: credentials and settings of the caller are none of its business, nor is a Docker daemon.
  # Where it is given one all the same, that one may be slow: a call that took long would be told as a failed launch.
  env -i PATH="$PATH" HOME="$folder" TMPDIR="$folder" GATEWAY_PORT="$ministack_port" BIND_HOST=127.0.0.1 \
    DOCKER_HOST=unix:///nowhere MINISTACK_DOCKER_TIMEOUT=60 LOG_LEVEL=WARNING PYTHONDONTWRITEBYTECODE=1 \
    S3_DATA_DIR="$folder/s3" STATE_DIR="$folder/state" \
    "$@" "${ministack_program[@]}" >"$folder/log" 2>&1 &
  ministack=$!
  until (exec 3<>"/dev/tcp/127.0.0.1/$ministack_port") 2>/dev/null; do
    if ((tries-- == 0)) || ! kill -0 "$ministack" 2>/dev/null; then
      echo "ministack does not listen. It said:" >&2
      cat "$folder/log" >&2
      return 1
    fi
    sleep 0.1
  done
}

# Prints the endpoint of the one that runs.
ministack_url() {
  echo "http://127.0.0.1:$ministack_port"
}

stop_ministack() {
  if [[ -n $ministack ]]; then
    kill "$ministack" 2>/dev/null || true
    wait "$ministack" 2>/dev/null || true
  fi
  ministack=
  ministack_port=
}
