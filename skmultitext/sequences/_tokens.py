"""Split texts into sentences and words."""

import re

# words, and each punctuation mark for itself: "!" and ":)" say much about feelings
WORDS_AND_MARKS = r"(?u)\w+|[^\w\s]"

# no pattern here can read a character twice: a text of any shape takes linear time
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|[\r\n]+|(?<=[。！？])")  # noqa: RUF001


class Tokenizer:
    r"""Split texts into sentences, and these into words.

    Parameters
    ----------
    token_pattern : str or None, default=r"(?u)\\w+|[^\\w\\s]"
        Regular expression of a word; with one group, the group is the word. None splits at
        whitespace.
    sentence_separator : str or None, default=None
        What stands between two sentences, for instance ``"|&|"``. None ends a sentence at
        whitespace behind ``.``, ``!`` or ``?``, at the end of a line, and behind their
        fullwidth forms.
    lowercase : bool, default=True
        Lower the case of the texts first.

    Raises
    ------
    ValueError
        If the pattern is no regular expression, has two or more groups or matches the empty
        text, or the separator is empty.

    Examples
    --------
    >>> from skmultitext.sequences import Tokenizer
    >>> Tokenizer().split("Late again! Refund me, please.")
    [['late', 'again', '!'], ['refund', 'me', ',', 'please', '.']]
    >>> Tokenizer(None, sentence_separator="|&|").split("Late again |&| refund me")
    [['late', 'again'], ['refund', 'me']]
    """

    def __init__(self, token_pattern=WORDS_AND_MARKS, *, sentence_separator=None, lowercase=True):
        if sentence_separator == "":
            raise ValueError("sentence_separator is empty; pass None, or what separates sentences")
        self.token_pattern = token_pattern
        self.sentence_separator = sentence_separator
        self.lowercase = lowercase
        self._find_words = str.split if token_pattern is None else _compile(token_pattern).findall

    def __reduce__(self):
        """Pickle the parameters; compiled patterns are made again."""
        return _make, (self.token_pattern, self.sentence_separator, self.lowercase)

    def _to_saved(self):
        names = ("token_pattern", "sentence_separator", "lowercase")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def _from_saved(cls, state):
        return cls(**state)

    def split(self, text):
        """Split one text.

        Parameters
        ----------
        text : str
            The text.

        Returns
        -------
        list of list of str
            The words of each sentence. Sentences without a word are left out, so that an
            empty text has none.
        """
        if self.sentence_separator is None:
            sentences = _SENTENCE_END.split(text)
        else:
            # lower the case after the separator has been found in its own
            sentences = text.split(self.sentence_separator)
        if self.lowercase:
            sentences = map(str.lower, sentences)
        return [words for words in map(self._find_words, sentences) if words]


def _make(token_pattern, sentence_separator, lowercase):
    return Tokenizer(token_pattern, sentence_separator=sentence_separator, lowercase=lowercase)


def _compile(token_pattern):
    try:
        pattern = re.compile(token_pattern)
    except re.error as error:
        raise ValueError(
            f"token_pattern {token_pattern!r} is no regular expression: {error}"
        ) from error
    if pattern.groups > 1:
        raise ValueError(
            f"token_pattern {token_pattern!r} has {pattern.groups} groups; use at most one, "
            f"and (?:...) for the others"
        )
    if pattern.fullmatch(""):
        raise ValueError(f"token_pattern {token_pattern!r} matches the empty text")
    return pattern
