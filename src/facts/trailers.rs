//! Trailers as git reads them.
