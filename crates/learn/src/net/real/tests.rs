//! Tests of RealMLP.
