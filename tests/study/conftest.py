"""Studies of known truth; see study_models.py."""

import sys
from pathlib import Path

# study_models.py is imported by worker processes too, which inherit this path
sys.path.insert(0, str(Path(__file__).parent))
