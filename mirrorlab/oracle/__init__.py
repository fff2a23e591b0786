"""The recordings of the real kernel, and how the model is replayed against them."""
