"""What is measured: each module is one benchmark, named `<room>.<measure>`. `python -m benchmarks [NAME]`."""
