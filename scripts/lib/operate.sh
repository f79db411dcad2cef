# shellcheck shell=bash
# What the scripts share that operate an installation on AWS. Sourced from the root of the repository.
#
# All that they know of the installation are the outputs of Terraform; all that they do is done by Terraform and the
# AWS CLI, so that whoever reads a script can do each step by hand.

tf_dir="${AGENT_RUNNER_TF_DIR:-infra/terraform}"
dry_run=''
outputs=''

# Exit code 2: the command was not understood, and nothing was done.
refuse() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 2
}

# Exit code 1: it could not be done.
fail() {
  printf '%s: %s\n' "${0##*/}" "$1" >&2
  exit 1
}

say() {
  printf '%s\n' "$1"
}

if ((BASH_VERSINFO[0] < 5)); then fail "bash 5 or newer is wanted, and this is $BASH_VERSION; on macOS: brew install bash"; fi

# option_value OPTION REST...: the value of an option, which has to be there.
option_value() {
  if (($# < 2)) || [[ $2 == --* ]]; then refuse "$1 needs a value; see --help"; fi
  printf '%s' "$2"
}

where_to_get() {
  case $1 in
    terraform) echo "Terraform 1.10 or newer, from https://developer.hashicorp.com/terraform/install" ;;
    aws) echo "the AWS command line, from https://aws.amazon.com/cli (or: pipx install awscli)" ;;
    docker) echo "Docker, from https://docs.docker.com/engine/install" ;;
    python3) echo "Python 3.10 or newer; on Debian: apt-get install python3" ;;
    cargo) echo "Rust, from https://rustup.rs" ;;
    curl) echo "curl; on Debian: apt-get install curl" ;;
    session-manager-plugin)
      echo "the Session Manager plugin, from https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html"
      ;;
    *) echo "$1" ;;
  esac
}

# need_programs PROGRAM...: names all that are missing at once, and where they come from.
need_programs() {
  local program missing=''
  for program in "$@"; do
    if ! command -v "$program" >/dev/null; then missing+=$'\n  - '"$program: $(where_to_get "$program")"; fi
  done
  if [[ -n $missing ]]; then fail "this machine lacks:$missing"; fi
}

# Where a dry run is shown, whatever becomes of what a command would print.
exec 3>&1

# change COMMAND...: runs what changes something, or with --dry-run only shows it.
change() {
  if [[ -n $dry_run ]]; then
    {
      printf 'would run:'
      printf ' %q' "$@"
      printf '\n'
    } >&3
  else
    "$@"
  fi
}

tf() {
  terraform -chdir="$tf_dir" "$@"
}

# Prepares the folder of Terraform. Safe to repeat; what is there already is not fetched again.
init_terraform() {
  local said
  if [[ ! -f $tf_dir/versions.tf ]]; then
    fail "$tf_dir has no Terraform of agent-runner: name the folder with AGENT_RUNNER_TF_DIR, or leave that variable out"
  fi
  if ! said=$(tf init -input=false -no-color 2>&1); then
    printf '%s\n' "$said" >&2
    fail "Terraform cannot begin. Without a network it needs a mirror of its providers (TF_CLI_CONFIG_FILE, TF_PLUGIN_CACHE_DIR)."
  fi
}

read_outputs() {
  outputs=$(tf output -json -no-color) || fail "the state of $tf_dir cannot be read; what Terraform says is above"
}

# Reads the outputs of an installation that is there.
load_installation() {
  # Where Terraform was begun before, this is enough.
  if ! outputs=$(tf output -json -no-color 2>/dev/null); then
    init_terraform
    read_outputs
  fi
  use_installation
}

# Lets the AWS CLI look where the installation is whose outputs were read.
use_installation() {
  if [[ -z $(output name) ]]; then
    fail "no installation is known in $tf_dir: scripts/deploy makes one. If it was made elsewhere, share its state (scripts/bootstrap) or name its folder with AGENT_RUNNER_TF_DIR."
  fi
  AWS_REGION=$(output region)
  export AWS_REGION AWS_DEFAULT_REGION=$AWS_REGION AWS_PAGER=''
  same_account
}

