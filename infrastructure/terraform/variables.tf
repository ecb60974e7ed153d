# Generated from template.yaml by `make generate`.

variable "origin_secret" {
  description = "Secret that the distribution sends as the Referer header, so that only the distribution can call the API and, with Delivery=redirect, read the destination bucket's website. 32 to 128 random letters and digits. `make deploy` generates one on the first deployment."
  type        = string
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]{32,128}$", var.origin_secret))
    error_message = "32 to 128 letters and digits."
  }
}

variable "other_origin_secret" {
  description = "Second secret that both origins accept, used by `make rotate` during a rotation. Empty: only OriginSecret is accepted."
  type        = string
  default     = ""
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9]{32,128}$", var.other_origin_secret))
    error_message = "Empty, or 32 to 128 letters and digits."
  }
}

variable "signing_key" {
  description = "HMAC-SHA256 key of signed URLs (s= in a transform): 32 to 128 random letters, digits, or + / = - _. `make signing-key` generates one. Empty: every signature is invalid."
  type        = string
  default     = ""
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9+/=_-]{32,128}$", var.signing_key))
    error_message = "Empty, or 32 to 128 letters, digits, or + / = - _."
  }
}

variable "other_signing_key" {
  description = "Second key whose signatures are valid too, for example the previous or the next key. Empty: none."
  type        = string
  default     = ""
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9+/=_-]{32,128}$", var.other_signing_key))
    error_message = "Empty, or 32 to 128 letters, digits, or + / = - _."
  }
}

variable "delivery" {
  description = "How a new image is delivered. redirect: the destination bucket is a website that redirects to the resize function. private: the bucket has no public policy, and CloudFront asks the resize function itself for what the bucket does not have. Accounts that block public buckets need private."
  type        = string
  default     = "redirect"
  nullable    = false

  validation {
    condition     = contains(["redirect", "private"], var.delivery)
    error_message = "One of redirect, private."
  }
}

variable "serve_originals" {
  description = "Whether originals can be downloaded under their own key. false serves derivatives only; limit their size with AllowedDimensions. After a change, invalidate /* once."
  type        = string
  default     = "true"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.serve_originals)
    error_message = "One of true, false."
  }
}

variable "trusted_key_groups" {
  description = "Ids of up to four CloudFront key groups, separated by commas. Every request, also for originals, then needs a signed URL or signed cookies of one of these groups. Empty: all images are public."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9-]{1,64}(,[A-Za-z0-9-]{1,64}){0,3}$", var.trusted_key_groups))
    error_message = "One to four ids of key groups, separated by commas."
  }
}

variable "allowed_dimensions" {
  description = "Allowed sizes of results, with dpr and border, separated by commas: 300x200,600x,x400. Empty: every size."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^([1-9]\\d{0,4}x([1-9]\\d{0,4})?|x[1-9]\\d{0,4})(,([1-9]\\d{0,4}x([1-9]\\d{0,4})?|x[1-9]\\d{0,4}))*$", var.allowed_dimensions))
    error_message = "WxH, Wx or xH, separated by commas."
  }

  validation {
    condition     = length(var.allowed_dimensions) <= 1500
    error_message = "At most 1500 characters."
  }
}

variable "allowed_types" {
  description = "Allowed output formats, separated by commas: jpeg, png, webp, avif, gif, jxl."
  type        = string
  default     = "jpeg,png,webp,avif,gif,jxl"
  nullable    = false

  validation {
    condition     = can(regex("^(jpeg|png|webp|avif|gif|jxl)(,(jpeg|png|webp|avif|gif|jxl)){0,5}$", var.allowed_types))
    error_message = "Some of jpeg,png,webp,avif,gif,jxl."
  }
}

variable "presets" {
  description = "Named transforms for preset=NAME in a URL, as name:transform, separated by semicolons. Example: thumb:300x300,fit=cover;hero:1600x,f=auto"
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9._-]{1,40}:[A-Za-z0-9=,.:_-]{1,200}(;[A-Za-z0-9._-]{1,40}:[A-Za-z0-9=,.:_-]{1,200})*$", var.presets))
    error_message = "Name:transform, separated by semicolons."
  }

  validation {
    condition     = length(var.presets) <= 1000
    error_message = "At most 1000 characters."
  }
}

