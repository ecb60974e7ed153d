# Variables of Terraform's own, besides the template's parameters.

variable "stack_name" {
  description = "Name of the stack, which is part of bucket names."
  type        = string
  default     = "images"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}$", var.stack_name))
    error_message = "At most 23 lower-case letters, digits and hyphens."
  }
}

variable "packaged_template" {
  description = "Path of the packaged template that `sam package` writes."
  type        = string
  default     = "packaged.yaml"
  nullable    = false
}

variable "execution_role_arn" {
  description = "ARN of the role that CloudFormation uses, for example the one of infrastructure/delivery.yaml. Empty: the caller's permissions."
  type        = string
  default     = ""
  nullable    = false
}

variable "tags" {
  description = "Tags of the stack and its resources."
  type        = map(string)
  default     = { Project = "cloud-image-transcoder" }
  nullable    = false
}

output "repository_urls" {
  description = "Image repositories of the functions, for `sam package`"
  value       = { for name, repository in aws_ecr_repository.function : "${title(name)}Function" => repository.repository_url }
}
