# Generated from template.yaml by `make generate`.

output "url" {
  description = "Where the images are, as in Url/300x200/photo.jpg"
  value       = aws_cloudformation_stack.transcoder.outputs["Url"]
}

output "source_bucket_name" {
  description = "Where originals go"
  value       = aws_cloudformation_stack.transcoder.outputs["SourceBucketName"]
}

output "destination_bucket_name" {
  description = "Where copies and derivatives are"
  value       = aws_cloudformation_stack.transcoder.outputs["DestinationBucketName"]
}

output "distribution_id" {
  description = "The CloudFront distribution"
  value       = aws_cloudformation_stack.transcoder.outputs["DistributionId"]
}

output "distribution_domain_name" {
  description = "What DomainName should be an alias of"
  value       = aws_cloudformation_stack.transcoder.outputs["DistributionDomainName"]
}

output "table_name" {
  description = "The index of derivatives"
  value       = aws_cloudformation_stack.transcoder.outputs["TableName"]
}

output "api_url" {
  description = "The API that the distribution asks for new derivatives"
  value       = aws_cloudformation_stack.transcoder.outputs["ApiUrl"]
}

output "source_events_url" {
  description = "The queue of changes to originals"
  value       = aws_cloudformation_stack.transcoder.outputs["SourceEventsUrl"]
}

output "dead_letters_url" {
  description = "The queue of changes that failed five times"
  value       = aws_cloudformation_stack.transcoder.outputs["DeadLettersUrl"]
}
