"""An engine of lists in this process, which sends everything through pickle."""

import pickle

from skmultitext.distributed._engines import LocalEngine


def sent(value):
    return pickle.loads(pickle.dumps(value))


class PicklingEngine(LocalEngine):
    """Counts the lists of parts that are kept."""

    def __init__(self):
        self.held = 0

    def map(self, parts, function, *shared):
        function, *shared = sent((function, *shared))
        return [sent(value) for value in super().map(parts, function, *shared)]

    def keep(self, parts):
        self.held += 1
        return super().keep(parts)

    def release(self, parts):
        self.held -= 1
        super().release(parts)
