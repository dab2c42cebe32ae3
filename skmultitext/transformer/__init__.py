"""Fine-tuned transformers on PyTorch or TensorFlow, as a tagger of texts.

Nothing here loads torch, TensorFlow or transformers before a tagger is fitted.
"""
