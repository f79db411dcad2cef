# shellcheck shell=bash
# How images are built from this machine's own builds. Sourced after environment.sh, from the root of the repository.

# What an image is called without its tag.
image_name() {
  case $1 in
    embedded) echo agent-runner ;;
    *) echo "agent-runner-$1" ;;
  esac
}

# What an image may weigh as it is pulled, in MB; nothing where nobody minds.
image_limit() {
  case $1 in
    worker) echo 15 ;;
    orchestrator) echo 25 ;;
  esac
}

host_target() {
  rustc -vV | sed -n 's/^host: //p'
}

# The processors that builds of this machine are for, as Fargate calls them. Fails where they are not for Linux.
built_architecture() {
  local target
  target=$(host_target)
  case $target in
    x86_64-*-linux-*) echo x86_64 ;;
    aarch64-*-linux-*) echo arm64 ;;
    *)
      echo "This machine builds for $target, which no container runs: let Docker build instead (docker/from-source.Dockerfile)." >&2
      return 1
      ;;
  esac
}

# Whether what is built here runs on an empty root, and finds hosts by their names there: up to 2.33, glibc needed
# libraries for that.
check_system() {
  local glibc
  if [[ $(uname -s) != Linux ]]; then
    echo "The images hold programs for Linux, which this machine does not build: use docker/from-source.Dockerfile." >&2
    return 1
  fi
  glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
  glibc=${glibc#glibc }
  if [[ -n $glibc && $(printf '%s\n' 2.34 "$glibc" | sort --version-sort | head -n1) != 2.34 ]]; then
    echo "glibc $glibc is too old: statically linked, it finds no host by its name. Build on a system with 2.34 or newer" \
      "(Debian 12, Ubuntu 22.04), or use docker/from-source.Dockerfile." >&2
    return 1
  fi
}

# build_programs PROFILE: both programs.
build_programs() {
  check_system
  if [[ $1 == quick* ]]; then
    build_quick_program "$1" agent-runner-worker --features aws
    build_quick_program "$1" agent-runner-orchestrator
    return
  fi
  # For a target of its own, so that build scripts and macros are not linked statically.
  RUSTFLAGS="${RUSTFLAGS:-} -C target-feature=+crt-static" cargo build --locked --profile "$1" --target "$(host_target)" \
    -p agent-runner-worker --features agent-runner-worker/aws -p agent-runner-orchestrator
}

# build_quick_program quick|quick-release NAME OPTION...: only the last step is linked statically, so what other builds for
# this machine have made is used again.
build_quick_program() {
  local name=$2 folder profile=dev
  folder=$(programs_folder "$1")
  if [[ $1 == quick-release ]]; then profile=release; fi
  shift 2
  cargo rustc --locked --profile "$profile" --package "$name" --bin "$name" "$@" -- -C target-feature=+crt-static
  mkdir -p "$folder"
  strip --output-file "$folder/$name" "$folder/../$name"
}

# Where the programs of a profile lie.
programs_folder() {
  case $1 in
    quick) echo "$CARGO_TARGET_DIR/debug/static" ;;
    quick-release) echo "$CARGO_TARGET_DIR/release/static" ;;
    dev) echo "$CARGO_TARGET_DIR/$(host_target)/debug" ;;
    *) echo "$CARGO_TARGET_DIR/$(host_target)/$1" ;;
  esac
}

certificates() {
  local file
  for file in "${CA_CERTIFICATES:-}" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
    if [[ -n $file && -r $file ]]; then
      echo "$file"
      return
    fi
  done
  echo "There are no certificates on this machine: install ca-certificates, or name a file with CA_CERTIFICATES." >&2
  return 1
}

# build_image IMAGE TAG PROFILE FOLDER: FOLDER becomes the context.
build_image() {
  local image=$1 tag=$2 programs folder=$4 version ca
  programs=$(programs_folder "$3")
  ca=$(certificates)
  version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n1)
  mkdir -p "$folder/root/tmp" "$folder/root/etc/ssl/certs" "$folder/data"
  chmod 1777 "$folder/root/tmp"
  cp "$ca" "$folder/root/etc/ssl/certs/ca-certificates.crt"
  if [[ $image != orchestrator ]]; then cp "$programs/agent-runner-worker" "$folder"; fi
  if [[ $image != worker ]]; then cp "$programs/agent-runner-orchestrator" "$folder"; fi
  if ! docker build --file "docker/$image.Dockerfile" --build-arg "VERSION=$version" \
    --tag "$(image_name "$image"):$tag" "$folder" >"$folder.log" 2>&1; then
    cat "$folder.log" >&2
    return 1
  fi
}

# judge_size IMAGE TAG PROFILE: layers are compressed by gzip where images are pulled from.
judge_size() {
  local name bytes limit
  name="$(image_name "$1"):$2"
  if [[ $3 == quick* ]]; then
    echo "$name is for tests"
    return
  fi
  bytes=$(docker save "$name" | gzip | wc -c)
  limit=$(image_limit "$1")
  printf '%-36s %5d.%d MB compressed\n' "$name" $((bytes / 1000000)) $((bytes / 100000 % 10))
  if [[ $3 == dist && -n $limit ]] && ((bytes > limit * 1000000)); then
    echo "$name is larger than the $limit MB that it may be: what has made it grow?" >&2
    return 1
  fi
}

# tag_of_content IMAGE: a tag that follows from what is in an image, so that the same image is pushed once.
tag_of_content() {
  local id
  id=$(docker image inspect --format '{{.Id}}' "$1")
  id=${id#sha256:}
  echo "${id:0:16}"
}

# push_image IMAGE REPOSITORY: prints what it is called from then on, by digest.
push_image() {
  local remote
  remote="$2:$(tag_of_content "$1")"
  docker tag "$1" "$remote"
  docker push --quiet "$remote" >/dev/null
  docker image inspect --format '{{range .RepoDigests}}{{println .}}{{end}}' "$remote" | grep --max-count=1 "^$2@"
}
