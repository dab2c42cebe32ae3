"""TransformerTagger on TensorFlow: KerasHub backbones, trained by the shared training loop."""
