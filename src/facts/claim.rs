//! What the `Leverage-*` trailers of a commit claim.

use serde::{Deserialize, Serialize};

use super::checks::{TaskError, check_agent_minutes, check_hours, check_text};
use super::estimate::{Estimate, Estimator, Phase, with_range};
use super::ids::{SessionId, TaskId};
use super::quantity::{Hours, Minutes, Tokens, WorkTime};
use super::range::{Ends, HoursRange};
use super::squash::{self, Part};
use super::trailers::{self, Trailer, TrailerPlace};

/// What every key of git-leverage begins with, in any case.
pub const PREFIX: &str = "Leverage-";

/// How deep a squash of squashes is read.
const MAX_DEPTH: usize = 8;
/// How many lines above a claim are stored as possible titles.
const MAX_TITLES: usize = 64;

/// The claims of one paragraph of a message. Serialized, it has nothing of the message but its trailers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Claim {
    /// The commit that the message took it from, if it quotes one as `git log` prints it.
    #[serde(skip)]
    pub part: Option<Part>,
    /// In a message that joins several: what may have been the title of the one that claimed it, the nearest first.
    #[serde(skip)]
    pub titles: Vec<String>,
    /// Whether git also reads it.
    pub place: TrailerPlace,
    /// The line of the message with its first trailer.
    pub line: usize,
    /// `Leverage-Task`.
    pub task: Option<TaskId>,
    /// `Leverage-Estimate` as it is written.
    stated: Option<HoursRange>,
    /// Its hours, otherwise the sum of the phases. Without them the claim makes no task.
    pub estimate: Option<Hours>,
    /// Its range, otherwise that of the phases.
    pub range: Option<Ends>,
    /// `Leverage-Phase`; they sum to the estimate.
    pub phases: Vec<Phase>,
    /// The phases if they do not sum to the estimate: not part of the task, and stored for error messages.
    pub phases_left_out: Vec<Phase>,
    /// `Leverage-Agent-Time`.
    pub agent_minutes: Option<Minutes>,
    /// `Leverage-Supervision`.
    pub supervisory_minutes: Option<Minutes>,
    /// `Leverage-Tokens`.
    pub tokens: Option<Tokens>,
    /// `Leverage-Agent`. Untrusted text.
    pub agent: Option<String>,
    /// `Leverage-Model`. Untrusted text.
    pub model: Option<String>,
    /// `Leverage-Category`. Untrusted text.
    pub category: Option<String>,
    /// `Leverage-Estimator`: the agent that estimated; `None` if a person did. Untrusted text.
    pub estimator: Option<Estimator>,
    /// `Leverage-Session`.
    pub sessions: Vec<SessionId>,
}

/// A `Leverage-` trailer that cannot be read. The others of its commit still count.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[error("line {line}: {key}: {reason}")]
pub struct ClaimError {
    /// The line of the message.
    pub line: usize,
    /// The key, as written. Untrusted text.
    pub key: String,
    /// What is wrong with the value. Untrusted text.
    pub reason: String,
    /// The kind of fault.
    pub fault: Fault,
}

/// What is wrong with a `Leverage-` trailer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// Its value, or its key.
    Value,
    /// The phases, each of which can be read, do not sum to the estimate.
    Sum,
}

/// Whether a trailer's key begins with `Leverage-`, known or not.
pub fn is_ours(key: &[u8]) -> bool {
    key.get(..PREFIX.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(PREFIX.as_bytes()))
}

/// Whether a message is worth parsing for claims: hardly any is.
pub fn may_claim(message: &[u8]) -> bool {
    memchr::memchr2_iter(b'l', b'L', message).any(|at| is_ours(&message[at..]))
}

/// Reads the claims of a commit's message, one for each paragraph with `Leverage-` trailers, and what is wrong in them.
/// Those of commits that it quotes come after its own.
pub fn read(message: &[u8], work: WorkTime) -> (Vec<Claim>, Vec<ClaimError>) {
    let (mut claims, mut errors) = read_own(message, work);
    add_titles(message, &mut claims);
    read_quoted(message, work, 1, &mut claims, &mut errors);
    (claims, errors)
}

