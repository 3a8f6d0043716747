"""Training: fitting, evaluation and compilation of a model on numeric features, and training runs."""
