# Many organizations in one Airbyte: a source and a connection for each, into one PostgreSQL with a schema for each.
# For a self-managed Airbyte, which can add connectors by image; the image must be where Airbyte can pull it.
terraform {
  required_version = ">= 1.5"
  required_providers {
    airbyte = {
      source  = "airbytehq/airbyte"
      version = "1.3.0"
    }
  }
}

provider "airbyte" {
  server_url    = var.airbyte.server_url
  client_id     = var.airbyte.client_id
  client_secret = var.airbyte.client_secret
}

resource "airbyte_source_definition" "kustomer" {
  workspace_id      = var.workspace_id
  name              = "Kustomer"
  docker_repository = var.image.repository
  docker_image_tag  = var.image.tag
  documentation_url = "https://docs.airbyte.com/integrations/sources/kustomer"
}

resource "airbyte_source" "kustomer" {
  for_each      = var.organizations
  workspace_id  = var.workspace_id
  name          = "Kustomer ${each.key}"
  definition_id = airbyte_source_definition.kustomer.id
  configuration = jsonencode({
    api_key      = var.api_keys[each.key]
    organization = each.key
    start_date   = each.value.start_date
  })
  resource_allocation = {
    default = {
      cpu_request    = "0.1"
      memory_request = "256Mi"
      memory_limit   = "512Mi"
    }
  }
}

resource "airbyte_destination" "warehouse" {
  workspace_id  = var.workspace_id
  name          = "Warehouse"
  definition_id = "25c5221d-dce2-4163-ade9-739ef790f503" # Airbyte's destination-postgres
  configuration = jsonencode({
    host     = var.warehouse.host
    port     = 5432
    database = var.warehouse.database
    schema   = "public"
    username = var.warehouse.username
    password = var.warehouse.password
    ssl_mode = { mode = "require" }
  })
}

resource "airbyte_connection" "kustomer" {
  for_each       = var.organizations
  name           = "Kustomer ${each.key}"
  source_id      = airbyte_source.kustomer[each.key].source_id
  destination_id = airbyte_destination.warehouse.destination_id

  namespace_definition                 = "custom_format"
  namespace_format                     = "kustomer_${replace(each.key, "-", "_")}"
  non_breaking_schema_updates_behavior = "propagate_columns"

  schedule = {
    schedule_type   = "cron"
    cron_expression = each.value.cron
  }
  configurations = {
    streams = [
      for stream in each.value.streams : {
        name      = stream
        sync_mode = "incremental_deduped_history"
      }
    ]
  }
}
