"""The Keras network 32-16-8 of a published example: see reproductions/mlp_on_features.py.

python examples/mlp_on_features.py [arguments of that script]
"""

import runpy
import sys
from pathlib import Path

SCRIPTS = Path(__file__).parent / "reproductions"

sys.path.insert(0, str(SCRIPTS))
runpy.run_path(str(SCRIPTS / "mlp_on_features.py"), run_name="__main__")
