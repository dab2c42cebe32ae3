"""Neural taggers on Keras: networks, losses, and one fit loop for all of them.

Nothing here loads TensorFlow before the first network is built.
"""
