"""Serve a model over HTTP."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from ._models import named
from ._output import note
from ._parsing import Command, whole_number
from ._settings import parameters_of, parse_settings

__all__ = ["COMMANDS"]

TOKEN = "SKMULTITEXT_TOKEN"
_LOOPBACK = ("127.", "localhost", "::1")


def _add_serve(parser: ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a saved model")
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        help="address to listen on; default: 127.0.0.1, for this machine alone; 0.0.0.0 for all",
    )
    parser.add_argument(
        "--port",
        type=whole_number(0, 65535),
        default=8000,
        help="default: 8000; 0 takes any that is free",
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        help=f"file with a token that requests must carry; or set the variable {TOKEN}",
    )
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="limits, parameters of skmultitext.serving.make_app, such as max_length=2000",
    )


def _serve(arguments: Namespace) -> None:
    from .._runtime.optional import require
    from ..serving import make_app, make_server

    for library in ("fastapi", "uvicorn", "prometheus_client"):
        require(library, "serve")
    from ..serving._server import bound_socket

    known = parameters_of(make_app)
    limits = {name: known[name] for name in known if name not in ("model", "token")}
    settings = parse_settings("--set", arguments.set, limits, "make_app")
    token = _read_token(arguments.token_file)
    _allow_more_connections()
    # before a model is loaded, which may take long
    bound_socket(arguments.host, arguments.port).close()
    with named(arguments.model):
        app = make_app(arguments.model, token=token, **settings)

    def say(url: str) -> None:
        note(f"serving {arguments.model} on {url} (Ctrl-C stops it)")
        if token is None and not arguments.host.startswith(_LOOPBACK):
            note("warning: whoever reaches this address can use the model; see --token-file")

    make_server(
        app,
        host=arguments.host,
        port=arguments.port,
        timeout=settings.get("timeout", 10.0),
        on_start=say,
    ).run()


def _read_token(path: str | None) -> str | None:
    from .._gate.parameters import check_token

    if path is not None:
        return check_token(f"The token in {path}", Path(path).read_text(encoding="utf-8").strip())
    # an empty variable is a mistake, which must not open the server
    return check_token(TOKEN, os.environ[TOKEN]) if TOKEN in os.environ else None


def _allow_more_connections() -> None:
    """Raise the number of open files as far as the system lets this process."""
    try:
        import resource
    except ImportError:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 16_384 if hard == resource.RLIM_INFINITY else min(hard, 16_384)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


COMMANDS = [
    Command(
        "serve",
        "serve a model over HTTP, with a page to try it",
        """
        skmultitext serve tickets.model
        skmultitext serve tickets.model --port 9000 --set max_length=2000 batch_size=128
        skmultitext serve tickets.model --host 0.0.0.0 --token-file token.txt
        """,
        _add_serve,
        _serve,
    )
]
