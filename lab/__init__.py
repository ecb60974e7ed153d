"""What is measured and computed: benchmarks, chaos, costs, scale."""
