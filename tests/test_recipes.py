"""The recipes run, with two processes where they are for many."""

import asyncio
import importlib.util
import re
import socket
import threading
import time
from pathlib import Path

import pytest
from script_runs import run

from skmultitext import save

JSON = {"Content-Type": "application/json"}
RECIPES = Path(__file__).parents[1] / "examples" / "recipes"


@pytest.mark.slow
def test_dask_cluster():
    pytest.importorskip("distributed", reason="needs Dask (extra 'test')")
    printed = run(RECIPES / "dask_cluster.py", timeout=600)
    assert "best {'C': 100}" in printed
    tasks = re.search(r"tasks done by each worker: \[(\d+), (\d+)\]", printed)
    assert int(tasks[1]) > 0  # both worker processes took part
    assert int(tasks[2]) > 0


@pytest.mark.slow
def test_ray_cluster():
    pytest.importorskip("ray", reason="needs Ray (pip install ray)")
    printed = run(RECIPES / "ray_cluster.py", timeout=600)
    assert len(re.findall(r"0\.\d{3}", printed)) == 4
    assert re.search(r"in [12] other processes", printed)


@pytest.mark.slow
def test_dask_frame_by_partitions():
    pytest.importorskip("dask.dataframe", reason="needs Dask (extra 'test')")
    printed = run(RECIPES / "dask_frame.py", timeout=600)
    assert re.search(r"^780 rows in [3-9] partitions$", printed, re.M)
    assert re.search(r"^0 +damaged +0\.\d+$", printed, re.M)


@pytest.mark.slow
def test_mlflow_logs_what_can_be_loaded(tmp_path):
    pytest.importorskip("mlflow", reason="needs MLflow (pip install mlflow)")
    printed = run(RECIPES / "mlflow_logging.py", tmp_path, timeout=600)
    assert "logged C=100, micro-F1 0." in printed
    assert "('billing', 'refund')" in printed
    assert [*tmp_path.glob("*/*/artifacts/tagger/manifest.json")]


@pytest.mark.slow
def test_accelerate_launch_trains_on_two_processes():
    pytest.importorskip("accelerate", reason="needs accelerate (extra 'transformers')")
    pytest.importorskip("torch", reason="needs PyTorch (extra 'transformers')")
    launcher = "-m accelerate.commands.launch --multi_gpu --num_processes 2 --num_machines 1"
    options = "--mixed_precision no --dynamo_backend no --main_process_port 0"
    printed = run(
        RECIPES / "accelerate_transformer.py",
        launcher=[*launcher.split(), *options.split()],
        timeout=300,
        ACCELERATE_USE_CPU="1",
        OMP_NUM_THREADS="1",
    )
    weights = dict(re.findall(r"process (\d): weights (\w{16})", printed))
    assert set(weights) == {"0", "1"}
    assert weights["0"] == weights["1"]
    # 400 texts, 16 to a process: 13 updates an epoch, where one process makes 25
    assert re.findall(r"epoch (\d): (\d+) updates", printed) == [("1", "13"), ("2", "26")]


@pytest.fixture(scope="module")
def serve():
    """The module of the recipe."""
    for library in ("fastapi", "uvicorn", "httpx"):
        pytest.importorskip(library, reason=f"needs {library}")
    spec = importlib.util.spec_from_file_location("serve", RECIPES / "serve.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def saved(ticket_tagger, tmp_path_factory):
    """A saved tagger."""
    path = tmp_path_factory.mktemp("served") / "tagger"
    save(ticket_tagger, path)
    return path


@pytest.fixture
def server(request, serve, saved, monkeypatch):
    """A server on loopback in a thread; yields its address and the sizes of its batches.

    It waits a minute for the bytes of a request, so that no test fails on a busy machine, or as
    long as its test says by an indirect parameter.
    """
    patience = getattr(request, "param", 60)
    sizes = []
    answers = serve.Batcher._answers

    def counted(batcher, texts):
        sizes.append(len(texts))
        return answers(batcher, texts)

    monkeypatch.setattr(serve.Batcher, "_answers", counted)
    app = serve.make_app(saved, max_length=2000, largest=32, wait=0.1, timeout=patience)
    runner = serve.make_server(app, port=0, timeout=patience)
    thread = threading.Thread(target=runner.run)
    thread.start()
    deadline = time.monotonic() + 120
    while not runner.started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert runner.started
    port = runner.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}", sizes
    runner.should_exit = True
    thread.join(timeout=120)
    assert not thread.is_alive()


@pytest.mark.slow
def test_200_concurrent_requests(server, tickets, ticket_tagger):
    import httpx

    address, sizes = server

    async def post_all(texts):
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(base_url=address, limits=limits, timeout=300) as client:
            return await asyncio.gather(
                *(client.post("/tag", json={"text": text}) for text in texts)
            )

    texts = tickets.data[:200]
    responses = asyncio.run(post_all(texts))
    assert {response.status_code for response in responses} == {200}
    expected = ticket_tagger.predict_labels(texts)
    proba = ticket_tagger.predict_proba(texts)
    names = ticket_tagger.label_names_.tolist()
    for response, labels, row in zip(responses, expected, proba, strict=True):
        body = response.json()
        assert tuple(body["labels"]) == labels
        assert [body["probabilities"][name] for name in names] == pytest.approx(row.tolist())
    assert sum(sizes) == 200
    assert len(sizes) < 100  # requests share calls
    assert max(sizes) <= 32


