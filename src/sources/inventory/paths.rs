//! The parts of a path in a tree.

/// The last part.
pub(super) fn name_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What comes before the last part, without the slash; empty at the top.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The directories above, from the top.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    folder_of(path).split('/').filter(|part| !part.is_empty())
}
