# shellcheck shell=bash
# A world of its own for an installation as a whole: a network that nobody else is in and that leads nowhere, a Docker
# daemon, and the emulator of AWS, which starts tasks on it. When whoever has entered it ends, everything in it ends.
# Sourced after docker.sh and ministack.sh, from the root of the repository.

# Where containers find the emulator, and tasks on Fargate the keys of their roles.
world_gateway=10.213.0.1
world_keys=169.254.170.2
world_registry=000000000000.dkr.ecr.us-east-1.amazonaws.com
world=
world_walls=(--net --mount --pid --fork --mount-proc --kill-child)

# why_no_world: prints nothing if one can be made here, else why not.
why_no_world() {
  local program
  if [[ $(uname) != Linux ]]; then
    echo "only Linux has networks of one's own"
    return
  fi
  for program in unshare ip iptables dockerd docker; do
    if ! command -v "$program" >/dev/null; then
      echo "$program is not installed (on Debian: apt-get install docker.io iptables iproute2 util-linux)"
      return
    fi
  done
  if ! unshare "${world_walls[@]}" true 2>/dev/null; then echo "a network of one's own needs root"; fi
}

# enter_world COMMAND...: runs it in a world that is empty yet. Who calls it calls `leave_world`.
enter_world() {
  # Not in the foreground, where a signal would wait for its end.
  unshare "${world_walls[@]}" "$@" &
  world=$!
  wait "$world"
}

# Ends all that is left in it.
leave_world() {
  if [[ -n $world ]]; then kill -KILL "$world" 2>/dev/null || true; fi
  world=
}

# furnish_world FOLDER: everything that it keeps is there. Who calls it calls `clear_world`.
furnish_world() {
  mount --make-rprivate /
  ip link set lo up
  ip address add "$world_keys/32" dev lo
  name_registry "$1"
  # Who reaches out would find nobody, after waiting for a proxy.
  unset HTTP_PROXY HTTPS_PROXY http_proxy https_proxy
  start_own_docker "$1/docker" --bip "$world_gateway/24" --insecure-registry "$world_registry"
  start_world_emulator "$1/emulator"
}

# Images are pushed to a name that belongs to AWS; here it is that of the emulator.
name_registry() {
  cp /etc/hosts "$1/hosts"
  echo "127.0.0.1 $world_registry" >>"$1/hosts"
  mount --bind "$1/hosts" /etc/hosts
}

start_world_emulator() {
  # Keys are looked for at port 80, and nowhere else.
  # shellcheck disable=SC2034 # ministack.sh reads both
  ministack_port=80 ministack_program=("$ministack_venv/bin/python" scripts/lib/deployment/emulator)
  start_ministack "$1" BIND_HOST=0.0.0.0 AUTH=true DOCKER_HOST="$DOCKER_HOST" MINISTACK_DOCKER_TIMEOUT=180
}

clear_world() {
  stop_ministack
  stop_docker
}
