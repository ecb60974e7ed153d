# Deploys template.yaml unchanged, so that the infrastructure is described once. README.md has the commands.

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
  # The functions of template.yaml, by image.
  functions = toset(["copy", "resize"])
}

# Repositories of the functions' images. An image is pushed before the stack that refers to it is deployed.
resource "aws_ecr_repository" "function" {
  for_each = local.functions

  # Named like the SAM CLI's own repositories, so that the roles of infrastructure/delivery.yaml have access.
  name                 = "${replace(var.stack_name, "-", "")}/${each.key}"
  image_tag_mutability = "MUTABLE" # sam package tags by content, and may push the same tag again
  force_delete         = true      # images can be built again

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
      description  = "Keep 20 images for roll-backs"
      selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
      action       = { type = "expire" }
    }]
  })
}

# CloudFormation reads the template from here, because it is too long for an argument.
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
  key          = "${filesha256(var.packaged_template)}.yaml" # a changed template has a new URL
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
    create = "60m" # a distribution takes up to 30 minutes
    update = "60m"
    delete = "60m"
  }

  depends_on = [aws_ecr_repository_policy.function]
}
