"""Fleet files: one spec for many accounts and regions, as input for StackSets. Pure."""
