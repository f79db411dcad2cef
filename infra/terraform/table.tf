# The table as crates/aws/src/table.rs describes it. Which release wrote it is marked by the first program that uses it.

locals {
  # By index: its hash key, its range key, and what kind the range key is.
  indexes = {
    wake      = { hash = "wake_shard", range = "wake_at" }
    by_tenant = { hash = "by_tenant", range = "pk" }
    by_status = { hash = "by_status", range = "pk" }
    by_type   = { hash = "by_type", range = "pk" }
  }
  number_attributes = ["wake_at"]
  key_attributes    = toset(concat(["pk", "sk"], flatten([for index in values(local.indexes) : [index.hash, index.range]])))
}

resource "aws_dynamodb_table" "this" {
  #checkov:skip=CKV_AWS_119:encrypted with DynamoDB's own key; a customer's key costs a dollar each month and for each use
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = "pk"
  range_key                   = "sk"
  deletion_protection_enabled = var.deletion_protection

  dynamic "attribute" {
    for_each = local.key_attributes
    content {
      name = attribute.value
      type = contains(local.number_attributes, attribute.value) ? "N" : "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = local.indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash
      range_key       = global_secondary_index.value.range
      projection_type = "KEYS_ONLY"
    }
  }

  point_in_time_recovery {
    enabled = true
  }

  # No program writes it yet: jobs are kept. An item that is given it goes at that time (seconds since 1970), at no cost.
  ttl {
    enabled        = true
    attribute_name = "expires_at"
  }

  depends_on = [terraform_data.unclaimed]
}
