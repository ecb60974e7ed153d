# Generated from template.yaml by `make generate`.

locals {
  parameters = {
    OriginSecret            = var.origin_secret
    OtherOriginSecret       = var.other_origin_secret
    SigningKey              = var.signing_key
    OtherSigningKey         = var.other_signing_key
    Delivery                = var.delivery
    ServeOriginals          = var.serve_originals
    TrustedKeyGroups        = var.trusted_key_groups
    AllowedDimensions       = var.allowed_dimensions
    AllowedTypes            = var.allowed_types
    Presets                 = var.presets
    Transforms              = var.transforms
    SizeLadder              = var.size_ladder
    DefaultQuality          = var.default_quality
    MaximumInputBytes       = var.maximum_input_bytes
    MaximumInputPixels      = var.maximum_input_pixels
    MaximumOutputPixels     = var.maximum_output_pixels
    WatermarkPrefix         = var.watermark_prefix
    FallbackKey             = var.fallback_key
    MaximumDerivatives      = var.maximum_derivatives
    PublishedMetadata       = var.published_metadata
    BrowserTtlSeconds       = var.browser_ttl_seconds
    EdgeTtlSeconds          = var.edge_ttl_seconds
    DerivativeLifetimeDays  = var.derivative_lifetime_days
    NoncurrentVersionDays   = var.noncurrent_version_days
    InvalidationBudget      = var.invalidation_budget
    PriceClass              = var.price_class
    ApiRateLimit            = var.api_rate_limit
    ApiBurstLimit           = var.api_burst_limit
    CopyConcurrency         = var.copy_concurrency
    CopyReservesConcurrency = var.copy_reserves_concurrency
    ResizeConcurrency       = var.resize_concurrency
    ResizeMemoryMegabytes   = var.resize_memory_megabytes
    GeoRestriction          = var.geo_restriction
    GeoRestrictionCountries = var.geo_restriction_countries
    DomainName              = var.domain_name
    CertificateArn          = var.certificate_arn
    WebAclArn               = var.web_acl_arn
    LogLevel                = var.log_level
    LogRetentionDays        = var.log_retention_days
    Tracing                 = var.tracing
    EdgeMetrics             = var.edge_metrics
    AlarmTopicArn           = var.alarm_topic_arn
    Release                 = var.release
    GradualRelease          = var.gradual_release
    ReconcileSchedule       = var.reconcile_schedule
    PermissionsBoundaryArn  = var.permissions_boundary_arn
  }
}
