"""show_versions: what a report of a fault needs."""

from importlib.metadata import PackageNotFoundError, version

import skmultitext
from skmultitext._runtime import versions


def test_the_libraries_of_the_core_and_of_every_extra_are_named():
    found = versions.versions()
    assert found["skmultitext"] == skmultitext.__version__
    assert list(found)[:4] == ["skmultitext", "Python", "executable", "system"]
    for library in ("numpy", "scikit-learn", "numba", "torch", "pyspark", "fastapi"):
        try:
            assert found[library] == version(library)
        except PackageNotFoundError:
            assert found[library] == "not installed"
    assert any(name.endswith(" threads") for name in found)  # of BLAS or OpenMP


def test_it_prints_a_line_for_each(capsys):
    skmultitext.show_versions()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[0] for line in lines] == list(versions.versions())


def test_a_package_that_is_not_installed_names_no_libraries(monkeypatch):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(versions, "requires", absent)
    found = versions.versions()
    assert "numpy" not in found
    assert found["skmultitext"] == skmultitext.__version__
