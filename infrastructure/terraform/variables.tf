# Generated from template.yaml by `make generate`.

variable "origin_secret" {
  description = "What the distribution sends to its origins as its Referer, so that nobody else can read the destination bucket's website or use the API. Random, 32 to 128 letters and digits; `make deploy` makes one on the first deployment."
  type        = string
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9]{32,128}$", var.origin_secret))
    error_message = "32 to 128 letters and digits."
  }
}

variable "other_origin_secret" {
  description = "A second secret that both origins accept, which `make rotate` uses meanwhile. Empty accepts OriginSecret only."
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
  description = "The key of signed URLs (s= in a transform), for HMAC-SHA256. Random, 32 to 128 letters, digits, or + / = - _; `make signing-key` makes one. Empty: no signature is right."
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
  description = "A second key whose signatures are right too, the one of before or the next one. Empty for none."
  type        = string
  default     = ""
  sensitive   = true
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9+/=_-]{32,128}$", var.other_signing_key))
    error_message = "Empty, or 32 to 128 letters, digits, or + / = - _."
  }
}

variable "serve_originals" {
  description = "Whether an original can be had as it is, under its own key. With false only what was made of it is served; AllowedDimensions then says how large. After a change, invalidate /* once."
  type        = string
  default     = "true"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.serve_originals)
    error_message = "One of true, false."
  }
}

variable "trusted_key_groups" {
  description = "Ids of up to four CloudFront key groups, separated by commas. Everything, originals too, then takes a URL or cookies that are signed with a key of theirs, and expire. Empty: everybody sees everything."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^[A-Za-z0-9-]{1,64}(,[A-Za-z0-9-]{1,64}){0,3}$", var.trusted_key_groups))
    error_message = "One to four ids of key groups, separated by commas."
  }
}

variable "allowed_dimensions" {
  description = "Sizes that may be asked for, as in the URL and separated by commas: 300x200,600x,x400. Empty: every size."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^([1-9]\\d{0,4}x([1-9]\\d{0,4})?|x[1-9]\\d{0,4})(,([1-9]\\d{0,4}x([1-9]\\d{0,4})?|x[1-9]\\d{0,4}))*$", var.allowed_dimensions))
    error_message = "WxH, Wx or xH, separated by commas."
  }

  validation {
    condition     = length(var.allowed_dimensions) <= 2000
    error_message = "At most 2000 characters."
  }
}

variable "allowed_types" {
  description = "Image types that may be made, separated by commas, out of jpeg, png, webp, avif, gif and jxl."
  type        = string
  default     = "jpeg,png,webp,avif,gif,jxl"
  nullable    = false

  validation {
    condition     = can(regex("^(jpeg|png|webp|avif|gif|jxl)(,(jpeg|png|webp|avif|gif|jxl)){0,5}$", var.allowed_types))
    error_message = "Some of jpeg,png,webp,avif,gif,jxl."
  }
}

variable "presets" {
  description = "Transforms under a name, for preset=thumb in a URL; name:transform, separated by semicolons, as thumb:300x300,fit=cover;hero:1600x,f=auto"
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
  description = "Which transforms are made: any, or only signed ones and presets, or only presets, by name or written out. All others are refused with 403. What is stored already is served all the same; `make purge` drops it."
  type        = string
  default     = "any"
  nullable    = false

  validation {
    condition     = contains(["any", "signed", "presets"], var.transforms)
    error_message = "One of any, signed, presets."
  }
}

variable "size_ladder" {
  description = "Sides in pixels, as 160,320,640,960,1280,1920,2560, to which every size that is asked for goes up, its aspect kept; boxes of presets and signed transforms stay as they are. Empty: every size is made as it is."
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
  description = "Quality of JPEG, WebP and AVIF where the URL names none."
  type        = number
  default     = 80
  nullable    = false

  validation {
    condition     = var.default_quality >= 1 && var.default_quality <= 100 && floor(var.default_quality) == var.default_quality
    error_message = "A whole number from 1 to 100."
  }
}

