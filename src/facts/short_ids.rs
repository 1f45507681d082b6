//! Short task ids: as many digits as tell a task from every other that is known.
//!
//! A UUIDv7 starts with the clock, so all ids of an evening begin alike. The short form is therefore taken from the last group of the
//! UUID, which is random, or a hash in a derived id.

use super::ids::TaskId;

/// Digits of a short id, unless more are needed.
const USUAL: usize = 8;
/// Digits of the last group of a UUID, and of its first two together.
const GROUP: usize = 12;
/// The fewest digits that name a task, as for objects in git.
pub const SHORTEST: usize = 4;

/// Known ids, sorted by all that a reader could type for them.
#[derive(Debug, Default)]
pub struct ShortIds {
    /// The last 48 bits of each id and the first 48: neighbors share the most digits.
    sorted: Vec<(u64, TaskId)>,
}

impl FromIterator<TaskId> for ShortIds {
    fn from_iter<T: IntoIterator<Item = TaskId>>(ids: T) -> Self {
        let keys = |id: TaskId| [(id.tail(), id), (id.head(), id)];
        let mut sorted: Vec<(u64, TaskId)> = ids.into_iter().flat_map(keys).collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self { sorted }
    }
}

impl ShortIds {
    /// The shortest form of `id` that names no other of these: 8 digits at least, the whole UUID where the last group is
    /// shared.
    pub fn of(&self, id: TaskId) -> String {
        let own = (id.tail(), id);
        let at = self.sorted.partition_point(|one| *one < own);
        let is_other = |one: &&(u64, TaskId)| one.1 != id;
        let (before, behind) = self.sorted.split_at(at);
        let neighbors = [before.iter().rev().find(is_other), behind.iter().find(is_other)];
        distinct(id, neighbors.into_iter().flatten().map(|one| one.0))
    }
}

/// [`ShortIds::of`] for only one id, without sorting the others.
pub fn among(id: TaskId, others: impl Iterator<Item = TaskId>) -> String {
    let others = others.filter(|other| *other != id);
    distinct(id, others.flat_map(|other| [other.tail(), other.head()]))
}

/// The last group of `id` as far as no other group begins alike.
fn distinct(id: TaskId, groups: impl Iterator<Item = u64>) -> String {
    let shared = groups.map(|group| shared_digits(group, id.tail()));
    match shared.max().unwrap_or(0) {
        GROUP.. => id.to_string(),
        shared => tail(id)[..USUAL.max(shared + 1)].to_owned(),
    }
}

/// The ids that agents gave their sessions, to be shown with 8 characters, or as many as tell one from the others.
#[derive(Debug, Default)]
pub struct ShortNames<'a> {
    sorted: Vec<&'a str>,
}

impl<'a> FromIterator<&'a str> for ShortNames<'a> {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Self {
        let mut sorted: Vec<&str> = names.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup();
        Self { sorted }
    }
}

impl ShortNames<'_> {
    /// The beginning of `name` that begins no other name.
    pub fn of<'n>(&self, name: &'n str) -> &'n str {
        let at = self.sorted.partition_point(|one| *one < name);
        let before = at.checked_sub(1).and_then(|at| self.sorted.get(at));
        let neighbors = [before, self.sorted[at..].iter().find(|one| **one != name)];
        let shared = neighbors
            .into_iter()
            .flatten()
            .map(|other| shared_chars(other, name));
        let shown = USUAL.max(shared.max().unwrap_or(0) + 1);
        name.char_indices()
            .nth(shown)
            .map_or(name, |(end, _)| &name[..end])
    }
}

fn shared_chars(one: &str, other: &str) -> usize {
    let pairs = one.chars().zip(other.chars());
    pairs.take_while(|(one, other)| one == other).count()
}

/// The first digits of the last group.
pub(super) fn usual(id: TaskId) -> String {
    tail(id)[..USUAL].to_owned()
}

fn tail(id: TaskId) -> String {
    format!("{:012x}", id.tail())
}

