"""The deployer's Protocols over boto3: the only modules that import it, and only when they run."""
