# Empty containers: values are stored by scripts/set-secret, so that none is ever in a state or a plan.

resource "aws_secretsmanager_secret" "this" {
  #checkov:skip=CKV_AWS_149:encrypted with the account's own key for secrets; a customer's key costs a dollar each month
  #checkov:skip=CKV2_AWS_57:keys of model providers cannot be rotated by AWS; docs/operations.md says how an operator does it
  for_each = merge(
    {
      api-keys          = "Who may use the API: lines of `agent-runner keys new`"
      callback-secret   = "Callbacks are signed with it: whsec_ and base64"
      anthropic-api-key = "Workers ask Anthropic's models with it"
    },
    { for secret in var.secrets : secret => "Workers may read it" },
  )

  name                    = "${var.name}/${each.key}"
  description             = each.value
  recovery_window_in_days = var.secret_recovery_days
}
