"""One spec for many accounts and regions: fleet files, and what StackSets are given. Pure."""