variable "transforms" {
  description = "Which transforms are made: any; signed (signed transforms and presets); or presets (by name or written out). Others are refused with 403. Derivatives that are already stored are still served; `make purge` deletes them."
  type        = string
  default     = "any"
  nullable    = false

  validation {
    condition     = contains(["any", "signed", "presets"], var.transforms)
    error_message = "One of any, signed, presets."
  }
}

variable "size_ladder" {
  description = "Allowed sides in pixels, for example 160,320,640,960,1280,1920,2560. Every requested size is rounded up to the next one, with its aspect ratio kept. Sizes of presets and signed transforms stay as they are. Empty: sizes are not rounded."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^([1-9]\\d{0,3}|1[0-5]\\d{3}|16[0-2]\\d\\d|163[0-7]\\d|1638[0-3])(,([1-9]\\d{0,3}|1[0-5]\\d{3}|16[0-2]\\d\\d|163[0-7]\\d|1638[0-3]))*$", var.size_ladder))
    error_message = "Whole numbers from 1 to 16383, separated by commas."
  }

  validation {
    condition     = length(var.size_ladder) <= 80
    error_message = "At most 80 characters."
  }
}

variable "default_quality" {
  description = "Quality of JPEG, WebP, AVIF and JPEG XL if the URL has no quality option."
  type        = number
  default     = 80
  nullable    = false

  validation {
    condition     = var.default_quality >= 1 && var.default_quality <= 100 && floor(var.default_quality) == var.default_quality
    error_message = "A whole number from 1 to 100."
  }
}

variable "maximum_input_bytes" {
  description = "Largest original that is transcoded, in bytes. Larger originals are only served unchanged."
  type        = number
  default     = 52428800
  nullable    = false

  validation {
    condition     = var.maximum_input_bytes >= 1024 && var.maximum_input_bytes <= 262144000 && floor(var.maximum_input_bytes) == var.maximum_input_bytes
    error_message = "A whole number from 1024 to 262144000."
  }
}

variable "maximum_input_pixels" {
  description = "Largest original that is decoded, in pixels, all frames added up. The default memory is enough for 100 megapixels."
  type        = number
  default     = 100000000
  nullable    = false

  validation {
    condition     = var.maximum_input_pixels >= 1 && var.maximum_input_pixels <= 250000000 && floor(var.maximum_input_pixels) == var.maximum_input_pixels
    error_message = "A whole number from 1 to 250000000."
  }
}

variable "maximum_output_pixels" {
  description = "Largest derivative that is made, in pixels, all frames added up."
  type        = number
  default     = 25000000
  nullable    = false

  validation {
    condition     = var.maximum_output_pixels >= 1 && var.maximum_output_pixels <= 100000000 && floor(var.maximum_output_pixels) == var.maximum_output_pixels
    error_message = "A whole number from 1 to 100000000."
  }
}

variable "watermark_prefix" {
  description = "Folder of the watermarks in the source bucket: watermark=logo.png in a URL uses the original with this prefix. Ends with a slash. Empty: requests with a watermark are refused with 403. After a change, purge the derivatives that have a watermark."
  type        = string
  default     = "watermarks/"
  nullable    = false

  validation {
    condition     = can(regex("^$|^([A-Za-z][A-Za-z0-9._-]*/)+$", var.watermark_prefix))
    error_message = "Empty, or folders that begin with a letter, each with a slash at its end."
  }

  validation {
    condition     = length(var.watermark_prefix) <= 100
    error_message = "At most 100 characters."
  }
}

variable "fallback_key" {
  description = "Key of an original that is shown in place of missing ones: fallback/missing.png. A request for a derivative of a missing original gets this image, with the requested transform and status 404. Empty: an error in JSON."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*$", var.fallback_key))
    error_message = "Empty, or a key of letters, digits, dots, hyphens, underscores and slashes."
  }

  validation {
    condition     = length(var.fallback_key) <= 200
    error_message = "At most 200 characters."
  }
}

variable "maximum_derivatives" {
  description = "How many different derivatives of one original are kept, for DerivativeLifetimeDays each. Requests for more are refused with 403. Concurrent requests may exceed the limit slightly. 0: no limit."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.maximum_derivatives >= 0 && var.maximum_derivatives <= 10000 && floor(var.maximum_derivatives) == var.maximum_derivatives
    error_message = "A whole number from 0 to 10000."
  }
}

