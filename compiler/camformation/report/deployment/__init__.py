"""Reports about one deployment: progress, timelines, destruction, drift, outputs."""