fn read_own(message: &[u8], work: WorkTime) -> (Vec<Claim>, Vec<ClaimError>) {
    let ours: Vec<Trailer> = trailers::parse_everywhere(message, is_ours)
        .into_iter()
        .filter(|trailer| is_ours(&trailer.key))
        .collect();
    let mut errors = Vec::new();
    let claims = ours
        .chunk_by(|a, b| a.paragraph == b.paragraph && a.place == b.place)
        .map(|paragraph| Claim::of(paragraph, work, &mut errors))
        .collect();
    (claims, errors)
}

/// Adds the claims of the commits that a message quotes, and of those that these quote.
fn read_quoted(
    message: &[u8],
    work: WorkTime,
    depth: usize,
    claims: &mut Vec<Claim>,
    errors: &mut Vec<ClaimError>,
) {
    for quoted in squash::quoted(message) {
        if !may_claim(&quoted.message) {
            continue;
        }
        let before = quoted.line - 1;
        let (mut own, mut wrong) = read_own(&quoted.message, work);
        if depth < MAX_DEPTH {
            read_quoted(&quoted.message, work, depth + 1, &mut own, &mut wrong);
        }
        for claim in &mut own {
            claim.place = TrailerPlace::Body;
            claim.line += before;
            match &mut claim.part {
                Some(inner) => inner.line += before,
                None => claim.part = Some(quoted.part.clone()),
            }
        }
        wrong.iter_mut().for_each(|error| error.line += before);
        claims.append(&mut own);
        errors.append(&mut wrong);
    }
}

/// In a message that joins several, a claim's title is the first line of a paragraph, or an item of a list, above it. A
/// list joins several whatever else the message has: a forge lists the commits that it squashed, and all but one may
/// claim nothing.
fn add_titles(message: &[u8], claims: &mut [Claim]) {
    let joins_several = claims.len() > 1 || claims.iter().any(|claim| claim.place == TrailerPlace::Body);
    let mut claims = claims.iter_mut().peekable();
    let mut titles: Vec<(&[u8], bool)> = Vec::new();
    let mut after_blank = true;
    for (index, line) in message.split(|byte| *byte == b'\n').enumerate() {
        let Some(claim) = claims.next_if(|claim| claim.line == index + 1) else {
            if claims.peek().is_none() {
                return;
            }
            let text = line.trim_ascii();
            let item = text.strip_prefix(b"* ").or_else(|| text.strip_prefix(b"- "));
            if !text.is_empty() && !text.starts_with(b"#") && (after_blank || item.is_some()) {
                titles.push((item.unwrap_or(text), item.is_some()));
            }
            after_blank = text.is_empty() || text.starts_with(b"#");
            continue;
        };
        let last = titles.drain(..).rev().take(MAX_TITLES);
        claim.titles = last
            .filter_map(|(title, is_item)| {
                let title = String::from_utf8_lossy(title);
                match joins_several || is_item {
                    true => Some(title.into_owned()),
                    false => without_number(&title).map(str::to_owned),
                }
            })
            .collect();
    }
}

/// The keys, as people write them after the prefix.
const KEYS: &[&str] = &[
    "Task",
    "Estimate",
    "Agent-Time",
    "Supervision",
    "Tokens",
    "Agent",
    "Model",
    "Category",
    "Estimator",
    "Session",
    "Phase",
];

/// How much of a misspelled key must match a known one for that to be suggested, from 0 to 1.
const LIKENESS: f32 = 0.6;

/// The error for an unknown key, in lower case and without the prefix; it suggests the most similar known key.
fn unknown_key(name: &str) -> String {
    let likeness = |key: &str| similar::TextDiff::from_chars(name, key.to_ascii_lowercase().as_str()).ratio();
    let keys = KEYS.iter().map(|key| (likeness(key), key));
    let likely = keys.filter(|(likeness, _)| *likeness > LIKENESS);
    match likely.max_by(|(one, _), (other, _)| one.total_cmp(other)) {
        Some((_, key)) => format!("unknown trailer; did you mean `Leverage-{key}`?"),
        None => "unknown trailer; run `git leverage trailers -h` to list them".to_owned(),
    }
}

/// `Kiln controller (#12)`, the title that a forge gives to the squash of a single commit, without the number.
fn without_number(title: &str) -> Option<&str> {
    let (title, number) = title.strip_suffix(')')?.rsplit_once(" (")?;
    let number = number.strip_prefix(['#', '!'])?;
    (!number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())).then_some(title)
}

