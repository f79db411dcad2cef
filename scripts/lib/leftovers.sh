# shellcheck shell=bash
# Looking whether an installation has left anything behind. Sourced after operate.sh.

# lines COMMAND...: what an AWS command prints as text, a line for each word. A look that fails is told as one.
lines() {
  local said
  if ! said=$("$@" --output text 2>&1); then
    echo "not looked at ($2 $3): $(grep -v '^$' <<<"$said" | tail -n 1)"
    return
  fi
  tr '\t' '\n' <<<"$said" | { grep -v -e '^None$' -e '^$' || true; }
}

# called KIND: what is found, with the word for what it is.
called() {
  sed "/^not looked at/!s/^/$1 /"
}

# own_alarms NAME: those that have the names of an installation's. Another's name may begin like this one's.
own_alarms() {
  lines aws cloudwatch describe-alarms --alarm-name-prefix "$1-" --query 'MetricAlarms[].AlarmName' |
    { grep -E "^$1-(queue-age|dead-letters|failed-jobs|launch-failures|model-spend|orchestrators)$|^not looked at" || true; } | called alarm
}

own_dashboards() {
  lines aws cloudwatch list-dashboards --dashboard-name-prefix "$1-$AWS_REGION" --query 'DashboardEntries[].DashboardName' |
    { grep -E "^$1-$AWS_REGION$|^not looked at" || true; } | called dashboard
}

# leftovers NAME BUCKET ACCOUNT: what bears the installation's name, one a line.
leftovers() {
  local name=$1 bucket=$2 account=$3 group
  lines aws dynamodb list-tables --query "TableNames[?@=='$name']" | called table
  # Version 1 of the AWS command line overlooks the variable here.
  lines aws sqs list-queues --queue-name-prefix "$name-" --query 'QueueUrls[]' ${AWS_ENDPOINT_URL:+--endpoint-url "$AWS_ENDPOINT_URL"} |
    { grep -E "/$name-(high|normal|low|task-events|dead-letters)$|^not looked at" || true; } | called queue
  if aws s3api head-bucket --bucket "$bucket" >/dev/null 2>&1; then echo "bucket $bucket"; fi
  lines aws ecr describe-repositories --query "repositories[?starts_with(repositoryName, '$name/')].repositoryName" | called repository
  lines aws ecs describe-clusters --clusters "$name" --query "clusters[?status=='ACTIVE'].clusterName" | called cluster
  lines aws secretsmanager list-secrets --query "SecretList[?starts_with(Name, '$name/')].Name" | called secret
  lines aws ssm describe-parameters --query "Parameters[?starts_with(Name, '/$name/')].Name" | called parameter
  for group in "/$name/" "/aws/ecs/containerinsights/$name/"; do
    lines aws logs describe-log-groups --log-group-name-prefix "$group" --query 'logGroups[].logGroupName' | called 'log group'
  done
  lines aws iam list-roles --query "Roles[?starts_with(RoleName, '$name-$AWS_REGION-')].RoleName" | called role
  lines aws events list-rules --name-prefix "$name-task-events-" --query 'Rules[].Name' | called rule
  lines aws ec2 describe-vpcs --filters "Name=tag:agent-runner,Values=$name" --query 'Vpcs[].VpcId' | called network
  own_alarms "$name"
  own_dashboards "$name"
  lines aws sns list-topics --query "Topics[?ends_with(TopicArn, ':$name-alarms')].TopicArn" | called topic
  # Of these there may be several of one name.
  lines aws apigatewayv2 get-apis --query "Items[?Tags.\"agent-runner\"=='$name'].ApiId" | called api
  lines aws apigatewayv2 get-vpc-links --query "Items[?Tags.\"agent-runner\"=='$name'].VpcLinkId" | called 'VPC link'
  lines aws servicediscovery list-namespaces --query "Namespaces[?Description=='Parts of the installation $name'].Id" | called namespace
  lines aws budgets describe-budgets --account-id "$account" --query "Budgets[?BudgetName=='$name-$AWS_REGION'].BudgetName" | called budget
  lines aws resourcegroupstaggingapi get-resources --tag-filters "Key=agent-runner,Values=$name" \
    --query 'ResourceTagMappingList[].ResourceARN' | still_there | called tagged
}

# What AWS remembers for a while or for ever: task definitions, and tasks and services of a cluster that is looked at itself.
still_there() {
  grep -v -E ':(task-definition|task|container-instance|service)/' || true
}

# look_for_leftovers NAME BUCKET ACCOUNT: fails and says what is left, if anything is.
look_for_leftovers() {
  local left tries=12
  left=$(leftovers "$@")
  # The register of tags is behind by some minutes, and now and then by hours.
  while [[ -n $left ]] && ! grep -q -v '^tagged ' <<<"$left" && ((tries-- > 0)); do
    sleep 10
    left=$(leftovers "$@")
  done
  if [[ -z $left ]]; then
    say "Nothing is left of $1 in $AWS_REGION."
    return
  fi
  if ! grep -q -v '^tagged ' <<<"$left"; then
    say "By its names nothing is left of $1 in $AWS_REGION. The register of tags still lists what follows; it can outlive what bore the tags by hours. Look again later with scripts/destroy --leftovers $1:"$'\n'"$left" >&2
    return
  fi
  fail "there is still something in $AWS_REGION that is called as a part of $1 or bears its tag. Look again later with scripts/destroy --leftovers $1 (tags can outlive what bore them), and delete by hand what stays:"$'\n'"$left"
}