def test_health_readiness_and_bounds(server):
    import httpx

    address, sizes = server
    with httpx.Client(base_url=address, timeout=300) as client:
        assert client.get("/health").json() == {"status": "alive"}
        assert client.get("/ready").json() == {"status": "ready"}
        assert client.post("/tag", json={"text": "x" * 2000}).status_code == 200
        assert client.post("/tag", json={"text": "x" * 2001}).status_code == 422
        assert client.post("/tag", json={"text": 5}).status_code == 422
        assert client.post("/tag", json=["late"]).status_code == 422
        assert client.post("/tag", content=b"{").status_code == 422
        too_long = client.post("/tag", json={"text": "x" * 30_000})
        assert too_long.status_code == 413
        assert "at most 24100 bytes" in too_long.json()["detail"]
        assert client.post("/tag", content=iter([b"{", b"}"])).status_code == 422
        in_pieces = client.post("/tag", content=iter([b'{"text"', b': "late"}']), headers=JSON)
        assert in_pieces.status_code == 200
        assert client.post("/tag", json={"text": ""}).status_code == 200
    assert sizes == [1, 1, 1]


@pytest.mark.parametrize(
    "body",
    [
        b'{"text": NaN}',
        b'{"text": "\\ud800"}',
        b'{"\\ud800": 1}',
        b"\xff",
        b'["\\ud800"]',
        b"",
        b"[" * 9000,
    ],
    ids=str,
)
def test_what_no_answer_can_hold_is_refused(server, body):
    import httpx

    response = httpx.post(f"{server[0]}/tag", content=body, headers=JSON, timeout=300)
    assert response.status_code == 422
    assert set(response.json()["detail"][0]) == {"type", "loc", "msg"}


def connect(address):
    """A socket to the server, which ends in an error where the server never answers."""
    host, port = address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=120)


HEAD = b"POST /tag HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("length", [b"", b"Content-Length: 10\r\n"])
def test_a_body_is_counted_whatever_its_headers_claim(server, length):
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    sent = 0
    with connect(server[0]) as client:
        client.sendall(HEAD + length + b"Transfer-Encoding: chunked\r\n\r\n")
        try:
            while sent < 300 * 2**20:
                client.sendall(chunk)
                sent += len(chunk)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the server has closed the connection
    assert sent < 16 * 2**20


def test_a_body_that_claims_too_much_is_not_read(server):
    with connect(server[0]) as client:
        client.sendall(HEAD + b"Content-Length: 300000000\r\n\r\n")
        assert client.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("server", [1], indirect=True, ids=["1 s"])
def test_requests_that_never_end(server):
    address, sizes = server
    half_body = HEAD + b'Content-Length: 16\r\n\r\n{"text": '
    whole = b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n"
    for start, answer in (
        (b"", b""),
        (HEAD, b""),
        (half_body, b"HTTP/1.1 408 "),
        (whole + HEAD, b"HTTP/1.1 200 "),
    ):
        for _ in range(5):  # the second may be over before a busy machine has read the start
            with connect(address) as client:
                client.sendall(start)
                received = b""
                while more := client.recv(1000):  # ends when the server closes, else in a time-out
                    received += more
            if received[: len(answer)] == answer:
                break
        assert received[: len(answer)] == answer
        assert bool(received) == bool(answer)
    assert sizes == []


@pytest.mark.parametrize("server", [1], indirect=True, ids=["1 s"])
def test_a_slow_head_is_not_kept_alive_by_single_bytes(server):
    def drip(client):
        for byte in HEAD + b"X-Slow: " + b"x" * 500:  # about a minute
            client.sendall(bytes([byte]))
            time.sleep(0.1)

    with connect(server[0]) as client, pytest.raises((BrokenPipeError, ConnectionResetError)):
        drip(client)


def test_before_the_tagger_is_loaded(serve, saved):
    import httpx

    async def ask():
        app = serve.make_app(saved)  # this transport does not start it up
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return [
                (await client.get("/health")).status_code,
                (await client.get("/ready")).status_code,
                (await client.post("/tag", json={"text": "late"})).status_code,
            ]

    assert asyncio.run(ask()) == [200, 503, 503]


def test_a_full_queue_and_a_failing_tagger(serve):
    class Broken:
        label_names_ = None  # no tagger: its failure must reach the client, and not end the worker

    async def fill():
        batcher = serve.Batcher(Broken(), largest=2, wait=0.01, most_waiting=1)
        first = asyncio.ensure_future(batcher.tag("late"))
        await asyncio.sleep(0)
        with pytest.raises(asyncio.QueueFull):
            await batcher.tag("late")
        worker = asyncio.ensure_future(batcher.run())
        with pytest.raises(AttributeError):
            await first
        with pytest.raises(AttributeError):
            await batcher.tag("again")
        worker.cancel()

    asyncio.run(fill())
