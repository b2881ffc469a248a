"""`python -m camformation`: the same as the `camformation` command."""

import sys

from camformation.cli.main import main

sys.exit(main())
