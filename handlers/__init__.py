"""Events and requests: what happens, in order; nothing else."""