variable "published_metadata" {
  description = "User metadata (x-amz-meta-NAME) of originals that viewers may see as response headers: names without the prefix, in lower case, separated by commas. Other user metadata is not copied. Empty: none. After a change, run `make reconcile APPLY=1`."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^[a-z0-9][a-z0-9._-]{0,62}(,[a-z0-9][a-z0-9._-]{0,62})*$", var.published_metadata))
    error_message = "Names in lower case, separated by commas."
  }

  validation {
    condition     = length(var.published_metadata) <= 500
    error_message = "At most 500 characters."
  }
}

variable "browser_ttl_seconds" {
  description = "How long browsers cache an image, in seconds, if its original has no Cache-Control of its own. Browser caches cannot be purged."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.browser_ttl_seconds >= 0 && var.browser_ttl_seconds <= 31536000 && floor(var.browser_ttl_seconds) == var.browser_ttl_seconds
    error_message = "A whole number from 0 to 31536000."
  }
}

variable "edge_ttl_seconds" {
  description = "How long CloudFront caches an image, in seconds, if its original has no Cache-Control of its own. The cache is purged when the original changes."
  type        = number
  default     = 31536000
  nullable    = false

  validation {
    condition     = var.edge_ttl_seconds >= 0 && var.edge_ttl_seconds <= 31536000 && floor(var.edge_ttl_seconds) == var.edge_ttl_seconds
    error_message = "A whole number from 0 to 31536000."
  }
}

variable "derivative_lifetime_days" {
  description = "Age in days at which derivatives are deleted from the destination bucket. They are made again on demand. Originals are never deleted."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.derivative_lifetime_days >= 1 && var.derivative_lifetime_days <= 3650 && floor(var.derivative_lifetime_days) == var.derivative_lifetime_days
    error_message = "A whole number from 1 to 3650."
  }
}

variable "noncurrent_version_days" {
  description = "How many days an overwritten or deleted original can be restored. Older versions are deleted from the source bucket. 0 keeps all versions."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_version_days >= 0 && var.noncurrent_version_days <= 36500 && floor(var.noncurrent_version_days) == var.noncurrent_version_days
    error_message = "A whole number from 0 to 36500."
  }
}

variable "invalidation_budget" {
  description = "How many cached redirects may be invalidated in a month, at USD 0.005 each after the account's first 1,000 paths. Only the freshness of redirects depends on it. 0: none. Delivery=private has no redirects, and invalidates none."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.invalidation_budget >= 0 && var.invalidation_budget <= 1000000 && floor(var.invalidation_budget) == var.invalidation_budget
    error_message = "A whole number from 0 to 1000000."
  }
}

variable "price_class" {
  description = "CloudFront's edge locations: PriceClass_100 is North America and Europe, PriceClass_All is all of them."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "One of PriceClass_100, PriceClass_200, PriceClass_All."
  }
}

variable "api_rate_limit" {
  description = "Sustained limit of requests for new images, per second. Requests above it are answered with 429."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.api_rate_limit >= 1 && var.api_rate_limit <= 10000 && floor(var.api_rate_limit) == var.api_rate_limit
    error_message = "A whole number from 1 to 10000."
  }
}

variable "api_burst_limit" {
  description = "How many requests for new images may arrive at once before ApiRateLimit applies."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.api_burst_limit >= 1 && var.api_burst_limit <= 5000 && floor(var.api_burst_limit) == var.api_burst_limit
    error_message = "A whole number from 1 to 5000."
  }
}

variable "copy_concurrency" {
  description = "Maximum concurrency of the copy function. New AWS accounts have ten concurrent executions in total."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.copy_concurrency >= 2 && var.copy_concurrency <= 1000 && floor(var.copy_concurrency) == var.copy_concurrency
    error_message = "A whole number from 2 to 1000."
  }
}

variable "copy_reserves_concurrency" {
  description = "Whether CopyConcurrency is reserved from the account's concurrent executions, so that other functions cannot use it up."
  type        = string
  default     = "false"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.copy_reserves_concurrency)
    error_message = "One of true, false."
  }
}

variable "resize_concurrency" {
  description = "Reserved concurrency of the resize function, which is also its maximum. 100 of the account's concurrent executions must stay unreserved. Requests above it are answered with 503 and Retry-After. 0: none reserved, no maximum."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.resize_concurrency >= 0 && var.resize_concurrency <= 10000 && floor(var.resize_concurrency) == var.resize_concurrency
    error_message = "A whole number from 0 to 10000."
  }
}