variable "maximum_input_bytes" {
  description = "The largest original that is transcoded, in bytes. Larger ones are served as they are."
  type        = number
  default     = 52428800
  nullable    = false

  validation {
    condition     = var.maximum_input_bytes >= 1024 && var.maximum_input_bytes <= 262144000 && floor(var.maximum_input_bytes) == var.maximum_input_bytes
    error_message = "A whole number from 1024 to 262144000."
  }
}

variable "maximum_input_pixels" {
  description = "The largest original that is decoded, in pixels, over all frames. 100 megapixels fit into the default memory."
  type        = number
  default     = 100000000
  nullable    = false

  validation {
    condition     = var.maximum_input_pixels >= 1 && var.maximum_input_pixels <= 250000000 && floor(var.maximum_input_pixels) == var.maximum_input_pixels
    error_message = "A whole number from 1 to 250000000."
  }
}

variable "maximum_output_pixels" {
  description = "The largest derivative that is made, in pixels, over all frames."
  type        = number
  default     = 25000000
  nullable    = false

  validation {
    condition     = var.maximum_output_pixels >= 1 && var.maximum_output_pixels <= 100000000 && floor(var.maximum_output_pixels) == var.maximum_output_pixels
    error_message = "A whole number from 1 to 100000000."
  }
}

variable "watermark_prefix" {
  description = "Where the watermarks are: watermark=logo.png in a URL is the original with this before its name. Ends with a slash. Empty: there are none, and who asks for one is refused with 403. After a change, purge what has a watermark."
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

variable "maximum_derivatives" {
  description = "How many different derivatives of one original are kept, for DerivativeLifetimeDays each; what goes beyond is refused with 403. A few more may come to be when many are asked for at once. 0 is no limit."
  type        = number
  default     = 1000
  nullable    = false

  validation {
    condition     = var.maximum_derivatives >= 0 && var.maximum_derivatives <= 10000 && floor(var.maximum_derivatives) == var.maximum_derivatives
    error_message = "A whole number from 0 to 10000."
  }
}

variable "browser_ttl_seconds" {
  description = "How long a browser keeps an image without asking again, in seconds. A browser's cache can't be purged."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = var.browser_ttl_seconds >= 0 && var.browser_ttl_seconds <= 31536000 && floor(var.browser_ttl_seconds) == var.browser_ttl_seconds
    error_message = "A whole number from 0 to 31536000."
  }
}

variable "edge_ttl_seconds" {
  description = "How long the distribution keeps an image, in seconds. It is purged when the original changes."
  type        = number
  default     = 31536000
  nullable    = false

  validation {
    condition     = var.edge_ttl_seconds >= 0 && var.edge_ttl_seconds <= 31536000 && floor(var.edge_ttl_seconds) == var.edge_ttl_seconds
    error_message = "A whole number from 0 to 31536000."
  }
}

variable "derivative_lifetime_days" {
  description = "Derivatives older than this are dropped from the destination bucket, and made again on demand. Originals stay."
  type        = number
  default     = 365
  nullable    = false

  validation {
    condition     = var.derivative_lifetime_days >= 1 && var.derivative_lifetime_days <= 3650 && floor(var.derivative_lifetime_days) == var.derivative_lifetime_days
    error_message = "A whole number from 1 to 3650."
  }
}

variable "noncurrent_version_days" {
  description = "How long an original that was overwritten or removed can still be brought back: older versions of it are dropped from the source bucket after so many days. 0 keeps them for ever."
  type        = number
  default     = 90
  nullable    = false

  validation {
    condition     = var.noncurrent_version_days >= 0 && var.noncurrent_version_days <= 36500 && floor(var.noncurrent_version_days) == var.noncurrent_version_days
    error_message = "A whole number from 0 to 36500."
  }
}

