# Everything that can be switched on, so that it is looked at too.
api_enabled        = true
alarm_email        = "operator@example.com"
monthly_budget_usd = 30
