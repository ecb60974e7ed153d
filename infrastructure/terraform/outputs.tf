# Generated from template.yaml by `make generate`.

output "url" {
  description = "Base URL of the images, as in Url/300x200/photo.jpg"
  value       = aws_cloudformation_stack.transcoder.outputs["Url"]
}

output "source_bucket_name" {
  description = "Bucket for the originals"
  value       = aws_cloudformation_stack.transcoder.outputs["SourceBucketName"]
}

output "destination_bucket_name" {
  description = "Bucket of the copies and derivatives"
  value       = aws_cloudformation_stack.transcoder.outputs["DestinationBucketName"]
}

output "distribution_id" {
  description = "Id of the CloudFront distribution"
  value       = aws_cloudformation_stack.transcoder.outputs["DistributionId"]
}

output "distribution_domain_name" {
  description = "Domain name of the distribution; DomainName's DNS record must be an alias of it"
  value       = aws_cloudformation_stack.transcoder.outputs["DistributionDomainName"]
}

output "table_name" {
  description = "Table with the index of derivatives"
  value       = aws_cloudformation_stack.transcoder.outputs["TableName"]
}

output "api_url" {
  description = "API that the distribution requests new derivatives from"
  value       = aws_cloudformation_stack.transcoder.outputs["ApiUrl"]
}

output "source_events_url" {
  description = "Queue with changes of originals"
  value       = aws_cloudformation_stack.transcoder.outputs["SourceEventsUrl"]
}

output "dead_letters_url" {
  description = "Queue with changes that failed five times"
  value       = aws_cloudformation_stack.transcoder.outputs["DeadLettersUrl"]
}
