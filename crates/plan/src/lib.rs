//! From a script to a checked plan, and from a plan to a graph of tasks.
