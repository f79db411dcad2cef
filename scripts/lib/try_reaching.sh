# shellcheck shell=bash
# shellcheck disable=SC2154 # scripts/test-images says what the run is called, where its files are, and how containers are locked up
# Whether images find AWS, and whom they trust to be AWS. Sourced by scripts/test-images.

listener=

stop_listener() {
  if [[ -n $listener ]]; then
    kill "$listener" 2>/dev/null || true
    wait "$listener" 2>/dev/null || true
  fi
  listener=
}

# What is in the images has to ask a name server by itself: on an empty root there is nothing that would help.
try_names() {
  local image
  mkdir "$scratch/listener"
  cp "$(command -v busybox)" "$scratch/listener/busybox"
  printf 'FROM scratch\nCOPY busybox /busybox\n' >"$scratch/listener/Dockerfile"
  if ! docker build --quiet --tag "$name" "$scratch/listener" >"$scratch/build" 2>&1; then fail "$(<"$scratch/build")"; fi
  docker network create --internal "$name" >/dev/null
  for image in worker orchestrator; do
    try_names_of "$image"
    docker rm --force "$name-aws" "$name-$image" >/dev/null
  done
  echo "Worker and orchestrator find AWS by its names"
}

# call_aws IMAGE OPTION...: with all that it needs to ask something of AWS.
call_aws() {
  local image=$1
  shift
  docker run --name "$name-$image" --label "$name" "${locked_up[@]}" \
    --env AGENT_RUNNER_BACKEND=aws --env AGENT_RUNNER_NAME="$name" --env AGENT_RUNNER_BUCKET="$name-jobs" \
    --env AGENT_RUNNER_SUBNETS=subnet-00000001 --env AGENT_RUNNER_SECURITY_GROUPS=sg-00000001 \
    --env AWS_ACCESS_KEY_ID=test --env AWS_SECRET_ACCESS_KEY=test \
    --env JOB_ID=job_01ARZ3NDEKTSV4RRFFQ69G5FAV --env JOB_ATTEMPT=1 --env JOB_LEASE=00000000000000000000000000000001 \
    "$@" "$(image_name "$image"):$tag"
}

# try_names_of IMAGE: in a network whose name server knows AWS. The first that a client says is whom it wants to reach.
try_names_of() {
  local image=$1 service services=() region=eu-test-1 tries=100
  for service in dynamodb ecs s3 secretsmanager servicequotas sqs sts; do
    services+=(--network-alias "$service.$region.amazonaws.com")
  done
  docker run --detach --name "$name-aws" --label "$name" --network "$name" "${services[@]}" "$name" \
    /busybox nc -l -p 443 >/dev/null
  call_aws "$image" --detach --network "$name" --env AWS_REGION="$region" >/dev/null
  until docker logs "$name-aws" 2>&1 | grep --quiet --text "\.$region\.amazonaws\.com"; do
    if ((tries-- == 0)); then fail "The $image does not find AWS by its names."; fi
    sleep 0.1
  done
}

# make_certificates FOLDER: an authority that no image knows, and a certificate of it for localhost.
make_certificates() {
  local new=(openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2)
  mkdir "$1"
  "${new[@]}" -keyout "$1/authority.key" -out "$1/authority.pem" -subj "/CN=an authority for tests" 2>/dev/null
  "${new[@]}" -keyout "$1/key.pem" -out "$1/cert.pem" -subj /CN=localhost -CA "$1/authority.pem" -CAkey "$1/authority.key" \
    -addext subjectAltName=DNS:localhost -addext basicConstraints=critical,CA:FALSE 2>/dev/null
  chmod 644 "$1/authority.pem"
}

# Who has a certificate of an authority that the image does not name is not spoken to.
try_certificates() {
  local folder=$scratch/certificates image tries=100
  make_certificates "$folder"
  python3 scripts/lib/tls_listener.py "$folder/cert.pem" "$folder/key.pem" >>"$folder/heard" 2>"$folder/log" &
  listener=$!
  until [[ -s $folder/heard ]]; do
    if ((tries-- == 0)); then fail "Nobody listens: $(<"$folder/log")"; fi
    sleep 0.1
  done
  for image in worker orchestrator; do try_certificates_of "$image" "$folder" "https://localhost:$(head -n 1 "$folder/heard")"; done
  stop_listener
  echo "Worker and orchestrator trust whom the certificates in their image name, and nobody else"
}

# try_certificates_of IMAGE FOLDER URL
try_certificates_of() {
  local image=$1 folder=$2 tries=100 there=(--network host --env AWS_REGION=us-east-1 --env AWS_ENDPOINT_URL="$3") before
  before=$(wc -c <"$folder/heard")
  call_aws "$image" "${there[@]}" >"$folder/$image" 2>&1 || true
  docker rm --force "$name-$image" >/dev/null
  if ! grep --quiet UnknownIssuer "$folder/$image" || (($(wc -c <"$folder/heard") > before)); then
    fail "The $image speaks to a stranger: $(<"$folder/$image")"
  fi
  call_aws "$image" --detach "${there[@]}" --volume "$folder/authority.pem:/etc/ssl/certs/ca-certificates.crt:ro" >/dev/null
  until (($(wc -c <"$folder/heard") > before)); do
    if ((tries-- == 0)); then fail "The $image does not trust whom its certificates name."; fi
    sleep 0.1
  done
  docker rm --force "$name-$image" >/dev/null
}
