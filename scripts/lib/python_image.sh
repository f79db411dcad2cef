# shellcheck shell=bash
# A stand-in for the base image of the emulator, for where none can be fetched: the Python of this machine, with the
# emulator's packages, so that `pip install` finds them there. Sourced after ministack.sh.

# make_python_image NAME FOLDER: FOLDER becomes the context.
# shellcheck disable=SC2154 # ministack.sh says where its packages are
make_python_image() {
  local name=$1 folder=$2 root=$2/root
  mkdir -p "$root/bin" "$root/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  "$ministack_venv/bin/python" scripts/lib/python_files.py >"$folder/files"
  sed -i 's,^/,,' "$folder/files"
  tar --create --dereference --directory / --files-from "$folder/files" | tar --extract --directory "$root"
  python_command python "$root/bin"
  python_command pip "$root/bin" -m pip
  python_command ministack "$root/bin" -m ministack.app
  printf 'FROM scratch\nCOPY root/ /\nENV PATH=/bin\n' >"$folder/Dockerfile"
  if ! docker build --quiet --tag "$name" "$folder" >"$folder.log" 2>&1; then
    cat "$folder.log" >&2
    return 1
  fi
}

# python_command NAME FOLDER ARGUMENT...
python_command() {
  local name=$1 folder=$2 python packages
  shift 2
  python=$("$ministack_venv/bin/python" -c 'import pathlib, sys; print(pathlib.Path(sys._base_executable).resolve())')
  packages=$("$ministack_venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '#!/bin/sh\nPYTHONPATH=%s exec %s %s "$@"\n' "$packages" "$python" "$*" >"$folder/$name"
  chmod +x "$folder/$name"
}
