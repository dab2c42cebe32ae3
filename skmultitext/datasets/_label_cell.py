"""The labels of a text in one cell of a table: separated names, or a list of names."""

import re
from collections.abc import Sequence

from .._runtime.messages import shown
from ._lines import file_error
from ._rows import MISSING_WORDS, BadRowError, check_labels_known

__all__ = ["LabelCell"]

_SEPARATORS = ",;|"

_CLOSING = {"[": "]", "(": ")", "{": "}"}
# start of a list that is printed with its class, or is truncated: Index(['a']), c("a", "b"), ['a
_BEGUN = re.compile(r"""[A-Za-z_][\w.]*\(\s*[\[{"']|[\[({]\s*['"]""")
_SCALAR = r"(?:np\.|numpy\.)?(?:str_|u?int\d+)\(\s*"  # np.str_('a'), as numpy 2 prints a scalar
_ITEM = re.compile(
    rf"({_SCALAR})?(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"|([0-9]{{1,9}}))(?(1)\s*\))"
    r"(\s*,\s*|\s+|$)",
    re.S,
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(00[0-9a-fA-F]{6})|(.))", re.S)
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"} | {c: c for c in "\\'\"/"}


class LabelCell:
    """Read cells of labels, and detect a wrong separator.

    A blank `separator` matches any number of blanks. With `indices`, labels are indices into
    `label_names`. `remedy` says in errors how to pass another separator, which replaces ``{}``.
    """

    def __init__(
        self,
        separator: str,
        label_names: Sequence[str] | None,
        indices: bool = False,
        remedy: str = "pass label_separator={!r}",
    ) -> None:
        if not isinstance(separator, str) or not separator:
            raise ValueError(
                f"label_separator must be a str that is not empty, got {shown(separator)}"
            )
        self.separator = None if separator.isspace() else separator
        self.label_names = label_names or ()
        self.known = None if label_names is None else frozenset(label_names)
        self.indices = indices
        self.remedy = remedy
        # names that were already checked, or need no check
        self._sound: set[str] = set() if indices else set(self.known or ())
        self._any_of_several = False
        self._suspect: tuple[int, str, str] | None = None

    def split(self, line: int, cell: str) -> tuple[str, ...]:
        """Return the label names in a cell; BadRowError if it cannot be read."""
        if not cell or cell.isspace():
            return ()
        labels = tuple(map(str.strip, cell.split(self.separator)))
        if self._sound.issuperset(labels):
            self._any_of_several |= len(labels) > 1
            return labels
        stripped = cell.strip()
        may_be_list = stripped[0] in "[({" or stripped[-1] in "])}"
        items = _items_of_list(stripped) if may_be_list else None
        if items is not None:
            self._any_of_several |= len(items) > 1
            return self._of_list(cell, items)
        return self._of_plain_cell(line, cell, labels)

    def _of_list(self, cell: str, items: list[str | int]) -> tuple[str, ...]:
        names = [item if isinstance(item, str) else str(item) for item in items]
        if self.indices:
            if len(set(names)) < len(names):
                raise BadRowError(
                    f"the labels {shown(cell)} contain an index twice; if they are a row of 0 and "
                    "1, write one column for each label, or the names of the labels"
                )
            return tuple(map(self._name_of_index, names))
        for name, item in zip(names, items, strict=True):
            if not name.strip():
                raise BadRowError(
                    f"the labels {shown(cell)} contain an empty name; write [] for none"
                )
            if not isinstance(item, str) and (self.known is None or name not in self.known):
                raise BadRowError(
                    f"the labels {shown(cell)} are numbers, not names; if they are indices, pass "
                    "label_indices=True and label_names"
                )
        check_labels_known(names, self.known)
        return tuple(names)

    def _of_plain_cell(self, line: int, cell: str, labels: tuple[str, ...]) -> tuple[str, ...]:
        if "" in labels:
            raise BadRowError(
                f"the labels {shown(cell)} contain an empty one; "
                f"separate labels by one {shown(self.separator)} each"
            )
        if self.indices:
            return tuple(map(self._name_of_index, labels))
        self._check_quotes(cell.strip())
        for label in labels:
            if label not in self._sound:
                self._check_name(cell, label)
        check_labels_known(labels, self.known)
        self._sound.update(labels)
        if len(labels) > 1:
            self._any_of_several = True
        elif self._suspect is None:
            found = [c for c in _SEPARATORS if c in labels[0] and c not in (self.separator or "")]
            self._suspect = (line, cell, found[0]) if found else None
        return labels

    def _check_quotes(self, cell: str) -> None:
        if cell[0] in "\"'" and len(cell) > 1 and cell[0] == cell[-1]:
            raise BadRowError(
                f"the labels {shown(cell)} are in quotes; pass quoting=True if fields are quoted, "
                "or write the names without quotes"
            )

    def _check_name(self, cell: str, label: str) -> None:
        if label in MISSING_WORDS:
            raise BadRowError(f"{_missing(label)}, or give the name in label_names")
        self._check_quotes(label)
        if "\n" in label:
            raise BadRowError(
                f"the labels {shown(cell)} contain a line end, as a printed table does; write a "
                "list of the names, or the names between separators"
            )
        if self.separator is None and label[-1] in _SEPARATORS:
            raise BadRowError(
                f"label {shown(label)} ends with {shown(label[-1])}; {self._remedy(label[-1])}"
            )

    def _remedy(self, found: str) -> str:
        return f"{self.remedy.format(found)}, or give the names in label_names"

    def _name_of_index(self, label: str) -> str:
        if label in MISSING_WORDS:
            raise BadRowError(_missing(label))
        if not re.fullmatch("[0-9]{1,9}", label):  # int() would also take "+1" and "1_0"
            raise BadRowError(
                f"label {shown(label)} is not an index counted from 0; "
                "for label names pass label_indices=False"
            )
        index = int(label)
        if index >= len(self.label_names):
            raise BadRowError(
                f"label index {label} is out of range: label_names has "
                f"{len(self.label_names)} names, counted from 0"
            )
        return self.label_names[index]

    def check_separator(self, path: str) -> None:
        """Raise a DataFileError if no cell was split, but one contains another separator."""
        if self._suspect is not None and not self._any_of_several:
            line, cell, found = self._suspect
            raise file_error(
                path,
                line,
                f"every row has one label, but {shown(cell)} contains {shown(found)}; if that "
                f"separates "
                f"labels, {self._remedy(found)}",
            )


