"""Blue-green deployment: the standard library only, because it runs on the machine of an operator."""
