"""Self-service of API keys: the pages on which owners make, replace and revoke their own."""
