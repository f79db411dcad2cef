# The way in over the internet. Without it nothing can reach an orchestrator but ECS Exec.

variable "api_enabled" {
  description = "Whether orchestrators can be reached over the internet, by an HTTP API of API Gateway. They ask for API keys then, those of the secret NAME/api-keys, which has to be stored before."
  type        = bool
  default     = false
  nullable    = false
}

variable "api_authorization" {
  description = "What API Gateway asks for before the orchestrator asks for its API key: `key` (nothing more), `iam` (a request signed by AWS credentials that may execute-api:Invoke) or `jwt` (a token of api_jwt_issuer in the header Authorization; the API key goes into x-api-key)."
  type        = string
  default     = "key"
  nullable    = false

  validation {
    condition     = contains(["key", "iam", "jwt"], var.api_authorization)
    error_message = "api_authorization: \"${var.api_authorization}\" is none of key, iam, jwt."
  }
}

variable "api_jwt_issuer" {
  description = "Who issues the tokens that api_authorization = \"jwt\" accepts, as an address that begins with https:// and has the OpenID configuration under it."
  type        = string
  default     = null

  validation {
    condition     = var.api_jwt_issuer == null || can(regex("^https://[^/]+", var.api_jwt_issuer))
    error_message = "api_jwt_issuer: use an address that begins with https://."
  }

  validation {
    condition     = var.api_authorization != "jwt" || var.api_jwt_issuer != null
    error_message = "api_jwt_issuer: api_authorization = \"jwt\" needs the address of whoever issues the tokens."
  }
}

variable "api_jwt_audience" {
  description = "For whom tokens have to be issued; one of these has to be in a token's aud or client_id."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = var.api_authorization != "jwt" || length(var.api_jwt_audience) > 0
    error_message = "api_jwt_audience: api_authorization = \"jwt\" needs at least one; without it every token of the issuer would be good."
  }
}

variable "api_throttle_rate" {
  description = "How many requests a second the API takes on average. What is over it is answered with 429 and costs nothing."
  type        = number
  default     = 50
  nullable    = false

  validation {
    condition     = var.api_throttle_rate > 0 && var.api_throttle_rate <= 10000
    error_message = "api_throttle_rate: use more than 0 and at most 10000, which is all that an account has."
  }
}

variable "api_throttle_burst" {
  description = "How many requests the API takes at once."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.api_throttle_burst >= 1 && var.api_throttle_burst <= 5000 && floor(var.api_throttle_burst) == var.api_throttle_burst
    error_message = "api_throttle_burst: use a whole number from 1 to 5000, which is all that an account has."
  }
}
