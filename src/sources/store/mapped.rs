//! Large files of the cache in place: their pages are those of the system's cache, so nothing is copied and no memory is filled.

use std::fs::File;
use std::io::{self, Read as _};

use crate::facts::shared_bytes::SharedBytes;

/// Smaller files are read: that costs less than a map.
const LEAST: u64 = 256 << 10;

/// The bytes of a file of the cache.
pub(super) fn read(file: &mut File) -> io::Result<SharedBytes> {
    #[cfg(unix)]
    if file.metadata()?.len() >= LEAST {
        return map(file);
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(SharedBytes::new(bytes))
}

#[cfg(unix)]
#[expect(
    unsafe_code,
    reason = "a mapped file is only sound if nobody changes it in place"
)]
fn map(file: &File) -> io::Result<SharedBytes> {
    // SAFETY: a slice of mapped bytes is sound while the file does not change. Files of the cache never do: they are written
    // under another name and renamed into place (`Slot::put`), so a mapped one stays as it is, even if it is replaced or removed.
    // Only its owner can open it, because it is private and in a private directory. If the owner changes it in place anyway,
    // numbers are wrong; if it was cut, a signal ends this process. Slices check every position, so nothing outside of the map is
    // read.
    let map = unsafe { memmap2::Mmap::map(file) }?;
    Ok(SharedBytes::new(map))
}
