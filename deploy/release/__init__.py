"""What the pipeline does between tests and production; operators can run each part themselves."""