impl Claim {
    /// What is claimed, wherever it is: the same text for all equal claims, to find them by.
    pub fn content(&self) -> String {
        let placed = Self {
            part: None,
            titles: Vec::new(),
            place: TrailerPlace::Block,
            line: 0,
            ..self.clone()
        };
        format!("{placed:?}")
    }

    /// The estimate with its range, for people.
    pub fn estimate_shown(&self) -> Option<String> {
        self.estimate.map(|hours| with_range(hours, self.range))
    }

    /// Whether both claim the same, wherever they are.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.content() == other.content()
    }

    fn of(paragraph: &[Trailer], work: WorkTime, errors: &mut Vec<ClaimError>) -> Self {
        let mut claim = Self {
            part: None,
            titles: Vec::new(),
            place: paragraph
                .first()
                .map_or(TrailerPlace::Block, |trailer| trailer.place),
            line: paragraph.first().map_or(0, |trailer| trailer.line),
            task: None,
            stated: None,
            estimate: None,
            range: None,
            phases: Vec::new(),
            phases_left_out: Vec::new(),
            agent_minutes: None,
            supervisory_minutes: None,
            tokens: None,
            agent: None,
            model: None,
            category: None,
            estimator: None,
            sessions: Vec::new(),
        };
        for trailer in paragraph {
            let value = String::from_utf8_lossy(&trailer.value);
            if let Err(reason) = claim.take(&trailer.key, &value, work) {
                errors.push(ClaimError::new(trailer, reason));
            }
        }
        if let Err(error) = claim.settle() {
            errors.extend(paragraph.first().map(|first| ClaimError {
                line: first.line,
                key: "Leverage-Phase".into(),
                fault: match error {
                    TaskError::PhasesDoNotSum { .. } => Fault::Sum,
                    _ => Fault::Value,
                },
                reason: error.to_string(),
            }));
        }
        claim
    }

    /// Takes one trailer; the error says why not.
    fn take(&mut self, key: &[u8], value: &str, work: WorkTime) -> Result<(), String> {
        let name = String::from_utf8_lossy(&key[PREFIX.len()..]).to_ascii_lowercase();
        match name.as_str() {
            "task" => once(&mut self.task, read_as(value.parse())?),
            "estimate" => {
                let hours = read_as(HoursRange::parse(value, work))?;
                read_as(check_hours(hours.likely()))?;
                once(&mut self.stated, hours)
            }
            "agent-time" => {
                let minutes = read_as(Minutes::parse(value, work))?;
                read_as(check_agent_minutes(minutes))?;
                once(&mut self.agent_minutes, minutes)
            }
            "supervision" => once(
                &mut self.supervisory_minutes,
                read_as(Minutes::parse(value, work))?,
            ),
            "tokens" => once(&mut self.tokens, read_as(Tokens::parse(value))?),
            "agent" => once(&mut self.agent, text(value)?),
            "model" => once(&mut self.model, text(value)?),
            "category" => once(&mut self.category, text(value)?),
            "estimator" => match read_as(Estimator::parse(value))? {
                Some(estimator) => once(&mut self.estimator, estimator),
                None => Ok(()),
            },
            "session" => {
                self.sessions.push(read_as(value.parse())?);
                Ok(())
            }
            "phase" => {
                let phase = read_as(Phase::parse(value, work))?;
                text(&phase.name)?;
                self.phases.push(phase);
                Ok(())
            }
            _ => Err(unknown_key(&name)),
        }
    }

    /// Phases replace a missing estimate; if they disagree with it, they are left out.
    fn settle(&mut self) -> Result<(), TaskError> {
        if self.stated.is_none() && self.phases.is_empty() {
            return Ok(());
        }
        let mut estimate = Estimate::new(Hours::default(), "");
        estimate.state(self.stated, std::mem::take(&mut self.phases));
        check_hours(estimate.hours)?;
        let checked = estimate.check();
        if checked.is_err() {
            self.phases_left_out = std::mem::take(&mut estimate.phases);
            // What is left is the estimate as it is written, or without one, the sum.
            let stated = self.stated.unwrap_or_else(|| estimate.hours.into());
            estimate.state(Some(stated), Vec::new());
        }
        self.estimate = Some(estimate.hours);
        self.range = estimate.range();
        self.phases = estimate.phases;
        checked
    }
}

impl ClaimError {
    fn new(trailer: &Trailer, reason: String) -> Self {
        Self {
            line: trailer.line,
            key: String::from_utf8_lossy(&trailer.key).into_owned(),
            reason,
            fault: Fault::Value,
        }
    }
}

fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), String> {
    if slot.is_some() {
        return Err("given twice; only the first counts".into());
    }
    *slot = Some(value);
    Ok(())
}

fn read_as<T, E: std::fmt::Display>(read: Result<T, E>) -> Result<T, String> {
    read.map_err(|error| error.to_string())
}

fn text(value: &str) -> Result<String, String> {
    check_text("the value", value).map_err(|error| error.to_string())?;
    Ok(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(message: &str) -> (Vec<Claim>, Vec<String>) {
        let (claims, errors) = read(message.as_bytes(), WorkTime::default());
        (claims, errors.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn every_key_is_read() {
        let (claims, errors) = claims(
            "Title\n\nLeverage-Task: 019d7743-6a00-7707-8707-070707070707\nleverage-estimate: 40h\n\
             Leverage-Agent-Time: 25m\nLeverage-Supervision: 5 min\nLeverage-Tokens: 400k\nLeverage-Agent: codex\n\
             Leverage-Model: gpt-5\nLeverage-Session: codex:a\nLeverage-Session: codex:b\nLeverage-Category: api\n\
             Leverage-Phase: Schema design 4h\nLeverage-Phase: Client 36h\n\
             Leverage-Estimator: claude-code claude-opus-4-8\n",
        );
        assert_eq!(errors, [""; 0]);
        let claim = &claims[0];
        assert_eq!(claim.estimate, Hours::new(40.0));
        assert_eq!(claim.agent_minutes, Minutes::new(25.0));
        assert_eq!(claim.supervisory_minutes, Minutes::new(5.0));
        assert_eq!(claim.tokens, Some(Tokens(400_000)));
        assert_eq!(claim.agent.as_deref(), Some("codex"));
        assert_eq!(claim.model.as_deref(), Some("gpt-5"));
        assert_eq!(claim.category.as_deref(), Some("api"));
        assert_eq!(
            claim.estimator.as_ref().map(ToString::to_string).as_deref(),
            Some("claude-code claude-opus-4-8")
        );
        assert_eq!(claim.sessions.len(), 2);
        assert_eq!(claim.phases.len(), 2);
        assert!(claim.task.is_some());
    }

    #[test]
    fn an_estimate_may_be_a_range() {
        let shown = |trailers: &str| {
            let (claims, errors) = claims(&format!("Title\n\nLeverage-Agent: codex\n{trailers}"));
            (claims[0].estimate_shown().unwrap_or_default(), errors.join(" "))
        };
        let phases = "Leverage-Phase: Client 7h..10h..16h\nLeverage-Phase: Tests=16h..20h..28h\n";
        let ok = |text: &str| (text.to_owned(), String::new());
        assert_eq!(shown("Leverage-Estimate: 24h..60h\n"), ok("37.9h (24h..60h)"));
        assert_eq!(
            shown("Leverage-Estimate: 24h .. 40h .. 60h\n"),
            ok("40h (24h..60h)")
        );
        assert_eq!(shown(phases), ok("30h (25h..40h)"));
        assert_eq!(
            shown(&format!("{phases}Leverage-Estimate: 30h\n")),
            ok("30h (25h..40h)")
        );
        assert_eq!(
            shown(&format!("{phases}Leverage-Estimate: 20h..45h\n")),
            ok("30h (20h..45h)")
        );
        let sum = "line 3: Leverage-Phase: the phases sum to 30h, but the estimate is 40h..48.9h..60h";
        let beyond = shown(&format!("{phases}Leverage-Estimate: 40h..60h\n"));
        assert_eq!(beyond, ("48.9h (40h..60h)".to_owned(), sum.to_owned()));
        let wrong = shown("Leverage-Estimate: 6h..2h\nLeverage-Phase: Client 3h..1h\n");
        let reversed =
            |text: &str| format!("the range `{text}` is reversed: its low end is above its high end");
        assert_eq!(
            wrong.1,
            format!(
                "line 4: Leverage-Estimate: {} line 5: Leverage-Phase: {}",
                reversed("6h..2h"),
                reversed("3h..1h")
            )
        );
    }

    #[test]
    fn what_is_wrong_names_its_line_and_the_rest_counts() {
        let (claims, errors) = claims(
            "Title\n\nLeverage-Estimate: 40\nLeverage-Agent-Time: -3h\nLeverage-Supervision: 4x\n\
             Leverage-Tokens: 1e400\nLeverage-Task: 12\nLeverage-Esimate: 4h\nLeverage-Agent: codex\nLeverage-Agent: x\n",
        );
        assert_eq!(
            errors,
            [
                "line 3: Leverage-Estimate: `40` has no unit; write `40h` or `40m`",
                "line 4: Leverage-Agent-Time: `-3h` is negative",
                "line 5: Leverage-Supervision: `4x` has an unknown unit `x`; use s, m, h, d or w",
                "line 6: Leverage-Tokens: `1e400` is too large",
                "line 7: Leverage-Task: `12` is not a task id (a UUID)",
                "line 8: Leverage-Esimate: unknown trailer; did you mean `Leverage-Estimate`?",
                "line 10: Leverage-Agent: given twice; only the first counts",
            ]
        );
        assert_eq!(claims[0].agent.as_deref(), Some("codex"));
        assert_eq!(claims[0].estimate, None);
    }

    #[test]
    fn an_unknown_key_suggests_the_one_it_resembles() {
        let meant = |key: &str| unknown_key(&key.to_ascii_lowercase());
        for (written, key) in [
            ("Estimat", "Estimate"),
            ("AgentTime", "Agent-Time"),
            ("Sesion", "Session"),
            ("Supervison", "Supervision"),
            ("Token", "Tokens"),
            ("Phases", "Phase"),
        ] {
            let known = format!("did you mean `Leverage-{key}`?");
            assert!(meant(written).contains(&known), "{written}: {}", meant(written));
        }
        assert!(meant("Xyz").contains("trailers -h"));
    }

    #[test]
    fn every_listed_key_is_read() {
        for key in KEYS {
            let (_, errors) = claims(&format!("T\n\nLeverage-{key}: x\n"));
            assert!(
                errors.iter().all(|error| !error.contains("unknown trailer")),
                "{errors:?}"
            );
        }
    }

    #[test]
    fn phases_give_the_estimate_or_fit_it() {
        let (from_phases, errors) = claims("T\n\nLeverage-Phase: A 4h\nLeverage-Phase: B 2h\n");
        assert_eq!((from_phases[0].estimate, errors.len()), (Hours::new(6.0), 0));
        let (misfit, errors) = claims("T\n\nLeverage-Estimate: 40h\nLeverage-Phase: A 4h\n");
        assert_eq!(
            errors,
            ["line 3: Leverage-Phase: the phases sum to 4h, but the estimate is 40h"]
        );
        assert_eq!(
            (misfit[0].estimate, misfit[0].phases.len()),
            (Hours::new(40.0), 0)
        );
        assert_eq!(misfit[0].phases_left_out.len(), 1);
        let (nothing, errors) = claims("T\n\nLeverage-Phase: A 0h\n");
        assert_eq!((nothing[0].estimate, errors.len()), (None, 1));
    }

    #[test]
    fn what_is_unknown_is_left_out_and_not_zero() {
        let (none, errors) =
            claims("T\n\nLeverage-Estimate: 0h\nLeverage-Agent-Time: 0m\nLeverage-Supervision: 0m\n");
        assert_eq!(
            errors,
            [
                "line 3: Leverage-Estimate: the estimate is 0h; leave it out if it is unknown",
                "line 4: Leverage-Agent-Time: the agent time is 0m; leave it out if it is unknown",
            ]
        );
        let claim = &none[0];
        assert_eq!(
            (claim.estimate, claim.agent_minutes, claim.supervisory_minutes),
            (None, None, Minutes::new(0.0))
        );
    }

    #[test]
    fn a_squash_keeps_the_claims_of_its_parts_apart() {
        let (claims, errors) = claims(
            "Squash (#1)\n\n* one\n\nLeverage-Estimate: 4h\n\n* two\n\nLeverage-Estimate: 2h\n\nCo-authored-by: x\n",
        );
        assert_eq!(errors, [""; 0]);
        let read: Vec<_> = claims
            .iter()
            .map(|claim| (claim.place, claim.line, claim.estimate))
            .collect();
        assert_eq!(
            read,
            [
                (TrailerPlace::Body, 5, Hours::new(4.0)),
                (TrailerPlace::Body, 9, Hours::new(2.0))
            ]
        );
    }
}
