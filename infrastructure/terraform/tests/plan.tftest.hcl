# `terraform test` needs the provider's plugin, but no account.

mock_provider "aws" {}

variables {
  packaged_template = "main.tf" # any file
  origin_secret     = "0123456789abcdef0123456789abcdef"
}

run "the_stack_is_deployed_from_the_packaged_template" {
  command = plan

  assert {
    condition     = aws_cloudformation_stack.transcoder.parameters["LogRetentionDays"] == "30"
    error_message = "A parameter must have its variable's default."
  }

  assert {
    condition     = length(aws_ecr_repository.function) == 2
    error_message = "Each function must have a repository."
  }

  assert {
    condition     = aws_s3_object.template.key == "${filesha256("main.tf")}.yaml"
    error_message = "A changed template must have a new URL."
  }
}

run "a_short_secret_is_refused" {
  command         = plan
  expect_failures = [var.origin_secret]

  variables {
    origin_secret = "short"
  }
}

run "a_quality_above_100_is_refused" {
  command         = plan
  expect_failures = [var.default_quality]

  variables {
    default_quality = 101
  }
}

run "a_size_that_no_url_can_have_is_refused" {
  command         = plan
  expect_failures = [var.allowed_dimensions]

  variables {
    allowed_dimensions = "300x200,0x5"
  }
}

run "an_unknown_price_class_is_refused" {
  command         = plan
  expect_failures = [var.price_class]

  variables {
    price_class = "PriceClass_300"
  }
}
