"""Labels in chunks: to the workers of a joblib backend past this machine, and to bound memory.

Labels are fitted independently of each other, so that a chunk of them is a problem of its own.
"""

import numpy as np
import scipy.sparse as sp
from joblib import Parallel, delayed, effective_n_jobs, parallel_config
from joblib.parallel import get_active_backend

from ._logistic_engine import LabelFits, canonical, fit_labels

# Entries of the dense weights, or of the dual variables, that stand in memory at a time when
# weights are to be pruned: 128 MiB.
DENSE = 2**24


def fit_chunks(
    X, indicator, constant, *, factors, prune, n_jobs, duals=(), keep_duals=False, **options
):
    """Fit the labels as `fit_labels` does, and prune the weights.

    Where `joblib.parallel_config` names a backend without shared memory (Dask, Ray, loky), each
    worker gets X once and an equal share of the labels. Else all happens here, in threads.

    Parameters
    ----------
    X, indicator, constant, factors, n_jobs, duals, keep_duals, **options
        As in `fit_labels`.
    prune : float
        Weights up to this in absolute value become 0, and `coef` a CSR array; with 0 it stays
        dense.

    Returns
    -------
    LabelFits
        As from `fit_labels`; ``duals`` is empty where the labels were fitted in chunks.
    """
    n_labels = indicator.shape[1]
    X = canonical(X)
    n_workers = min(effective_n_jobs(n_jobs), n_labels)
    backend, _ = get_active_backend(prefer="threads")
    if n_workers > 1 and not getattr(backend, "supports_sharedmem", False):
        # arrays on their own are what the backend of Dask sends to a worker once
        parts = (X.data, X.indices, X.indptr) if sp.issparse(X) else (X,)
        shares = np.array_split(np.arange(n_labels), n_workers)
        done = Parallel(n_jobs=n_jobs)(
            delayed(_fit_share)(
                X.shape,
                *parts,
                indicator=indicator[:, share],
                constant=constant,
                factors=None if factors is None else factors[share],
                prune=prune,
                **options,
            )
            for share in shares
        )
        return _joined(done)
    if not prune:
        options.update(factors=factors, n_jobs=n_jobs, duals=duals, keep_duals=keep_duals)
        return fit_labels(X, indicator, constant, **options)
    done = []
    size = max(8, DENSE // max(X.shape))
    for start in range(0, n_labels, size):
        chunk = slice(start, start + size)
        own = None if factors is None else factors[chunk]
        fits = fit_labels(X, indicator[:, chunk], constant, factors=own, n_jobs=n_jobs, **options)
        done.append(fits._replace(coef=_pruned(fits.coef, prune)))
    return _joined(done)


def _fit_share(shape, *parts, **parameters):
    """Fit one worker's share of the labels, in one thread: the backend places the shares."""
    X = sp.csr_array(parts, shape=shape) if len(parts) == 3 else parts[0]
    with parallel_config(backend="threading", n_jobs=1):
        return fit_chunks(X, n_jobs=1, **parameters)


def _pruned(coef, prune):
    """Keep the weights above `prune` in absolute value, in CSR."""
    rows, columns = np.nonzero(np.abs(coef) > prune)
    return sp.csr_array((coef[rows, columns], (rows, columns)), shape=coef.shape)


def _joined(done):
    """Put the results for chunks of labels together."""
    coefs, intercepts, n_iters, sigmoids, _ = zip(*done, strict=True)
    coef = sp.vstack(coefs, format="csr") if sp.issparse(coefs[0]) else np.concatenate(coefs)
    sigmoid = None if sigmoids[0] is None else np.concatenate(sigmoids)
    return LabelFits(coef, np.concatenate(intercepts), np.concatenate(n_iters), sigmoid, ())