def _missing(label: str) -> str:
    return (
        f"label {label!r} is what programs write for a missing value; leave the cell empty if the "
        "text has no labels"
    )


def _items_of_list(cell: str) -> list[str | int] | None:
    """Return the items of a printed list; None if the cell does not look like a list."""
    for word in ("frozenset", "set"):
        if cell.startswith(f"{word}(") and cell.endswith(")"):
            cell = cell[len(word) :]
            if cell[1:2] in _CLOSING:
                cell = cell[1:-1]
    opening, body = cell[0], cell[1:-1].strip()
    if len(cell) < 2 or _CLOSING.get(opening) != cell[-1]:
        if _BEGUN.match(cell):
            raise _unreadable(cell, cell)
        return None
    items: list[str | int] = []
    position = 0
    while position < len(body):
        item = _ITEM.match(body, position)
        if item is None or (opening != "[" and item[5].isspace()):
            if opening == "(" and not any(c in body for c in "'\"" + _SEPARATORS):
                return None  # a name in parentheses
            raise _unreadable(cell, body[position:])
        number = item[4]
        items.append(int(number) if number else _unescaped(item[2] or item[3] or "", cell))
        position = item.end()
    return items


def _unreadable(cell: str, rest: str) -> BadRowError:
    return BadRowError(
        f"the labels {shown(cell)} look like a list, but {shown(rest[:20])} cannot be read as "
        "names in quotes; write the names as in ['late', 'broken'], or without brackets between "
        "separators; a name in brackets must be in label_names"
    )


def _unescaped(text: str, cell: str) -> str:
    if "\\" not in text:
        return text

    def character(escape: re.Match[str]) -> str:
        code = escape[1] or escape[2] or escape[3]
        if code is None and escape[4] not in _ESCAPED:
            raise _unreadable(cell, escape[0])
        return chr(int(code, 16)) if code else _ESCAPED[escape[4]]

    try:
        text = _ESCAPE.sub(character, text)
        return text.encode("utf-16", "surrogatepass").decode(
            "utf-16"
        )  # JSON writes surrogate pairs
    except ValueError:  # no such character, or a lone surrogate
        raise _unreadable(cell, text) from None
