# shellcheck shell=bash
# Stand-ins for images of Python, for where none can be fetched: the Python of this machine, with packages of one of its
# environments. Sourced after ministack.sh, from the root of the repository.

# make_emulator_base NAME FOLDER: the base image of the emulator, with its packages, so that `pip install` finds them there.
# FOLDER becomes the context.
# shellcheck disable=SC2154 # ministack.sh says where its packages are
make_emulator_base() {
  local name=$1 folder=$2
  copy_python "$ministack_venv" "$folder/root"
  python_command "$ministack_venv" pip "$folder/root/bin" -m pip
  python_command "$ministack_venv" ministack "$folder/root/bin" -m ministack.app
  printf '%s\n' 'FROM scratch' 'COPY root/ /' 'ENV PATH=/bin' >"$folder/Dockerfile"
  build_python_image "$name" "$folder"
}

# make_interpreter NAME FOLDER VENV: an image whose program is `python`, compiled as `pip install` leaves it. FOLDER becomes
# the context.
make_interpreter() {
  local name=$1 folder=$2 venv=$3
  copy_python "$venv" "$folder/root"
  printf '%s\n' 'FROM scratch' 'COPY root/ /' 'ENV PATH=/bin' \
    'RUN ["python", "-c", "import compileall; compileall.compile_path(maxlevels=20, quiet=2)"]' \
    'ENTRYPOINT ["python"]' >"$folder/Dockerfile"
  build_python_image "$name" "$folder"
}

# build_python_image NAME FOLDER
build_python_image() {
  if ! docker build --quiet --tag "$1" "$2" >"$2.log" 2>&1; then
    cat "$2.log" >&2
    return 1
  fi
}

# copy_python VENV ROOT: with a shell to start it with.
copy_python() {
  local venv=$1 root=$2
  mkdir -p "$root/bin" "$root/tmp"
  cp "$(command -v busybox)" "$root/bin/busybox"
  ln -s busybox "$root/bin/sh"
  "$venv/bin/python" scripts/lib/python_files.py >"$root.files"
  sed -i 's,^/,,' "$root.files"
  tar --create --dereference --directory / --files-from "$root.files" | tar --extract --directory "$root"
  python_command "$venv" python "$root/bin"
}

# python_command VENV NAME FOLDER ARGUMENT...
python_command() {
  local venv=$1 name=$2 folder=$3 python packages
  shift 3
  python=$("$venv/bin/python" -c 'import pathlib, sys; print(pathlib.Path(sys._base_executable).resolve())')
  packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  printf '#!/bin/sh\nPYTHONPATH=%s exec %s %s "$@"\n' "$packages" "$python" "$*" >"$folder/$name"
  chmod +x "$folder/$name"
}
