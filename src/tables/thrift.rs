//! The compact protocol of Thrift, as far as sizes are concerned: Parquet describes itself in it.
//!
//! The library reserves memory by the numbers that it reads, and descends as deep as they lead. Here they are only walked over, within
//! bounds, so that nothing lies about its size when the library reads it.

/// No structure of Parquet is nested deeper.
const DEEPEST: usize = 16;

/// What is wrong with it.
pub(super) type Wrong = &'static str;

const ENDS: Wrong = "it ends within a value";

/// The types of values.
mod kind {
    pub const STOP: u8 = 0;
    pub const YES: u8 = 1;
    pub const NO: u8 = 2;
    pub const BYTE: u8 = 3;
    pub const I16: u8 = 4;
    pub const I64: u8 = 6;
    pub const DOUBLE: u8 = 7;
    pub const BINARY: u8 = 8;
    pub const LIST: u8 = 9;
    pub const SET: u8 = 10;
    pub const STRUCT: u8 = 12;
}

/// A place in bytes, from which values are read.
pub(super) struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// The maximum number of elements of a list.
    longest: u64,
}

/// A field of a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) id: i64,
    kind: u8,
}

impl<'a> Walk<'a> {
    /// Walks over these bytes, in which no list may be longer than this.
    pub(super) fn new(bytes: &'a [u8], longest: u64) -> Self {
        Self {
            bytes,
            at: 0,
            longest,
        }
    }

    /// How many bytes were walked over.
    pub(super) fn walked(&self) -> usize {
        self.at
    }

    fn byte(&mut self) -> Result<u8, Wrong> {
        let byte = self.bytes.get(self.at).ok_or(ENDS)?;
        self.at += 1;
        Ok(*byte)
    }

    fn pass(&mut self, count: u64) -> Result<(), Wrong> {
        let left = self.bytes.len() - self.at;
        let count = usize::try_from(count).ok().filter(|count| *count <= left);
        self.at += count.ok_or(ENDS)?;
        Ok(())
    }

    fn varint(&mut self) -> Result<u64, Wrong> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number is too long")
    }

    fn number(&mut self) -> Result<i64, Wrong> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }

    /// The next field of a structure, given the one before it; `None` at its end. Fields are in the order of their ids, and none is there
    /// twice: the library would take the last.
    pub(super) fn field(&mut self, before: Option<Field>) -> Result<Option<Field>, Wrong> {
        let byte = self.byte()?;
        let kind = byte & 0x0f;
        if kind == kind::STOP {
            return Ok(None);
        }
        let last = before.map_or(0, |field| field.id);
        let id = match byte >> 4 {
            0 => self.number()?,
            step => last + i64::from(step),
        };
        if before.is_some_and(|field| id <= field.id) || !(0..=1000).contains(&id) {
            return Err("fields in another order than written");
        }
        Ok(Some(Field { id, kind }))
    }

    /// The value of a field that is a size or another number of 31 bits.
    pub(super) fn size(&mut self, field: Field) -> Result<u64, Wrong> {
        if !(kind::I16..=kind::I64).contains(&field.kind) {
            return Err("not a number");
        }
        let size = self.number()?;
        let size = i32::try_from(size).ok().and_then(|size| u64::try_from(size).ok());
        size.ok_or("a size that cannot be true")
    }

    /// Enters the structure that is the value of a field.
    pub(super) fn enter(&mut self, field: Field) -> Result<(), Wrong> {
        match field.kind {
            kind::STRUCT => Ok(()),
            _ => Err("not a structure"),
        }
    }

    /// Walks over the value of a field.
    pub(super) fn skip(&mut self, field: Field) -> Result<(), Wrong> {
        match field.kind {
            // The type is the value.
            kind::YES | kind::NO => Ok(()),
            kind => self.value(kind, 0),
        }
    }

    /// Walks over a structure.
    #[cfg(test)]
    fn structure(&mut self) -> Result<(), Wrong> {
        self.value(kind::STRUCT, 0)
    }

    fn value(&mut self, kind: u8, depth: usize) -> Result<(), Wrong> {
        if depth > DEEPEST {
            return Err("nested too deep");
        }
        match kind {
            kind::YES | kind::NO | kind::BYTE => self.pass(1),
            kind::I16..=kind::I64 => self.varint().map(drop),
            kind::DOUBLE => self.pass(8),
            kind::BINARY => {
                let length = self.varint()?;
                self.pass(length)
            }
            kind::LIST | kind::SET => self.list(depth),
            kind::STRUCT => {
                let mut before = None;
                while let Some(field) = self.field(before)? {
                    if !matches!(field.kind, kind::YES | kind::NO) {
                        self.value(field.kind, depth + 1)?;
                    }
                    before = Some(field);
                }
                Ok(())
            }
            _ => Err("a type of value that Parquet does not use"),
        }
    }

    /// The number of elements of a list that is the value of a field, and their type; the elements are next.
    fn length(&mut self) -> Result<(u64, u8), Wrong> {
        let head = self.byte()?;
        let length = match head >> 4 {
            15 => self.varint()?,
            few => u64::from(few),
        };
        match length <= self.longest {
            true => Ok((length, head & 0x0f)),
            false => Err("a list is too long"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<(), Wrong> {
        let (length, kind) = self.length()?;
        for _ in 0..length {
            self.value(kind, depth + 1)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_structure_is_walked_over() {
        // 1: i32 150, 2: list of one text, 3: true, stop.
        let bytes = [0x15, 0xac, 0x02, 0x19, 0x18, 0x01, b'a', 0x11, 0x00, 0xff];
        let mut walk = Walk::new(&bytes, 10);
        assert_eq!(walk.structure(), Ok(()));
        assert_eq!(walk.walked(), bytes.len() - 1);
    }

    #[test]
    fn what_lies_about_its_size_is_refused() {
        let wrong = |bytes: &[u8]| Walk::new(bytes, 10).structure().unwrap_err();
        assert_eq!(wrong(&[]), ENDS);
        // A text of 100 bytes of which one is there.
        assert_eq!(wrong(&[0x18, 100, b'a']), ENDS);
        // A list of 2^31 elements.
        assert_eq!(
            wrong(&[0x19, 0xf5, 0x80, 0x80, 0x80, 0x80, 0x08]),
            "a list is too long"
        );
        // The same field twice.
        assert_eq!(
            wrong(&[0x15, 0x02, 0x05, 0x02, 0x02, 0x00]),
            "fields in another order than written"
        );
        assert_eq!(wrong(&[0x1c; 1000]), "nested too deep");
        assert_eq!(wrong(&[0x16; 12]), ENDS);
        assert_eq!(
            wrong(&[&[0x16][..], &[0xff; 12]].concat()),
            "a number is too long"
        );
    }
}
