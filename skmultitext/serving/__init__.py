"""Serve a tagger over HTTP: an application for any ASGI server, and a server with time limits.

The command ``skmultitext serve MODEL`` does the same without a line of Python.
"""

import os
from collections.abc import Callable
from typing import Any

from .._gate.parameters import check_int, check_number, check_port, check_token
from .._runtime.optional import require

__all__ = ["make_app", "make_server"]


def __dir__() -> list[str]:
    return __all__


_MOST_PROBABILITIES = 1_000_000  # in one answer


def make_app(
    model: Any,
    *,
    token: str | None = None,
    max_length: int = 10_000,
    max_texts: int = 1_000,
    max_bytes: int = 4_000_000,
    max_waiting: int = 4_000,
    batch_size: int = 64,
    timeout: float = 10.0,
) -> Any:
    """Make the web application that serves a tagger of texts.

    ======================  ===================================================================
    ``POST /tag``           ``{"text": str}``; the labels of a text, and the probability of
                            every label
    ``POST /tag_batch``     ``{"texts": [str, ...]}``; the same for several texts
    ``POST /explain``       ``{"text": str, "label": str or null, "method": str}``; what
                            `skmultitext.inspection.explain` says of a text
    ``GET /labels``         names and thresholds
    ``GET /card``           the model card, in Markdown
    ``GET /health``         200 as long as the process answers
    ``GET /ready``          200 while texts are taken, 503 while too many wait
    ``GET /metrics``        counts and times for Prometheus
    ``GET /openapi.json``   the description of all these
    ``GET /``               a page to try the model in a browser
    ======================  ===================================================================

    All texts that wait when a call of the tagger ends share the next one. Labels and probabilities
    are those of `predict` and `predict_proba`, to the last digit. (A network may round the last
    digit differently in batches of another size.)

    Parameters
    ----------
    model : str, os.PathLike or estimator
        Path of a model that `skmultitext.save` wrote, or a fitted tagger of texts. It predicts one
        text before this function returns, so that a model that cannot be served is refused at once.
    token : str, default=None
        If given, all requests but those of the page, ``/health``, ``/ready`` and ``/openapi.json``
        need the header ``Authorization: Bearer TOKEN``, or get 401.
    max_length : int, default=10_000
        Largest number of characters of a text; a longer one gets 422.
    max_texts : int, default=1_000
        Largest number of texts of ``/tag_batch``. With more than 1,000 labels it is reduced, so
        that an answer has at most a million probabilities.
    max_bytes : int, default=4_000_000
        Largest body of ``/tag_batch`` in bytes; a larger one gets 413 as soon as that many have
        arrived. The limit of the other bodies follows from `max_length`.
    max_waiting : int, default=4_000
        Largest number of texts that wait for the tagger; requests beyond it get 503, so that memory
        and waiting times stay bounded. At least `max_texts`.
    batch_size : int, default=64
        Largest number of texts in one call of the tagger.
    timeout : float, default=10.0
        Seconds within which the body of a request must have arrived; otherwise it gets 408.

    Returns
    -------
    fastapi.FastAPI
        The application, for `make_server` or any other ASGI server.

    Raises
    ------
    ValueError
        If a parameter is not legal, or the model cannot tag texts.
    ModelFileError
        If the saved model cannot be loaded.
    FileNotFoundError
        If there is no model at the path.
    MissingExtraError
        If FastAPI is not installed: ``pip install "skmultitext[serve]"``.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> tagger = TfidfLogRegTagger().fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> app = make_app(tagger, max_length=500)
    >>> sorted(app.openapi()["paths"])[-3:]
    ['/ready', '/tag', '/tag_batch']
    """
    for library in ("fastapi", "prometheus_client"):
        require(library, "make_app")
    limits = {
        "max_length": check_int("max_length", max_length),
        "max_texts": check_int("max_texts", max_texts),
        "max_bytes": check_int("max_bytes", max_bytes),
        "max_waiting": check_int("max_waiting", max_waiting),
        "batch_size": check_int("batch_size", batch_size),
    }
    if max_waiting < max_texts:
        raise ValueError(
            f"max_waiting is {max_waiting}, but a request may have max_texts={max_texts} texts; "
            f"pass at least as many, or a smaller max_texts."
        )
    check_number("timeout", timeout, "(0, inf)", ", in seconds")
    if token is not None:
        check_token("token", token)
    from ._app import Limits, build_app
    from ._served import ServedModel

    served = ServedModel.of(model)
    limits["max_texts"] = max(1, min(max_texts, _MOST_PROBABILITIES // len(served.names)))
    return build_app(served, Limits(**limits, timeout=float(timeout)), token)


def make_server(
    app: Any,
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    timeout: float = 10.0,
    on_start: Callable[[str], None] | None = None,
) -> Any:
    """Make the server of an application; its method ``run`` serves until Ctrl-C or SIGTERM.

    It closes a connection on which no complete head of a request arrives in time, or whose client
    reads its answer too slowly, and it limits the number of connections by what the system allows.
    Another ASGI server may run the application, but may lack these limits.

    Parameters
    ----------
    app : fastapi.FastAPI
        What `make_app` returns.
    host : str, default="127.0.0.1"
        Address to listen on. The default takes no connection from another machine; "0.0.0.0" and
        "::" take them from everywhere.
    port : int, default=8000
        Port to listen on; 0 for any free one.
    timeout : float, default=10.0
        Seconds for the head of a request to arrive, for 64 KiB of an answer to be read, and for
        running requests to end when the server is stopped.
    on_start : callable, default=None
        Called with the URL when the server takes requests.

    Returns
    -------
    uvicorn.Server
        The server. Its attribute ``url`` is its address, and ``should_exit = True`` stops it.

    Raises
    ------
    ValueError
        If a parameter is not legal.
    OSError
        If nothing can listen on the host and port, for example because another program does.
    MissingExtraError
        If uvicorn is not installed: ``pip install "skmultitext[serve]"``.

    Examples
    --------
    >>> from skmultitext import TfidfLogRegTagger
    >>> tagger = TfidfLogRegTagger().fit(["late", "refund me"], [["delivery"], ["refund"]])
    >>> server = make_server(make_app(tagger), port=0)
    >>> server.url
    'http://127.0.0.1:...'
    >>> server.close()  # or server.run()
    """
    require("uvicorn", "make_server")
    check_port(port)
    check_number("timeout", timeout, "(0, inf)", ", in seconds")
    from ._server import BoundServer, bound_socket

    return BoundServer(app, bound_socket(os.fspath(host), int(port)), float(timeout), on_start)
