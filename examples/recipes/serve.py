"""Serve a saved tagger over HTTP: what ``skmultitext serve TAGGER`` does, in Python.

    python examples/recipes/serve.py TAGGER

TAGGER is a directory or zip file written by `save`; no code from it is run.
"""

import sys

from skmultitext.serving import make_app, make_server


def main(path, port=8000):
    app = make_app(path, max_length=2_000, batch_size=128)
    make_server(app, port=int(port), on_start=lambda url: print(url, flush=True)).run()


if __name__ == "__main__":
    main(*sys.argv[1:])
