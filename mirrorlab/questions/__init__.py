"""Questions asked of a machine: why a request failed, how a load exhausts it, what an error costs."""
