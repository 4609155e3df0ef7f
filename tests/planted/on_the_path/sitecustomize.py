"""Python imports this by itself as it starts: of an editable install, let the copy be imported."""

import sys

sys.meta_path[:] = [
    finder for finder in sys.meta_path if "editable" not in getattr(finder, "__module__", "")
]
