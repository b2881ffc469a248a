"""The checked escape hatch: RFC 6902 patches of a component's template, as the spec lists them.

A `test` operation pins what a patch expects; where the compiler has come to produce something
else, the build stops and shows both values. Patches are applied to the linked templates, so in the
flat layout to the one template there is. What they leave is checked: a reference that leads
nowhere, or into another component, stops the build too.
"""