# output NAME [KEY]: a value as text, a list with a line for each element, nothing if there is none.
output() {
  python3 scripts/lib/outputs.py "$@" <<<"$outputs"
}

# Credentials of another account would find nothing, or another installation of the same name.
same_account() {
  local own expected
  expected=$(output account_id)
  if ! own=$(aws sts get-caller-identity --query Account --output text); then
    fail "AWS does not know you: sign in (aws configure, aws sso login) or set AWS_PROFILE"
  fi
  if [[ $own != "$expected" ]]; then
    fail "the installation is in account $expected, and your credentials are of account $own: choose others with AWS_PROFILE"
  fi
}

# asked QUESTION: whether the answer is yes. Without a terminal nobody is asked, and it is no.
asked() {
  local answer=''
  if [[ ! -t 0 ]]; then
    say "$1 Nobody can be asked here: say --yes if you are sure." >&2
    return 1
  fi
  read -r -p "$1 [y/N] " answer
  [[ $answer == y || $answer == yes ]]
}

# A function that takes back what was only set for a plan, until that plan is applied; `at_end` calls it.
take_back=''

# apply_plan YES TERRAFORM-OPTION...: shows what changes and does it. With an empty YES it asks before.
# Fails if nothing was changed because there is no plan or the answer was no.
apply_plan() {
  local yes=$1 plan="$scratch/plan" code=0
  shift
  if [[ -n $dry_run ]]; then
    change terraform "-chdir=$tf_dir" apply "$@"
    take_back=''
    return
  fi
  init_terraform
  # The outputs are for scripts, here and below.
  guarded plan -input=false -detailed-exitcode "-out=$plan" "$@" | sed '/^Changes to Outputs:$/,$d' || code=$?
  if ((code == 0)); then
    take_back=''
    say "Terraform has nothing to change."
    return
  elif ((code != 2)); then
    say "There is no plan; what Terraform says is above. Nothing was changed." >&2
    return 1
  elif [[ -z $yes ]] && ! asked "Do this?"; then
    say "Nothing was changed." >&2
    return 1
  fi
  take_back=''
  guarded apply -input=false "$plan" | sed '/^Outputs:$/,$d' || fail "Terraform has stopped in the middle. Its state knows what it made: mend what it names above, and run this again; it goes on from there (docs/operations.md, \"A half-finished apply\")."
}

# guarded TERRAFORM-ARGUMENT...: says what a lock of somebody else means.
guarded() {
  local code=0
  tf "$1" -no-color "${@:2}" 2>"$scratch/said" || code=$?
  cat "$scratch/said" >&2
  if grep -q 'Error acquiring the state lock' "$scratch/said"; then
    say "Somebody else is changing this installation: wait until they are done. Where nobody is (a machine went away in the middle), see ID and Who above, then: terraform -chdir=$tf_dir force-unlock ID" >&2
  fi
  return "$code"
}

# parameter NAME: the value of a parameter in SSM.
parameter() {
  aws ssm get-parameter --name "$1" --query Parameter.Value --output text
}

# set_parameter NAME VALUE
set_parameter() {
  change aws ssm put-parameter --name "$1" --value "$2" --overwrite >/dev/null
}

# switch PARAMETER VALUE YES: sets what an apply heeds, and applies it; sets it back if that is not wanted.
switch() {
  switched=$1 switched_from=$(parameter "$1")
  if [[ $switched_from != "$2" ]]; then
    take_back=switch_back
    set_parameter "$1" "$2"
  fi
  apply_plan "$3" || exit 1
}

switch_back() {
  set_parameter "$switched" "$switched_from"
}

# scratch_folder: a folder that is gone afterwards.
scratch_folder() {
  scratch=$(mktemp -d)
  trap at_end EXIT
}

# However a script ends, also by Ctrl-C where it asks.
at_end() {
  local undo=$take_back
  take_back=''
  if [[ -n $undo ]]; then
    # A second Ctrl-C would stop it in the middle.
    trap '' INT
    "$undo" || say "What was only meant for a plan could not be taken back; see what AWS says above." >&2
  fi
  rm -rf "$scratch"
}
