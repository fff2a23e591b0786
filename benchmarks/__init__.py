"""Speed and memory of the model, measured against targets. `python -m benchmarks` prints the table of README.md."""