variable "invalidation_budget" {
  description = "How many cached redirects may be invalidated in a month. A path costs USD 0.005 after the account's first 1,000; nothing but the freshness of a redirect depends on it. 0 switches it off."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.invalidation_budget >= 0 && var.invalidation_budget <= 1000000 && floor(var.invalidation_budget) == var.invalidation_budget
    error_message = "A whole number from 0 to 1000000."
  }
}

variable "price_class" {
  description = "Where the distribution has edges. 100 is North America and Europe, All is everywhere."
  type        = string
  default     = "PriceClass_100"
  nullable    = false

  validation {
    condition     = contains(["PriceClass_100", "PriceClass_200", "PriceClass_All"], var.price_class)
    error_message = "One of PriceClass_100, PriceClass_200, PriceClass_All."
  }
}

variable "api_rate_limit" {
  description = "How many new images a second may be asked for, over time. What goes beyond is answered with 429."
  type        = number
  default     = 100
  nullable    = false

  validation {
    condition     = var.api_rate_limit >= 1 && var.api_rate_limit <= 10000 && floor(var.api_rate_limit) == var.api_rate_limit
    error_message = "A whole number from 1 to 10000."
  }
}

variable "api_burst_limit" {
  description = "How many new images may be asked for at once, before ApiRateLimit counts."
  type        = number
  default     = 500
  nullable    = false

  validation {
    condition     = var.api_burst_limit >= 1 && var.api_burst_limit <= 5000 && floor(var.api_burst_limit) == var.api_burst_limit
    error_message = "A whole number from 1 to 5000."
  }
}

variable "copy_concurrency" {
  description = "How many copy functions may work at once. New accounts have ten concurrent executions in all."
  type        = number
  default     = 5
  nullable    = false

  validation {
    condition     = var.copy_concurrency >= 2 && var.copy_concurrency <= 1000 && floor(var.copy_concurrency) == var.copy_concurrency
    error_message = "A whole number from 2 to 1000."
  }
}

variable "copy_reserves_concurrency" {
  description = "Whether CopyConcurrency is taken out of the account's concurrent executions, so that nothing else can use it up."
  type        = string
  default     = "false"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.copy_reserves_concurrency)
    error_message = "One of true, false."
  }
}

variable "resize_concurrency" {
  description = "How many resize functions may work at once; they are reserved from the account's concurrent executions, of which 100 have to stay unreserved. What goes beyond is answered with 503 and Retry-After. 0 reserves none and sets no limit."
  type        = number
  default     = 0
  nullable    = false

  validation {
    condition     = var.resize_concurrency >= 0 && var.resize_concurrency <= 10000 && floor(var.resize_concurrency) == var.resize_concurrency
    error_message = "A whole number from 0 to 10000."
  }
}

variable "resize_memory_megabytes" {
  description = "Memory of the resize function. 1,769 MB come with one whole CPU, which is what one transcoding can use."
  type        = number
  default     = 1769
  nullable    = false

  validation {
    condition     = var.resize_memory_megabytes >= 512 && var.resize_memory_megabytes <= 10240 && floor(var.resize_memory_megabytes) == var.resize_memory_megabytes
    error_message = "A whole number from 512 to 10240."
  }
}

variable "geo_restriction" {
  description = "Whether GeoRestrictionCountries are the only ones served (allow), the only ones not served (deny), or ignored."
  type        = string
  default     = "none"
  nullable    = false

  validation {
    condition     = contains(["none", "allow", "deny"], var.geo_restriction)
    error_message = "One of none, allow, deny."
  }
}

variable "geo_restriction_countries" {
  description = "Two-letter ISO 3166-1 codes, separated by commas. Ignored while GeoRestriction is none."
  type        = string
  default     = "US"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Z]{2}(,[A-Z]{2})*$", var.geo_restriction_countries))
    error_message = "Two capital letters for each country, separated by commas."
  }
}

variable "domain_name" {
  description = "A domain of yours for the images, such as images.example.com. Empty uses the distribution's own name."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$", var.domain_name))
    error_message = "A domain name in lower case."
  }
}

