"""Training a network on documents that come in parts."""

from sklearn.utils import check_random_state

from .._incremental import IncrementalMixin
from ._backend import load_keras

__all__ = ["IncrementalNetworkMixin"]


class IncrementalNetworkMixin(IncrementalMixin):
    """Adds `partial_fit` to a neural tagger of features: one epoch a call.

    It uses the tagger's `_build_network`, `_make_step` and `_train`.
    """

    def _fit_part(self, X, indicator, space, sample_weight, *, first):
        load_keras(type(self).__name__)
        weights = None if first else self.network_.model.get_weights()
        try:
            return self._train_part(X, indicator, space, sample_weight, first=first)
        except BaseException:
            if not first:
                self.network_.model.set_weights(weights)
                self.network_.step = None
            raise

    def _train_part(self, X, indicator, space, sample_weight, *, first):
        random_state = getattr(self, "_random_state", None)
        if random_state is None:
            random_state = check_random_state(self.random_state)
        network = self._build_network(X.shape[1], space, random_state) if first else self.network_
        if network.step is None:
            network.step = self._make_step(network, indicator, sample_weight, space)
        result = self._train(
            network.step, X, indicator, sample_weight, space, random_state, 1, None
        )
        history = [] if first else self.history_
        return {
            "network_": network,
            "history_": history + [{**r, "epoch": len(history) + 1} for r in result.history],
            "n_iter_": len(history) + len(result.history),
            "_random_state": random_state,
        }
