"""TransformerTagger on PyTorch: network, model, loading, device and training."""
