# shellcheck shell=sh
# What the stand-in for a worker does, by the number of its attempt.

complain() {
  echo "$1" >&2
  exit 1
}

# 1 to 4 are the behaviours of the conformance suite.
case $JOB_ATTEMPT in
  1) exit 0 ;;
  2) exit 3 ;;
  3)
    trap 'exit 0' TERM
    while :; do sleep 0.02; done
    ;;
  4)
    trap '' TERM
    while :; do sleep 0.02; done
    ;;
  # What a worker must not be able to do.
  10)
    [ "$(id -u)" != 0 ] || complain "it is root"
    ! touch /anything 2>/dev/null || complain "it can write to its image"
    ! touch /run/agent-runner/anything 2>/dev/null || complain "it can write beside the socket"
    grep -q '^CapEff:.0*$' /proc/self/status || complain "it has capabilities"
    grep -q '^NoNewPrivs:.1$' /proc/self/status || complain "it could get privileges"
    [ "$(ls /sys/class/net)" = lo ] || complain "it has a network"
    ;;
  # What it must be able to do.
  11)
    printf '#!/bin/sh\necho made' >/tmp/program || complain "it cannot write"
    chmod +x /tmp/program
    [ "$(/tmp/program)" = made ] || complain "it cannot run what it has written"
    [ "$GREETING" = hello ] || complain "it does not see what it was given"
    [ "$AGENT_RUNNER_LINK" = unix:/run/agent-runner/link.sock ] || complain "its link is $AGENT_RUNNER_LINK"
    [ "${#JOB_LEASE}" = 32 ] || complain "it has no lease"
    [ -n "$JOB_ID" ] || complain "it has no order"
    ;;
  # More memory than it may have.
  12) exec dd if=/dev/zero of=/dev/null bs=300M count=1 ;;
  # More processes than it may have.
  13)
    n=0
    while [ "$n" -lt 100 ]; do
      sleep 60 &
      n=$((n + 1))
    done
    ;;
esac
