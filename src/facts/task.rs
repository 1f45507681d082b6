//! The task: what is claimed, with its revisions, and its canonical line.