variable "certificate_arn" {
  description = "Certificate for DomainName, in us-east-1. TLS 1.2 as a minimum takes a domain and a certificate of your own."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:acm:us-east-1:\\d{12}:certificate/[a-f0-9-]+$", var.certificate_arn))
    error_message = "The ARN of an ACM certificate in us-east-1."
  }
}

variable "web_acl_arn" {
  description = "A WAF web ACL (scope CLOUDFRONT, in us-east-1) to put before the distribution."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:wafv2:us-east-1:\\d{12}:global/webacl/.+$", var.web_acl_arn))
    error_message = "The ARN of a WAFv2 web ACL of scope CLOUDFRONT."
  }
}

variable "log_level" {
  description = "The least severe log line that the functions write."
  type        = string
  default     = "INFO"
  nullable    = false

  validation {
    condition     = contains(["DEBUG", "INFO", "WARNING", "ERROR"], var.log_level)
    error_message = "One of DEBUG, INFO, WARNING, ERROR."
  }
}

variable "log_retention_days" {
  description = "How long the functions' logs are kept."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731], var.log_retention_days)
    error_message = "One of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731."
  }
}

variable "tracing" {
  description = "Active sends X-Ray traces with a segment for each step. It costs USD 5 a million traces and some cold start."
  type        = string
  default     = "PassThrough"
  nullable    = false

  validation {
    condition     = contains(["Active", "PassThrough"], var.tracing)
    error_message = "One of Active, PassThrough."
  }
}

variable "edge_metrics" {
  description = "Whether CloudFront measures its cache hit rate, which it does together with seven other metrics for about USD 2.40 a month."
  type        = string
  default     = "false"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.edge_metrics)
    error_message = "One of true, false."
  }
}

variable "alarm_topic_arn" {
  description = "An SNS topic that the alarms notify. Empty notifies nobody."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:.+$", var.alarm_topic_arn))
    error_message = "The ARN of an SNS topic."
  }
}

variable "release" {
  description = "Any name. A changed parameter reaches the functions by itself, but for SigningKey and OtherSigningKey, which the stack writes down nowhere: change this with them. `make signing-key` does."
  type        = string
  default     = "unnamed"
  nullable    = false

  validation {
    condition     = can(regex("^[A-Za-z0-9._-]{1,64}$", var.release))
    error_message = "1 to 64 letters, digits, dots, hyphens and underscores."
  }
}

variable "gradual_release" {
  description = "Whether new code gets a tenth of the requests for five minutes before it gets all, and none when an alarm goes off."
  type        = string
  default     = "false"
  nullable    = false

  validation {
    condition     = contains(["true", "false"], var.gradual_release)
    error_message = "One of true, false."
  }
}

variable "reconcile_schedule" {
  description = "When the copy function compares both buckets and the index, and repairs what differs, as rate(...) or cron(...) in UTC. About USD 1 for each million objects. Empty never does; from tens of millions on it would never end."
  type        = string
  default     = "rate(30 days)"
  nullable    = false

  validation {
    condition     = can(regex("^$|^rate\\((1 (minute|hour|day)|[1-9]\\d{0,4} (minutes|hours|days))\\)$|^cron\\([0-9A-Z*?,/#-]+( [0-9A-Z*?,/#-]+){5}\\)$", var.reconcile_schedule))
    error_message = "Empty, rate(30 days) or cron(0 3 ? * SUN *)."
  }
}

variable "permissions_boundary_arn" {
  description = "A managed policy that bounds what the stack's roles may ever do, such as infrastructure/delivery.yaml's. Empty for none."
  type        = string
  default     = ""
  nullable    = false

  validation {
    condition     = can(regex("^$|^arn:aws[a-z-]*:iam::(\\d{12}|aws):policy/.+$", var.permissions_boundary_arn))
    error_message = "The ARN of an IAM managed policy."
  }
}
