"""Model files of older formats, brought into the shape of the present one.

Formats 1 and 2 knew classes alone; their arrays stood beside the description, not in it, and format
1 had no word for rows that are not scaled.
"""

from __future__ import annotations

from typing import Any

from ctre.tree_file import Branch, Content

OLDER_VERSIONS = ("1", "2")


def upgraded(content: Content) -> Branch:
    """Give the tree that the present format would have; nothing is checked but what is touched.

    Raises
    ------
    InvalidDataError
        If it cannot be made.
    """
    description = content.tree.values
    arrays: dict[str, Any] = {}
    for name, array in content.arrays.items():
        *path, last = name.split(".")
        place = arrays
        for step in path:
            place = place.setdefault(step, {})
        place[last] = array
    layers = Branch(arrays.get("layers", {}), "layers").values
    labels = description.get("classes")
    tree = {
        **description,
        "layers": [layers[number] for number in sorted(layers, key=int)],
        "task": {
            "kind": "classification",
            "classes": arrays.get("classes") if labels is None else labels,
            "are_objects": description.get("has_object_labels"),
        },
        "scaling": {"name": description.get("scaling") or "none", **arrays.get("scaling", {})},
    }
    return Branch(tree)
