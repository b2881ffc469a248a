"""AWS as the deployer sees it: a Protocol for each service, its types, and errors."""
