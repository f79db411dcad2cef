# shellcheck shell=bash
# The AWS command line for tests, from PyPI, so that a test does not depend on which one a machine has.
# Sourced from the root of the repository.

. scripts/lib/environment.sh
awscli_requirements=scripts/lib/awscli.txt
awscli_venv="$cache/awscli-$(cksum <"$awscli_requirements" | cut -d' ' -f1)"

install_awscli() {
  if [[ -e $awscli_venv/complete ]]; then return; fi
  echo "Installing $(grep '^awscli==' "$awscli_requirements") into $awscli_venv"
  rm -rf "$awscli_venv"
  python3 -m venv "$awscli_venv"
  # Without dependencies: the list is complete.
  "$awscli_venv/bin/pip" install --quiet --disable-pip-version-check --no-deps --requirement "$awscli_requirements"
  touch "$awscli_venv/complete"
}