variable "resize_memory_megabytes" {
  description = "Memory of the resize function in MB. 1,769 MB come with one full vCPU, the most that one transcoding uses."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.resize_memory_megabytes >= 512 && var.resize_memory_megabytes <= 10240 && floor(var.resize_memory_megabytes) == var.resize_memory_megabytes
    error_message = "A whole number from 512 to 10240."
  }
}

variable "geo_restriction" {
  description = "How GeoRestrictionCountries is used: allow serves only these countries, deny serves all others, none ignores the list."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "allow", "deny"], var.geo_restriction)
    error_message = "One of none, allow, deny."
  }
}

variable "geo_restriction_countries" {
  description = "Two-letter ISO 3166-1 codes, separated by commas. Ignored if GeoRestriction is none."
  type        = string
  default     = "US"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z]{2}(,[A-Z]{2})*$", var.geo_restriction_countries))
    error_message = "Two capital letters for each country, separated by commas."
  }
}

variable "domain_name" {
  description = "Your own domain for the images, for example images.example.com. Empty: the distribution's own domain name."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "A domain name in lower case."
  }
}

variable "certificate_arn" {
  description = "ACM certificate of DomainName, in us-east-1. A TLS 1.2 minimum is only possible with your own domain and certificate."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:acm:us-east-1:\\d{12}:certificate/[a-f0-9-]+$", var.certificate_arn))
    error_message = "The ARN of an ACM certificate in us-east-1."
  }
}

variable "web_acl_arn" {
  description = "WAF web ACL for the distribution (scope CLOUDFRONT, in us-east-1). Empty: none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:wafv2:us-east-1:\\d{12}:global/webacl/.+$", var.web_acl_arn))
    error_message = "The ARN of a WAFv2 web ACL of scope CLOUDFRONT."
  }
}

variable "log_level" {
  description = "Minimum level of the functions' log lines."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "One of DEBUG, INFO, WARNING, ERROR."
  }
}

variable "log_retention_days" {
  description = "How many days the functions' logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}

variable "tracing" {
  description = "Active sends X-Ray traces with a segment for each step. Costs USD 5 per million traces and lengthens cold starts."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing)
    error_message = "One of Active, PassThrough."
  }
}

variable "edge_metrics" {
  description = "Whether CloudFront publishes its additional metrics, which include the cache hit rate. Costs about USD 2.40 a month."
  type        = string
  default     = "false"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.edge_metrics)
    error_message = "One of true, false."
  }
}

variable "alarm_topic_arn" {
  description = "SNS topic that the alarms notify. Empty: no notifications."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:.+$", var.alarm_topic_arn))
    error_message = "The ARN of an SNS topic."
  }
}

variable "release" {
  description = "Any name. Changing another parameter updates the functions automatically, except SigningKey and OtherSigningKey, whose values are not recorded: change Release together with them, as `make signing-key` does."
  type        = string
  default     = "unnamed"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,64}$", var.release))
    error_message = "1 to 64 letters, digits, dots, hyphens and underscores."
  }
}

variable "gradual_release" {
  description = "Whether new code first gets 10% of the requests for five minutes, and is rolled back if an alarm goes off."
  type        = string
  default     = "false"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.gradual_release)
    error_message = "One of true, false."
  }
}

variable "reconcile_schedule" {
  description = "When the copy function compares both buckets and the index and repairs differences: rate(...), or cron(...) in UTC. Costs about USD 1 per million objects. With tens of millions of objects a run does not finish. Empty: never."
  type        = string
  default     = "rate(30 days)"
  nullable    = false

  validation {
    condition     = can(regex("^$|^rate\\((1 (minute|hour|day)|[1-9]\\d{0,4} (minutes|hours|days))\\)$|^cron\\([0-9A-Z*?,/#-]+( [0-9A-Z*?,/#-]+){5}\\)$", var.reconcile_schedule))
    error_message = "Empty, rate(30 days) or cron(0 3 ? * SUN *)."
  }
}

variable "permissions_boundary_arn" {
  description = "Managed policy that limits the permissions of the stack's roles, for example the one of infrastructure/delivery.yaml. Empty: none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:iam::(\\d{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "The ARN of an IAM managed policy."
  }
}
