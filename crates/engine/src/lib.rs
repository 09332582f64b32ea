//! Runs a graph of tasks: scheduling, progress, cancellation.
