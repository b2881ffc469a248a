"""The checked escape hatch: RFC 6902 patches of a component's template, as the spec lists them.

A `test` operation pins what a patch expects; if the compiler now produces something else, the build
stops and shows both values. Patches are applied to the linked templates, so in the flat layout to
the one template there is. The result is checked: a dangling reference, or one into another
component, stops the build too.
"""
