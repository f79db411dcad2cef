# shellcheck shell=bash
# Terraform for tests: on a copy of infra/terraform, against an emulator of AWS, with the provider that is at hand.
# Sourced after ministack.sh, from the root of the repository.

. scripts/lib/environment.sh
. scripts/lib/gaps.sh
provider_version=$(sed -n 's/^ *version = "\(.*\)"$/\1/p' infra/terraform/versions.tf)

# Says what is missing, and fails, if there is no Terraform that is new enough.
check_terraform() {
  local version
  if ! command -v terraform >/dev/null; then
    echo "Terraform is not installed: get 1.10 or newer from https://developer.hashicorp.com/terraform/install"
    return 1
  fi
  version=$(TF_CLI_CONFIG_FILE='' terraform version -json | python3 -c 'import json, sys; print(json.load(sys.stdin)["terraform_version"])')
  if [[ $(printf '%s\n' 1.10.0 "$version" | sort --version-sort | head -n1) != 1.10.0 ]]; then
    echo "Terraform $version is too old: 1.10 or newer is needed, which locks a state in S3 by itself"
    return 1
  fi
}

# Prints the folder of a mirror that has the provider, if there is one on this machine.
provider_mirror() {
  local found folder
  if [[ -n ${AGENT_RUNNER_TF_MIRROR:-} ]]; then
    echo "$AGENT_RUNNER_TF_MIRROR"
    return
  fi
  for folder in "${TF_PLUGIN_CACHE_DIR:-}" "$cache/terraform-plugins" "$HOME/.terraform.d/plugins" /; do
    if [[ ! -d $folder ]]; then continue; fi
    found=$(find "$folder" -xdev -type f -path "*/hashicorp/aws/$provider_version/*" -name "terraform-provider-aws_v$provider_version*" \
      -print -quit 2>/dev/null || true)
    if [[ -n $found ]]; then
      # MIRROR/HOST/NAMESPACE/TYPE/VERSION/PLATFORM/FILE
      (cd "$(dirname "$found")/../../../../.." && pwd)
      return
    fi
  done
}

# configure_terraform FOLDER: says by a file in FOLDER where providers come from. A configuration of the caller's stays.
configure_terraform() {
  local mirror
  if [[ -n ${TF_CLI_CONFIG_FILE:-} && -e $TF_CLI_CONFIG_FILE && -z ${AGENT_RUNNER_TF_MIRROR:-} ]]; then return; fi
  mirror=$(provider_mirror)
  export TF_CLI_CONFIG_FILE="$1/terraform.rc"
  if [[ -n $mirror ]]; then
    printf 'provider_installation {\n  filesystem_mirror {\n    path = "%s"\n  }\n}\n' "$mirror" >"$TF_CLI_CONFIG_FILE"
  else
    mkdir -p "$cache/terraform-plugins"
    printf 'plugin_cache_dir = "%s"\n' "$cache/terraform-plugins" >"$TF_CLI_CONFIG_FILE"
  fi
}

# copy_terraform FOLDER: puts infra into FOLDER, which must be there, ready for an emulator. Prints where the root module is.
copy_terraform() {
  mkdir -p "$1/infra/terraform"
  cp -R infra/policies "$1/infra/"
  cp -R infra/terraform/*.tf infra/terraform/*.json infra/terraform/.terraform.lock.hcl "$1/infra/terraform/"
  if [[ -d infra/terraform/tests ]]; then cp -R infra/terraform/tests "$1/infra/terraform/"; fi
  # An operator's own backend is none of a test's business.
  rm -f "$1"/infra/terraform/*override.tf
  cp scripts/lib/terraform/emulator_override.tf "$1/infra/terraform/"
  echo "$1/infra/terraform"
}

# on_emulator COMMAND...: with an environment in which nothing else than the emulator can be meant.
on_emulator() {
  local url
  url=$(ministack_url)
  env -u AWS_PROFILE -u AWS_SESSION_TOKEN \
    AWS_ENDPOINT_URL="$url" AWS_ENDPOINT_URL_APIGATEWAYV2="${gaps_url:-$url}" AWS_ENDPOINT_URL_CLOUDWATCH="${gaps_url:-$url}" \
    AWS_REGION=us-east-1 AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_EC2_METADATA_DISABLED=true \
    AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null TF_IN_AUTOMATION=true CHECKPOINT_DISABLE=1 "$@"
}

# why_no_provider FOLDER: prints nothing if Terraform and the provider can be had, else why not. FOLDER is for files of its own.
why_no_provider() {
  local module
  if ! check_terraform; then return; fi
  configure_terraform "$1"
  module=$(copy_terraform "$1")
  if ! terraform -chdir="$module" init -input=false -no-color >"$1/init.log" 2>&1; then
    echo "the provider hashicorp/aws $provider_version is neither on this machine nor can it be fetched; AGENT_RUNNER_TF_MIRROR names a mirror" \
      "(Terraform: $(sed -n 's/^[^A-Za-z]*Error: //p' "$1/init.log" | head -n 1))"
  fi
}
