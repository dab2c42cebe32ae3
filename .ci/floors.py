"""Print the lowest versions that pyproject.toml allows, as constraints for pip.

Usage: python .ci/floors.py [EXTRA,EXTRA,...]: those of the core, and of the extras named.
"""

import re
import sys
import tomllib
from pathlib import Path


def floors(project: dict, extras: list[str]) -> dict[str, str]:
    """Return the lowest version of each library of the core and of some extras."""
    found: dict[str, str] = {}
    wanted = [*project["dependencies"]]
    for extra in extras:
        wanted += project["optional-dependencies"][extra]
    for line in wanted:
        if own := re.fullmatch(r"skmultitext\[(.+)\]", line):
            found |= floors(project, own[1].split(","))
            continue
        match = re.fullmatch(r"([\w-]+)(?:\[[\w,]+\])?>=([\w.]+)", line)
        if match is None:
            raise ValueError(f"{line!r} has no floor; write it as library>=version.")
        if found.setdefault(match[1], match[2]) != match[2]:
            raise ValueError(f"{match[1]} has two floors: {found[match[1]]} and {match[2]}.")
    return found


if __name__ == "__main__":
    pyproject = Path(__file__).parents[1] / "pyproject.toml"
    declared = tomllib.loads(pyproject.read_text(encoding="utf-8"))["project"]
    extras = [extra for argument in sys.argv[1:] for extra in argument.split(",")]
    for library, version in floors(declared, extras).items():
        print(f"{library}=={version}")
