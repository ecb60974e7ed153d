# What Terraform needs to know beside the template's own parameters.

variable "stack_name" {
  description = "The stack's name, which is part of bucket names."
  type        = string
  default     = "images"
  nullable    = false

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,22}$", var.stack_name))
    error_message = "At most 23 lower-case letters, digits and hyphens."
  }
}

variable "packaged_template" {
  description = "The template with its images, as `sam package` writes it."
  type        = string
  default     = "packaged.yaml"
  nullable    = false
}

variable "execution_role_arn" {
  description = "The role that CloudFormation works with, such as infrastructure/delivery.yaml's. Empty: whatever the caller may do."
  type        = string
  default     = ""
  nullable    = false
}

variable "tags" {
  description = "Tags of the stack, and of all that it makes."
  type        = map(string)
  default     = { Project = "cloud-image-transcoder" }
  nullable    = false
}

output "repository_urls" {
  description = "Where `sam package` pushes the images of the functions, by function"
  value       = { for name, repository in aws_ecr_repository.function : "${title(name)}Function" => repository.repository_url }
}
