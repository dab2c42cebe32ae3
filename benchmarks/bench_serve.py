"""`skmultitext serve` under load: latency, errors and memory with thousands of requests at once.

    python benchmarks/bench_serve.py ../shared/data/goemotions [--requests 2000] [--rounds 5]
    python benchmarks/bench_serve.py --smoke

A tagger is fitted on GoEmotions and served by a process of its own. In each round all requests are
sent at once, each on a connection of its own, by this process on the same machine. A latency is the
time from the first connection of the round to the end of the answer, as a user would wait for it.
Every answer is compared with `predict_labels` and `predict_proba`, bit for bit. At the end: latency
of one request at a time.
"""

import argparse
import asyncio
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from _side_by_side import goemotions, print_machine, words_tagger

import skmultitext
from skmultitext.datasets import make_multilabel_text


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", nargs="?", type=Path, help="folder of GoEmotions")
    parser.add_argument("--smoke", action="store_true", help="small generated data")
    parser.add_argument("--requests", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if not options.smoke and options.path is None:
        parser.error("pass the folder of GoEmotions, or --smoke")
    print_machine()
    if options.smoke:
        train = test = make_multilabel_text(500, n_labels=6, n_words=20, random_state=0)
        n_requests, rounds = 50, 2
    else:
        train, test = (goemotions(options.path, split) for split in ("train", "test"))
        n_requests, rounds = options.requests, options.rounds
    tagger = words_tagger(C=2, ngram_range=(1, 2), random_state=0)
    tagger.fit(train.data, train.label_sets)
    texts = [test.data[i % len(test.data)] for i in range(n_requests)]
    expected = expected_answers(tagger, texts)
    with TemporaryDirectory() as folder:
        skmultitext.save(tagger, Path(folder, "model"))
        command = ["-m", "skmultitext", "serve", str(Path(folder, "model")), "--port", "0"]
        with subprocess.Popen(
            [sys.executable, *command], stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                line = process.stderr.readline()
                port = int(re.search(r"http://127\.0\.0\.1:(\d+) ", line)[1])
                measure(port, process.pid, texts, expected, rounds)
            finally:
                process.kill()


def expected_answers(tagger, texts):
    """Make the answers that the server must give."""
    names, proba = list(tagger.label_names_), tagger.predict_proba(texts).tolist()
    return [
        {"labels": list(labels), "probabilities": dict(zip(names, row, strict=True))}
        for labels, row in zip(tagger.predict_labels(texts), proba, strict=True)
    ]


def measure(port, pid, texts, expected, rounds):
    print(f"\n{len(texts)} requests at once{'p50':>10}{'p99':>10}{'requests/s':>12}{'errors':>8}"
          f"{'memory':>10}")  # fmt: skip
    print(f"{'before':>58}{memory(pid):>10}")
    for number in range(rounds):
        seconds, answers = asyncio.run(post_all(port, texts))
        errors = sum(status != 200 for status, _ in answers)
        wrong = sum(
            status == 200 and json.loads(body) != one
            for (status, body), one in zip(answers, expected, strict=True)
        )
        if wrong:
            raise SystemExit(f"{wrong} answers differ from those of the tagger")
        p50, p99 = np.percentile(seconds, [50, 99])
        print(f"{f'round {number + 1}':<21}{1000 * p50:>7.0f} ms{1000 * p99:>7.0f} ms"
              f"{len(texts) / max(seconds):>12.0f}{errors:>8}{memory(pid):>10}")  # fmt: skip
    seconds = asyncio.run(post_one_by_one(port, texts[:200]))
    p50, p99 = 1000 * np.percentile(seconds, [50, 99])
    print(f"{'one by one':<21}{p50:>7.1f} ms{p99:>7.1f} ms{1 / np.mean(seconds):>12.0f}")


async def post_all(port, texts):
    """Send all texts at once; return the seconds and the answer of each."""
    start = time.perf_counter()

    async def post(text):
        answer = await post_on_new_connection(port, text)
        return time.perf_counter() - start, answer

    found = await asyncio.gather(*map(post, texts))
    return [seconds for seconds, _ in found], [answer for _, answer in found]


async def post_one_by_one(port, texts):
    """Send one text after the other; return the seconds of each."""
    seconds = []
    for text in texts:
        start = time.perf_counter()
        await post_on_new_connection(port, text)
        seconds.append(time.perf_counter() - start)
    return seconds


async def post_on_new_connection(port, text):
    """Post a text; return the status and the body of the answer, status 0 for a lost connection."""
    body = json.dumps({"text": text}).encode()
    head = (
        f"POST /tag HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(head.encode() + body)
        answer = await reader.read()
        writer.close()
    except OSError:
        return 0, b""
    return int(answer.split(b" ", 2)[1]) if answer else 0, answer.partition(b"\r\n\r\n")[2]


def memory(pid):
    """Return the resident memory of a process."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except OSError:
        return "unknown"
    return f"{pages * os.sysconf('SC_PAGE_SIZE') / 1e6:.0f} MB"


if __name__ == "__main__":
    main()
