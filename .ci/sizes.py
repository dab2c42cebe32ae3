"""Install the package and each extra into new environments; print the seconds and the size on disk.

python .ci/sizes.py [EXTRA ...]; "core" is the package alone. Without any, the core and every extra.
"""

import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
SCRIPTS = "Scripts" if sys.platform == "win32" else "bin"


def measure(extra):
    """Install one extra, or the core; return (seconds, bytes of site-packages without pip)."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = Path(folder, SCRIPTS, "python")
        what = str(ROOT) if extra == "core" else f"{ROOT}[{extra}]"
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        constraints = ["--constraint", str(ROOT / "constraints.txt")]
        started = time.perf_counter()
        subprocess.run([*install, *constraints, what], check=True)
        seconds = time.perf_counter() - started
        query = "import sysconfig; print(sysconfig.get_path('purelib'))"
        packages = subprocess.run(
            [python, "-c", query], check=True, capture_output=True, text=True
        ).stdout.strip()
        not_ours = ("pip", "setuptools")
        files = [
            path
            for path in Path(packages).rglob("*")
            if path.is_file()
            and path.relative_to(packages).parts[0].partition("-")[0] not in not_ours
        ]
        return seconds, sum(path.stat().st_size for path in files)


def main(extras):
    """Print a line for each extra."""
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    optional = known["project"]["optional-dependencies"]
    for extra in extras or ["core", *optional]:
        if extra != "core" and extra not in optional:
            sys.exit(f"There is no extra {extra!r}; there are {', '.join(optional)}.")
        seconds, size = measure(extra)
        print(f"{extra:18} {seconds:6.0f} s {size / 1e9:6.2f} GB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
