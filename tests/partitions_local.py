"""An engine of lists in this process, which sends everything through pickle."""

import pickle
from functools import reduce


def sent(value):
    return pickle.loads(pickle.dumps(value))


class LocalEngine:
    """Has the methods that fits in partitions call."""

    def __init__(self):
        self.held = 0  # lists of parts not yet released

    def map(self, function, parts, *shared):
        self.held += 1
        function = sent(function)
        return [sent(function(part, i, *sent(shared))) for i, part in enumerate(parts)]

    def reduce(self, function, parts, combine):
        return sent(reduce(combine, [sent(function)(part, i) for i, part in enumerate(parts)]))

    def release(self, parts):
        self.held -= 1
        parts.clear()
