"""AWS as the deployer sees it: a Protocol for each service, what it returns, and its errors."""
