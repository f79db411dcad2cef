# shellcheck shell=bash
# Finds out what a machine lacks. On Debian and its kin, with the rights, it installs that;
# elsewhere it says what to get and how.

missing_packages=()
missing_hints=()

# need PROBE PACKAGE ELSEWHERE: if the command line PROBE fails, the Debian PACKAGE is wanted,
# or on other systems what ELSEWHERE says. An empty PACKAGE means that Debian has none that is
# good enough.
need() {
  local probe=$1 package=$2 elsewhere=$3
  if eval "$probe" >/dev/null 2>&1; then return; fi
  if [[ -n $package ]]; then missing_packages+=("$package"); fi
  missing_hints+=("$elsewhere${package:+; on Debian: apt-get install $package}")
}

# The words that run a command as root; fails where we may not.
as_root() {
  if ((EUID == 0)); then return; fi
  sudo -n true 2>/dev/null && echo "sudo -n"
}

install_missing() {
  local root
  if ((${#missing_hints[@]} == 0)); then return; fi
  if ((${#missing_packages[@]} < ${#missing_hints[@]})) ||
    ! command -v apt-get >/dev/null || ! root=$(as_root); then
    echo "This machine lacks:" >&2
    printf '  - %s\n' "${missing_hints[@]}" >&2
    return 1
  fi
  echo "Installing: ${missing_packages[*]}"
  # shellcheck disable=SC2086 # an empty $root must vanish, `sudo -n` must split
  $root apt-get update -qq &&
    $root env DEBIAN_FRONTEND=noninteractive \
      apt-get install -y -qq --no-install-recommends "${missing_packages[@]}"
}
