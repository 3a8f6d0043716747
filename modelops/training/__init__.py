"""Training: fitting, measuring and compiling a model that never learns what a name is; the life of a run."""
