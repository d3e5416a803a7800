variable "airbyte" {
  description = "The API of your Airbyte, and an application's credentials for it."
  type = object({
    server_url    = string
    client_id     = string
    client_secret = string
  })
  sensitive = true
}

variable "workspace_id" {
  description = "The workspace that everything is created in."
  type        = string
}

variable "image" {
  description = "The connector's image."
  type = object({
    repository = string
    tag        = string
  })
}

variable "organizations" {
  description = "The organizations, by the subdomain one signs in at: acme of acme.kustomerapp.com."
  type = map(object({
    start_date = optional(string, "2024-01-01")
    cron       = optional(string, "0 */15 * * * ?") # seconds first, in UTC; different minutes spread the load
    streams    = optional(list(string), ["conversations", "customers", "messages", "notes", "tags", "teams", "users"])
  }))
}

variable "api_keys" {
  description = "The API key of each organization. Terraform's state has them: keep it encrypted."
  type        = map(string)
  sensitive   = true
}

variable "warehouse" {
  description = "The PostgreSQL that rows are written to."
  type = object({
    host     = string
    database = string
    username = string
    password = string
  })
  sensitive = true
}
