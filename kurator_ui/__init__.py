"""The running program: settings, servers, the embedded worker, the demo fleet. The product itself is `rollouts`."""