/// How many hex digits two groups begin with in common.
fn shared_digits(one: u64, other: u64) -> usize {
    let differing = (one ^ other) << 16;
    GROUP.min(differing.leading_zeros() as usize / 4)
}

/// Whether what a reader typed may be a task id, or the beginning of one.
pub fn is_like_an_id(text: &str) -> bool {
    text.len() >= SHORTEST && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-')
}

/// Whether what a reader typed, in lower case, begins the id or its short form.
pub fn begins(text: &str, id: TaskId) -> bool {
    let whole = id.to_string();
    let without_hyphens = || whole.replace('-', "").starts_with(text);
    is_like_an_id(text) && (whole.starts_with(text) || tail(id).starts_with(text) || without_hyphens())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(millis: u64, random: [u8; 10]) -> TaskId {
        TaskId::new(millis, &random)
    }

    const EVENING: u64 = 0x019d_7743_6a00;

    #[test]
    fn ids_of_one_evening_differ_at_sight() {
        let one = id(EVENING, [1, 2, 3, 4, 0xab, 0x12, 0xcd, 0x34, 5, 6]);
        let other = id(EVENING, [1, 2, 3, 4, 0xee, 0x12, 0xcd, 0x34, 5, 6]);
        let ids: ShortIds = [one, other].into_iter().collect();
        assert_eq!(ids.of(one), "ab12cd34");
        assert_eq!(ids.of(other), "ee12cd34");
        assert_eq!(one.short(), "ab12cd34");
    }

    #[test]
    fn a_short_id_is_as_long_as_it_must_be() {
        let one = id(1, [0, 0, 0, 0, 1, 2, 3, 4, 0x51, 6]);
        let other = id(2, [0, 0, 0, 0, 1, 2, 3, 4, 0x52, 6]);
        let twin = id(3, [0, 0, 0, 0, 1, 2, 3, 4, 0x52, 6]);
        let two: ShortIds = [one, other].into_iter().collect();
        assert_eq!(two.of(one), "0102030451");
        assert_eq!(two.of(other), "0102030452");
        let three: ShortIds = [one, other, twin].into_iter().collect();
        assert_eq!(three.of(one), "0102030451");
        assert_eq!(three.of(twin), twin.to_string());
        let all = [one, other, twin];
        for id in all {
            assert_eq!(among(id, all.into_iter()), three.of(id));
        }
    }

    #[test]
    fn a_short_id_does_not_begin_the_uuid_of_another_task() {
        let one = id(5, [0, 0, 0, 0, 0x01, 0x9d, 0x77, 0x43, 0x11, 0]);
        let other = id(EVENING, [7; 10]);
        let ids: ShortIds = [one, other].into_iter().collect();
        assert_eq!(ids.of(one), "019d77431");
        assert!(!begins("019d77431", other));
    }

    #[test]
    fn a_session_is_named_by_as_much_as_tells_it_apart() {
        let names = ["44df7d08-1", "44df7d08-2", "4f1c", "4f1c2", "çéàèùâêîôû"];
        let short: ShortNames = names.into_iter().collect();
        assert_eq!(
            names.map(|name| short.of(name)),
            ["44df7d08-1", "44df7d08-2", "4f1c", "4f1c2", "çéàèùâêî"]
        );
        let alone: ShortNames = ["44df7d08-1"].into_iter().collect();
        assert_eq!(alone.of("44df7d08-1"), "44df7d08");
    }

    #[test]
    fn an_id_is_named_by_its_beginning_or_by_its_short_form() {
        let one = id(EVENING, [1, 2, 3, 4, 0xab, 0x12, 0xcd, 0x34, 5, 6]);
        let whole = one.to_string();
        for text in [
            "019d",
            "019d7743-6a",
            "019d77436a",
            "ab12",
            "ab12cd34",
            "ab12cd340506",
            &whole,
        ] {
            assert!(begins(text, one), "{text}");
        }
        for text in ["019", "ab1", "12cd", "ab12-cd34", "ab12cd3405060", "HEAD"] {
            assert!(!begins(text, one), "{text}");
        }
    }
}
