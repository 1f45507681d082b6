//! The framing of requests and answers in the pipes between two processes: a mark, the length, a checksum, and the content.

use std::io::{self, Read, Write};

use crate::facts::hash::wide_checksum;

/// The start of a frame. Other output of a process does not match it.
const MARK: &[u8; 8] = b"\0leverag";
/// The mark, the length and the checksum.
const HEAD: usize = 24;

/// Writes one complete frame.
pub(super) fn write(output: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(MARK);
    head[8..16].copy_from_slice(&(body.len() as u64).to_le_bytes());
    head[16..].copy_from_slice(&wide_checksum(body).to_le_bytes());
    output.write_all(&head)?;
    output.write_all(body)?;
    output.flush()
}

/// Reads one frame of at most `most` bytes; `None` if the other side closed the pipe.
pub(super) fn read(input: &mut impl Read, most: u64) -> io::Result<Option<Vec<u8>>> {
    let mut head = Vec::with_capacity(HEAD);
    input.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Ok(None);
    }
    let (length, sum) = parse(&head).ok_or_else(|| wrong("is invalid"))?;
    if length > most {
        return Err(wrong("is too long"));
    }
    let mut body = Vec::new();
    input.by_ref().take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length || wide_checksum(&body) != sum {
        return Err(wrong("is truncated"));
    }
    Ok(Some(body))
}

fn parse(head: &[u8]) -> Option<(u64, u64)> {
    let (length, sum) = head.strip_prefix(MARK)?.split_first_chunk::<8>()?;
    Some((
        u64::from_le_bytes(*length),
        u64::from_le_bytes(sum.try_into().ok()?),
    ))
}

fn wrong(how: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("its answer {how}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_heard_whole_or_not_at_all() {
        let mut pipe = Vec::new();
        for body in [&b"first"[..], b"", b"third"] {
            write(&mut pipe, body).unwrap();
        }
        let mut input = &*pipe;
        for body in [&b"first"[..], b"", b"third"] {
            assert_eq!(read(&mut input, 5).unwrap().unwrap(), body);
        }
        assert!(read(&mut input, 5).unwrap().is_none());
        for cut in 1..HEAD + 5 {
            assert!(read(&mut &pipe[..cut], 5).is_err(), "{cut}");
        }
        assert!(read(&mut &*pipe, 4).is_err(), "too long");
        for at in 0..HEAD + 5 {
            let mut other = pipe.clone();
            other[at] ^= 1;
            assert!(read(&mut &*other, u64::MAX).is_err(), "byte {at}");
        }
    }
}
