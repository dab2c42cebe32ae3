"""Neural taggers on Keras: their networks and losses.

Nothing here loads TensorFlow before the first network is built.
"""
