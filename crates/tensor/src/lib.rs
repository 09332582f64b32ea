//! Dense matrices on faer, a graph of operations, gradients as graph, and compiled programs.
