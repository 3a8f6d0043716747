"""The registry outside the database: MLflow, and signed bundles to carry versions elsewhere."""
