//! All command tests in one binary.
