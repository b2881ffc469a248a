"""The `camformation` command line."""
