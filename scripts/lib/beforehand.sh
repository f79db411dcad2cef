# shellcheck shell=bash
# What a deployment needs, judged before anything is built or made. Sourced after operate.sh, images.sh, call.sh and
# leftovers.sh, with Terraform begun and its outputs read.
# shellcheck disable=SC2154 # `scratch` is made by operate.sh

wishes=''

# read_wishes: what the variables say, of which outputs only know how it was at the last apply. Locals would not do: where a
# variable is refused, Terraform's console has none.
read_wishes() {
  local said question
  question='name = { value = var.name }, region = { value = var.region }, architectures = { value = sort(coalesce(var.architectures, [var.architecture])) }'
  question+=', api_enabled = { value = var.api_enabled }, api_authorization = { value = var.api_authorization }'
  said=$(guarded console <<<"jsonencode({ $question })") ||
    fail "the variables of $tf_dir cannot be read; what Terraform says is above"
  if grep -q '^Error: ' "$scratch/said"; then fail "a variable has a value that cannot be; what Terraform says is above"; fi
  wishes=$(tail -n 1 <<<"$said" | python3 -c 'import json, sys; print(json.load(sys.stdin))')
}

# wish NAME: as `output` does it.
wish() {
  python3 scripts/lib/outputs.py "$1" <<<"$wishes"
}

# AWS overwrites an alarm and a dashboard of a name that is taken without a word. All else is refused by it or by Terraform.
judge_names() {
  local name region taken
  if [[ -n $(tf state list 2>/dev/null) ]]; then return; fi
  name=$(wish name)
  region=$(wish region)
  region=${region:-${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region || true)}}}
  taken=$(export AWS_REGION=$region && { own_alarms "$name" && own_dashboards "$name"; } | sed '/^not looked at/d; s/^/the /' | paste -sd ',')
  if [[ -n $taken ]]; then
    fail "name: in $region there are already ${taken//,/, }, which this state did not make. Choose another name in $tf_dir/terraform.tfvars"
  fi
}

# judge_architecture BUILD TAG: whether tasks can run what is built here, or with an empty BUILD the images that were.
judge_architecture() {
  local wanted own
  wanted=$(wish architectures | paste -sd ' ')
  if [[ $wanted == *' '* ]]; then
    fail "workers are wanted for $wanted, and a machine builds for one: make images of both and deploy them with --images (docs/operations.md, \"Two architectures at once\")"
  fi
  if [[ -z $1 ]]; then
    judge_images "$wanted" "$2"
    return
  fi
  own=$(built_architecture) || exit 1
  if [[ $own != "$wanted" ]]; then
    fail "this machine builds for $own, and tasks run on $wanted: $(other_architecture "$own")"
  fi
}

# judge_images ARCHITECTURE TAG: of the images on this machine.
judge_images() {
  local program name has
  for program in orchestrator worker; do
    name="$(image_name "$program"):$2"
    if ! has=$(docker image inspect --format '{{.Architecture}}' "$name" 2>/dev/null); then
      fail "there is no image $name: leave --skip-build out, or name a tag with --image-tag"
    fi
    if [[ $has == amd64 ]]; then has=x86_64; fi
    if [[ $has != "$1" ]]; then fail "$name is built for $has, and tasks run on $1: $(other_architecture "$has")"; fi
  done
}

# other_architecture OWN: what to do where only images for OWN are there.
other_architecture() {
  echo "put architecture = \"$1\" into $tf_dir/terraform.tfvars, deploy from a machine of the other kind, or let Docker build for it (docs/operations.md, \"Images for another architecture\") and use --skip-build"
}

# judge_way SMOKE: whether the job at the end can be handed in, if there is to be one; and that an API has keys to ask for.
judge_way() {
  if [[ $(wish api_enabled) == true ]]; then
    if [[ -n $1 ]]; then need_way api "$(wish api_authorization)"; fi
    judge_keys
  elif [[ -n $1 ]]; then
    need_way 'exec' ''
  fi
}

# Orchestrators that others can reach do not start without keys.
judge_keys() {
  local secret versions=None
  secret=$(output secrets api-keys)
  if [[ -n $secret ]]; then
    # Whoever may not look finds out later.
    versions=$(aws secretsmanager describe-secret --region "$(output region)" --secret-id "$secret" --query VersionIdsToStages \
      --output text 2>/dev/null) || return 0
  fi
  if [[ -z $versions || $versions == None ]]; then
    fail "api_enabled wants keys, and none are stored: deploy without it, store them (agent-runner keys new, scripts/set-secret api-keys), and then deploy with it"
  fi
}
