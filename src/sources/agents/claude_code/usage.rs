//! Tokens of responses: what is beside the top level of `usage`, and which records are one response.

use super::super::log::{Key, Log, Stamp, What};
use super::super::record::Tally;
use super::records::{Message, Record, UsageRecord, key};
use crate::facts::session::TokenCounts;

impl UsageRecord<'_> {
    /// The tokens; `None` if a count is invalid. Responses without a cache may have null for it, and only for it.
    fn tokens(&self) -> Option<TokenCounts> {
        let split = self.cache_creation.as_ref().map_or([Tally::Missing; 2], |split| {
            [split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens]
        });
        let cached = [self.cache_creation_input_tokens, self.cache_read_input_tokens];
        let is_wrong = [self.input_tokens, self.output_tokens].contains(&Tally::Null)
            || [self.input_tokens, self.output_tokens]
                .iter()
                .chain(&cached)
                .chain(&split)
                .any(|count| *count == Tally::Unusable);
        let written = match self.cache_creation_input_tokens.get() {
            0 => split.iter().map(|count| count.get()).sum(),
            written => written,
        };
        (!is_wrong).then(|| TokenCounts {
            input: self.input_tokens.get(),
            cache_write: written,
            cache_read: self.cache_read_input_tokens.get(),
            output: self.output_tokens.get(),
        })
    }

    /// The iterations whose tokens the top level does not include: those of an advisor, of a compaction, and any others
    /// that a separate model answered, unless the sums show that they are counted already.
    fn beside(&self) -> impl Iterator<Item = (usize, &Self)> {
        let own = self.iterations.iter().filter(|part| part.kind == "message");
        let own: u64 = own.map(|part| part.output_tokens.get()).sum();
        let counted = self.output_tokens.get();
        let is_beside = move |part: &Self| match &*part.kind {
            "message" => false,
            "advisor_message" | "compaction" => true,
            _ => {
                let output = part.output_tokens.get();
                let is_inside = output > 0 && counted >= own.saturating_add(output);
                !part.model.is_empty() && !is_inside
            }
        };
        let numbered = self.iterations.iter().enumerate();
        numbered.filter(move |(_, part)| is_beside(part))
    }
}

/// Reads the tokens of a response, and those beside it.
pub(super) fn read(
    record: &Record<'_>,
    message: &Message<'_>,
    usage: &UsageRecord<'_>,
    stamp: Stamp,
    log: &mut Log,
) {
    let Some(tokens) = usage.tokens() else {
        log.push(stamp, What::Work);
        return log.refuse_tokens(stamp);
    };
    let id = identity(record, message, tokens, stamp, log);
    let request = (!record.request_id.is_empty()).then(|| Key::of(&[&record.request_id]));
    if let (Some(id), None) = (&id, request) {
        let (response, message) = (Key::of(&[id]), Key::of(&[&message.id]));
        log.push(stamp, What::Unrequested { response, message });
    }
    let mut push = |part: Option<usize>, model: &str, fast: bool, tokens: TokenCounts| {
        let model = if fast {
            log.name(&format!("{model}-fast"))
        } else {
            log.name(model)
        };
        let message = id.as_deref().map(|id| match part {
            None => Key::of(&[id]),
            Some(number) => Key::of(&[id, "iteration", &number.to_string()]),
        });
        let what = What::Usage {
            message,
            request,
            model,
            tokens,
        };
        log.push(stamp, what);
    };
    push(None, &message.model, usage.speed == "fast", tokens);
    let mut is_whole = true;
    for (number, part) in usage.beside() {
        let model = match &*part.model {
            "" => &message.model,
            model => model,
        };
        match part.tokens() {
            Some(tokens) => push(Some(number), model, part.speed == "fast", tokens),
            None => is_whole = false,
        }
    }
    if !is_whole {
        log.refuse_tokens(stamp);
    }
    if stamp.lane.is_some()
        && let Some(id) = id
    {
        let response = Key::of(&[&id]);
        let is_final = !message.stop_reason.is_empty();
        log.push(stamp, What::Counted { response, is_final });
    }
}

/// What distinguishes a response from others. With a request, its message's id does. Without one, the id may be a
/// relay's, which gives all its responses the same: then only records that continue each other are one response,
/// identified by the first of them. They continue each other if one has the other as its parent, or both the same;
/// results of tools may be between them, a prompt may not, and then the same input decides.
fn identity(
    record: &Record<'_>,
    message: &Message<'_>,
    tokens: TokenCounts,
    stamp: Stamp,
    log: &mut Log,
) -> Option<String> {
    if message.id.is_empty() {
        return None;
    }
    if !record.request_id.is_empty() {
        return Some(message.id.to_string());
    }
    let place = place(record, stamp, log);
    let own = match &*record.uuid {
        "" => format!("{:x}", key(record).0),
        uuid => uuid.to_owned(),
    };
    let before = log.carried.noted(&place).and_then(Before::parse);
    let input = [tokens.input, tokens.cache_write, tokens.cache_read];
    let first = before
        .filter(|before| before.continues(record, message, &own, input))
        .map_or_else(|| own.clone(), |before| before.first);
    let now = Before {
        id: message.id.to_string(),
        first: first.clone(),
        last: own,
        parent: record.parent_uuid.to_string(),
        input,
    };
    log.carried.note(&place, &now.format());
    Some(format!("{} {first}", message.id))
}

/// The key of the last response of a lane among what is carried.
fn place(record: &Record<'_>, stamp: Stamp, log: &Log) -> String {
    let lane = stamp.lane.map_or("", |lane| log.text(lane));
    format!("response {} {lane}", record.session_id)
}

/// A prompt ends the response before it: what follows is another one.
pub(super) fn end(record: &Record<'_>, stamp: Stamp, log: &mut Log) {
    let place = place(record, stamp, log);
    log.carried.take_note(&place);
}

/// The last record of a response without a request.
struct Before {
    id: String,
    /// The first record of the same response.
    first: String,
    last: String,
    parent: String,
    input: [u64; 3],
}

impl Before {
    fn continues(&self, record: &Record<'_>, message: &Message<'_>, own: &str, input: [u64; 3]) -> bool {
        let same_parent = !record.parent_uuid.is_empty() && record.parent_uuid == self.parent;
        let same_input = input == self.input && input != [0; 3];
        self.id == message.id
            && (own == self.last || record.parent_uuid == self.last || same_parent || same_input)
    }

    fn format(&self) -> String {
        let [input, written, read] = self.input;
        let Self {
            id,
            first,
            last,
            parent,
            ..
        } = self;
        format!("{id}\n{first}\n{last}\n{parent}\n{input} {written} {read}")
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('\n').map(str::to_owned);
        let mut next = || parts.next();
        let (id, first, last, parent) = (next()?, next()?, next()?, next()?);
        let mut counts = next()?;
        counts.push(' ');
        let mut counts = counts.split(' ').map_while(|count| count.parse().ok());
        let input = [counts.next()?, counts.next()?, counts.next()?];
        Some(Self {
            id,
            first,
            last,
            parent,
            input,
        })
    }
}
