"""Optional libraries load on first use, or the error names the extra."""

import sys

import pytest

from skmultitext._runtime.optional import EXTRA_OF_MODULE, missing_error, require
from skmultitext.exceptions import MissingExtraError


def test_a_library_that_is_there_is_returned():
    pytest.importorskip("pandas", reason="needs pandas (extra 'plot')")
    assert require("pandas", "this test").__name__ == "pandas"


@pytest.mark.parametrize("library", sorted(EXTRA_OF_MODULE))
def test_an_absent_library_names_its_extra(monkeypatch, library):
    class Blocker:
        @staticmethod
        def find_spec(name, path=None, target=None):
            if name.partition(".")[0] == library:
                raise ModuleNotFoundError(f"No module named {library!r}", name=library)

    for name in [name for name in sys.modules if name.partition(".")[0] == library]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Blocker, *sys.meta_path])
    extra = EXTRA_OF_MODULE[library]
    message = rf'as_frame=True needs the library .{library}.*pip install "skmultitext\[{extra}\]"'
    with pytest.raises(MissingExtraError, match=message):
        require(library, "as_frame=True")


def test_a_library_that_is_broken_says_what_broke(monkeypatch, tmp_path):
    (tmp_path / "numba").mkdir()
    (tmp_path / "numba" / "__init__.py").write_text("import module_that_is_not_there")
    for name in [name for name in sys.modules if name.partition(".")[0] == "numba"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="module_that_is_not_there"):
        require("numba", "this test")
    sys.modules.pop("numba", None)


@pytest.mark.parametrize(
    ("libraries", "middle"),
    [
        (["torch"], "library 'torch', which is not installed. Install it"),
        (["torch", "onnx"], "libraries 'torch' and 'onnx', which are not installed. Install them"),
        (
            ["torch", "onnx", "numba"],
            "libraries 'torch', 'onnx' and 'numba', which are not installed. Install them",
        ),
    ],
)
def test_missing_libraries_are_listed_in_english(libraries, middle):
    error = missing_error("This model", libraries, "onnx")
    assert isinstance(error, MissingExtraError)
    assert str(error) == f'This model needs the {middle} with: pip install "skmultitext[onnx]"'
