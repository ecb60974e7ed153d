# Deploys template.yaml as it is, so that there is one description of the infrastructure. README.md has the commands.

terraform {
  required_version = ">= 1.9"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.40, < 7.0"
    }
  }
}

locals {
  # The functions of template.yaml, by the image that each one runs.
  functions = toset(["copy", "resize"])
}

# What the functions run. An image is pushed before the stack that names it is deployed.
resource "aws_ecr_repository" "function" {
  for_each = local.functions

  # Named as the SAM CLI names its own, so that infrastructure/delivery.yaml's roles reach them.
  name                 = "${replace(var.stack_name, "-", "")}/${each.key}"
  image_tag_mutability = "MUTABLE" # sam package tags by content, and pushes the same tag again
  force_delete         = true      # images are built anew

  image_scanning_configuration {
    scan_on_push = true
  }

  encryption_configuration {
    encryption_type = "AES256"
  }
}

resource "aws_ecr_repository_policy" "function" {
  for_each = aws_ecr_repository.function

  repository = each.value.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaPulls"
      Effect    = "Allow"
      Principal = { Service = "lambda.amazonaws.com" }
      Action    = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    }]
  })
}

resource "aws_ecr_lifecycle_policy" "function" {
  for_each = aws_ecr_repository.function

  repository = each.value.name
  policy = jsonencode({
    rules = [{
      rulePriority = 1
      description  = "Enough images to go back to"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
      action       = { type = "expire" }
    }]
  })
}

# Where CloudFormation reads the template: it is longer than an argument may be.
resource "aws_s3_bucket" "templates" {
  bucket_prefix = "${var.stack_name}-templates-"
  force_destroy = true
}

resource "aws_s3_bucket_public_access_block" "templates" {
  bucket                  = aws_s3_bucket.templates.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_object" "template" {
  bucket       = aws_s3_bucket.templates.id
  key          = "${filesha256(var.packaged_template)}.yaml" # a new address for a new template
  source       = var.packaged_template
  content_type = "application/yaml"
}

resource "aws_cloudformation_stack" "transcoder" {
  name         = var.stack_name
  template_url = "https://${aws_s3_bucket.templates.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  parameters   = local.parameters
  capabilities = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
  iam_role_arn = var.execution_role_arn == "" ? null : var.execution_role_arn
  tags         = var.tags

  timeouts {
    create = "60m" # a distribution takes up to half of it
    update = "60m"
    delete = "60m"
  }

  depends_on = [aws_ecr_repository_policy.function]
}
