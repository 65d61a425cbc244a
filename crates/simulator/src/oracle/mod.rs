//! The brute-force oracle.
