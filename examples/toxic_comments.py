"""Dummy, TF-IDF and transformer on toxic comments: see reproductions/toxic_comments.py.

python examples/toxic_comments.py [arguments of that script]
"""

import runpy
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parent / "reproductions"

sys.path.insert(0, str(SCRIPTS))
runpy.run_path(str(SCRIPTS / "toxic_comments.py"), run_name="__main__")
