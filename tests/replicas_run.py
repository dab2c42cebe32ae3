"""Accumulate gradients on two replicas; compare with one device and whole batches."""

import numpy as np
import tensorflow as tf

from skmultitext import KerasMLPTagger

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)


def fit(batch_size, accumulated):
    rng = np.random.RandomState(0)
    X = rng.randn(96, 5).astype(np.float32)
    y = (X @ rng.randn(5, 3) > 0).astype(int)
    weight = np.full(len(y), 2.0)
    tagger = KerasMLPTagger(
        (8,),
        batch_size=batch_size,
        training_params={"gradient_accumulation_steps": accumulated, "max_grad_norm": None},
        optimizer="sgd",
        learning_rate=0.5,
        max_epochs=3,
        early_stopping=False,
        random_state=0,
    ).fit(X, y, sample_weight=weight)
    return tagger, tagger.predict_proba(X)


def main():
    whole, wanted = fit(32, 1)
    with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
        parts, found = fit(8, 4)
        single, other = fit(8, 1)
    steps = [tagger.history_[-1]["step"] for tagger in (whole, parts, single)]
    print(f"updates {steps}")
    print(f"apart {np.abs(found - wanted).max():.1e}, without accumulation", end=" ")
    print(f"{np.abs(other - wanted).max():.1e}")


if __name__ == "__main__":
    main()
