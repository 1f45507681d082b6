//! What was measured for a commit, through its links: for tasks without agent minutes, and for storage in notes, since
//! agents delete their logs.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use crate::facts::evidence::Confidence;
use crate::facts::ids::{ObjectId, RecordId, SessionId};
use crate::facts::link::Link;
use crate::facts::quantity::{Minutes, Tokens};
use crate::facts::record::{Record, SessionRecord};
use crate::facts::session::{Provenance, Session, TokenCounts};
use crate::facts::span::{self, Millis, Moment, Seconds, Span};
use crate::facts::task::MeasuredIn;

/// Why sessions do not show how long agents worked for some commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unmeasured {
    /// No link that counts leads to them.
    #[error("no session made this commit")]
    NoSession,
    /// The links that lead to them are too uncertain to be written down.
    #[error("no session is certain to have made this commit; the report counts its probable time")]
    NotSure,
    /// The logs have no times.
    #[error("the logs of its sessions do not show when the agent worked")]
    NoTimes,
    /// The time of the sessions went into other commits.
    #[error("all of its sessions' time is counted for other commits")]
    Elsewhere,
    /// Records of other tasks have it.
    #[error("all of its sessions' time is counted in another task's record")]
    Taken,
    /// Other tasks of these commits have no minutes.
    #[error("the report shares its sessions' time between the tasks of this commit, by their estimates")]
    Shared,
}

/// The agent time that certainly went into some commits, and the sessions that it is from, sorted.
///
/// Subagents are separate lanes. Each session contributes its share for each commit, so no minute is in two commits.
pub fn agent_minutes(
    commits: &[ObjectId],
    links: &[Link],
    sessions: &[Session],
) -> Result<(Minutes, Vec<SessionId>), Unmeasured> {
    let worked: HashMap<&SessionId, i64> = sessions
        .iter()
        .filter(|session| session.sources.agent_time != Provenance::Absent)
        .map(|session| (&session.id, session.worked()))
        .collect();
    let here: Vec<&Link> = links
        .iter()
        .filter(|link| link.counts() && commits.contains(&link.commit))
        .collect();
    let sure: Vec<&Link> = here
        .iter()
        .copied()
        .filter(|link| link.confidence >= Confidence::High)
        .collect();
    let timed: Vec<(&Link, i64)> = sure
        .iter()
        .filter_map(|link| Some((*link, *worked.get(&link.session)?)))
        .collect();
    let from: BTreeSet<&SessionId> = timed
        .iter()
        .filter(|(link, _)| link.share > 0.0)
        .map(|(link, _)| &link.session)
        .collect();
    let parts = timed
        .iter()
        .map(|(link, millis)| span::minutes(*millis) * link.share);
    match Minutes::new(hundredths(parts.sum::<Minutes>().get())).filter(|minutes| minutes.get() > 0.0) {
        Some(minutes) => Ok((minutes, from.into_iter().cloned().collect())),
        None if here.is_empty() => Err(Unmeasured::NoSession),
        None if sure.is_empty() => Err(Unmeasured::NotSure),
        None if timed.is_empty() => Err(Unmeasured::NoTimes),
        None => Err(Unmeasured::Elsewhere),
    }
}

/// A part of a session, 0 to 1, with the total minutes of its person.
#[derive(Debug, Clone, Copy)]
pub struct SessionPart<'a> {
    /// The session.
    pub session: &'a Session,
    /// All of its supervisory minutes: estimated.
    pub supervisory: Minutes,
    /// The part.
    pub share: f64,
}

/// What parts of sessions took besides the agents' time. `None` if no log shows it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Figures {
    /// Minutes in which agents may have worked in addition; `None` if there are none.
    pub unknown: Option<Minutes>,
    /// The person's minutes: estimated.
    pub supervisory: Option<Minutes>,
    /// Tokens of all kinds, with how they came to be.
    pub tokens: Option<(Tokens, Provenance)>,
}

/// Unknown time as it is written: without any, nothing is.
fn unknown_minutes(minutes: Minutes) -> Option<Minutes> {
    Minutes::new(hundredths(minutes.get())).filter(|minutes| minutes.get() > 0.0)
}

/// The parts of sessions that certainly went into some commits.
pub fn parts<'a>(
    commits: &[ObjectId],
    links: &[Link],
    sessions: &'a [Session],
    supervisory: impl Fn(usize) -> Minutes,
) -> Vec<SessionPart<'a>> {
    let surely = |link: &&Link| link.counts() && link.confidence >= Confidence::High;
    let mut shares: HashMap<&SessionId, f64> = HashMap::new();
    for link in links.iter().filter(surely) {
        if commits.contains(&link.commit) {
            *shares.entry(&link.session).or_default() += link.share;
        }
    }
    let part = |(at, session): (usize, &'a Session)| {
        Some(SessionPart {
            session,
            supervisory: supervisory(at),
            share: *shares.get(&session.id)?,
        })
    };
    sessions.iter().enumerate().filter_map(part).collect()
}

/// What parts of sessions took, of which `left` (0 to 1) is not taken by others.
pub fn figures(parts: &[SessionPart<'_>], left: f64) -> Figures {
    let mut figures = Figures::default();
    let mut tokens = None;
    for part in parts {
        let share = part.share * left;
        let sources = part.session.sources;
        if sources.agent_time != Provenance::Absent {
            *figures.unknown.get_or_insert_default() += span::minutes(part.session.unknown()) * share;
        }
        if sources.human_time != Provenance::Absent {
            *figures.supervisory.get_or_insert_default() += part.supervisory * share;
        }
        if let Some(counts) = part.session.tokens() {
            let (sum, basis) = tokens.unwrap_or((0.0, sources.tokens));
            let worse = match sources.tokens {
                Provenance::Measured => basis,
                other => other,
            };
            tokens = Some((sum + counts.total().0 as f64 * share, worse));
        }
    }
    figures.unknown = figures.unknown.and_then(unknown_minutes);
    figures.supervisory = figures
        .supervisory
        .and_then(|minutes| Minutes::new(hundredths(minutes.get())));
    figures.tokens = tokens.map(|(sum, basis)| (Tokens(sum.round() as u64), basis));
    figures
}

/// The current totals of the sessions of parts, of which a task takes `left` (0 to 1) of each part. Sessions whose
/// names or times cannot be written down are left out.
pub fn measured_in(parts: &[SessionPart<'_>], left: f64) -> Vec<MeasuredIn> {
    let of_part = |part: &SessionPart<'_>| {
        let session = part.session;
        session.id.to_string().parse::<SessionId>().ok()?;
        let known = |source| source != Provenance::Absent;
        let rounded = |minutes: Minutes| Minutes::new(hundredths(minutes.get()));
        let worked = Some(span::minutes(session.worked())).filter(|_| known(session.sources.agent_time));
        let unknown = worked.map(|_| span::minutes(session.unknown()));
        let supervisory = Some(part.supervisory).filter(|_| known(session.sources.human_time));
        Some(MeasuredIn {
            session: session.id.clone(),
            ended_at: instant(session.span.end + Millis::SECOND - Millis(1))?,
            agent_minutes: worked.and_then(rounded),
            unknown_minutes: unknown.and_then(unknown_minutes),
            supervisory_minutes: supervisory.and_then(rounded),
            tokens: session.tokens().map(TokenCounts::total),
            share: ten_thousandths(part.share * left),
        })
    };
    parts.iter().filter_map(of_part).collect()
}

/// Agent minutes of a part of a session; `None` if its log has no times, or nothing is left of them.
pub fn minutes_of(part: &SessionPart<'_>) -> Option<Minutes> {
    let minutes = span::minutes(part.session.worked()) * part.share;
    let known = Minutes::new(hundredths(minutes.get())).filter(|minutes| minutes.get() > 0.0);
    known.filter(|_| part.session.sources.agent_time != Provenance::Absent)
}

/// Who makes a record, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// The id of the record, if it is the first of its session on the commit.
    pub id: RecordId,
    /// Now.
    pub at: DateTime<Utc>,
    /// `Name <mail>`.
    pub by: String,
}

/// The part of a session, 0 to 1, that belongs to no commit, by all its links in all repositories.
pub fn uncommitted<'a>(session: &SessionId, links: impl Iterator<Item = &'a Link>) -> f64 {
    let own = links.filter(|link| link.session == *session && link.counts() && !link.is_copy());
    (1.0 - own.map(|link| link.share).sum::<f64>()).max(0.0)
}

/// The facts of a session to save on a commit that it made, with the part that belongs to none, if anything needs them;
/// `None` if `known`, the records that the commit has already, contain as much.
///
/// A record that contains more than before is a new revision of the old one. A log that lost its beginning contains
/// less.
pub fn record(
    session: &Session,
    link: &Link,
    uncommitted: Option<f64>,
    supervisory: Option<Minutes>,
    known: &[&SessionRecord],
    stamp: &Stamp,
) -> Option<SessionRecord> {
    // An id that cannot be written down cannot be read again either.
    session.id.to_string().parse::<SessionId>().ok()?;
    let known_by_log = |source| source != Provenance::Absent;
    let worked = known_by_log(session.sources.agent_time).then(|| span::minutes(session.worked()));
    let supervisory = supervisory.filter(|_| known_by_log(session.sources.human_time));
    let fresh = SessionRecord {
        id: stamp.id,
        rev: 0,
        at: stamp.at,
        by: stamp.by.clone(),
        session: session.id.clone(),
        agent: session.id.agent.clone(),
        models: session.models.clone(),
        started_at: instant(session.span.start)?,
        ended_at: instant(session.span.end)?,
        intervals: intervals(session),
        worked_seconds: worked_seconds(session),
        agent_minutes: worked.and_then(|minutes| Minutes::new(hundredths(minutes.get()))),
        unknown_minutes: worked.and_then(|_| unknown_minutes(span::minutes(session.unknown()))),
        supervisory_minutes: supervisory.and_then(|minutes| Minutes::new(hundredths(minutes.get()))),
        tokens: session.tokens(),
        sources: Some(session.sources),
        share: ten_thousandths(link.share),
        uncommitted: uncommitted.map(ten_thousandths),
        confidence: Some(link.confidence),
        evidence: link.evidence.clone(),
    };
    let Some(old) = known
        .iter()
        .filter(|old| old.session == session.id)
        .max_by_key(|old| old.rev)
    else {
        return Some(fresh);
    };
    let says_less = fresh.started_at > old.started_at || fresh.ended_at < old.ended_at;
    let revised = SessionRecord {
        id: old.id,
        rev: old.rev + 1,
        ..fresh
    };
    (!says_less && !same_facts(&revised, old)).then_some(revised)
}

/// This many revisions of a line are written however little they add.
const FREE: u32 = 8;
/// This many are written when a session ends: some agents end it after each answer.
const FREE_AT_ENDS: u32 = 24;
/// Later ones must have at least this much more than the line before.
const GROWTH: f64 = 1.1;

/// Whether more of a session is still expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Repose {
    /// It is active, or was a moment ago.
    None,
    /// It ended, and may be resumed.
    Ended,
    /// It has been idle for a long time.
    Long,
}

/// Whether a new revision of the line of a session is worth its space in the note, given `known`, the records that the
/// commit has already. Each repeats all times of the session, so one per turn would fill the note of a long one.
pub fn is_worth_a_line(new: &SessionRecord, known: &[&SessionRecord], rest: Repose) -> bool {
    let old = known.iter().filter(|old| old.session == new.session);
    let Some(old) = old.max_by_key(|old| old.rev) else {
        return true;
    };
    let is_free = match rest {
        Repose::None => old.rev < FREE,
        Repose::Ended => old.rev < FREE_AT_ENDS,
        Repose::Long => true,
    };
    let minutes = |record: &SessionRecord| record.agent_minutes.map(Minutes::get);
    let tokens = |record: &SessionRecord| record.tokens.map(|tokens| tokens.total().0 as f64);
    is_free || has_grown(minutes(old), minutes(new)) || has_grown(tokens(old), tokens(new))
}

fn has_grown(old: Option<f64>, new: Option<f64>) -> bool {
    new.is_some_and(|new| new > 0.0 && new >= old.unwrap_or_default() * GROWTH)
}

/// Whether two records are equal: compared as they are written, since a number that was written and read again may
/// differ from itself in its last digit. The time of the log's last entry is not worth a line: a session that is
/// resumed and does nothing writes one.
fn same_facts(new: &SessionRecord, old: &SessionRecord) -> bool {
    let facts = |record: &SessionRecord| {
        let unstamped = SessionRecord {
            rev: new.rev,
            at: new.at,
            by: new.by.clone(),
            ended_at: new.ended_at,
            share: ten_thousandths(record.share),
            // A line from before notes recorded it is as good without it, and not every caller needs it.
            uncommitted: new.uncommitted.and(old.uncommitted).and(record.uncommitted),
            ..record.clone()
        };
        Record::Session(Box::new(unstamped)).encode()
    };
    facts(new) == facts(old)
}

fn instant(moment: Moment) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(moment.seconds(), 0)
}

/// Two decimals: a note is not the place for floating-point noise.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// A share as it is written: the nearest decimal with four digits, and at most 1.
fn ten_thousandths(share: f64) -> f64 {
    (share.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}

/// When any lane worked: `[first minute since the start, how many minutes]`. A started minute counts.
fn intervals(session: &Session) -> Vec<[u32; 2]> {
    let start = session.span.start;
    pairs(worked(session).map(|span| {
        let first = (span.start - start).whole(Millis::MINUTE);
        let end = (span.end + Millis::MINUTE - Millis(1) - start).whole(Millis::MINUTE);
        Span::new(Moment(first), Moment(end))
    }))
}

/// When any lane worked: `[first second since the start, how many seconds]`, each end rounded to the nearest second.
fn worked_seconds(session: &Session) -> Vec<[u32; 2]> {
    let start = Moment(Seconds(session.span.start.seconds()).millis().0);
    let nearest = |at: Moment| Moment((at + Millis(Millis::SECOND.0 / 2) - start).whole(Millis::SECOND));
    let joined = span::union(worked(session).copied());
    pairs(
        joined
            .iter()
            .map(|span| Span::new(nearest(span.start), nearest(span.end))),
    )
}

fn worked(session: &Session) -> impl Iterator<Item = &Span> {
    let spans = session.turns().flat_map(|turn| &turn.working);
    spans.filter(|span| !span.is_empty())
}

/// Spans of any unit as a first one and a number, in order and without overlap.
fn pairs(spans: impl Iterator<Item = Span>) -> Vec<[u32; 2]> {
    let pair = |span: &Span| {
        let first = u32::try_from(span.start.0).ok()?;
        Some([first, u32::try_from(span.millis()).ok()?])
    };
    span::union(spans).iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::correlate::link;
    use crate::correlate::linked::Linked;
    use crate::correlate::sample::{commit, edits, history, id, session};
    use crate::correlate::seen::{SeenSession, seen};
    use crate::facts::evidence::ForeignTrailers;
    use crate::facts::ledger::LedgerSession;
    use uuid::Uuid;

    fn worker() -> Session {
        let worker = session("s", &[(0, 600), (1200, 1500)]);
        edits(worker, 300, "a.rs", "alpha();\nbeta();", "")
    }

    fn one_link(worker: &Session) -> Link {
        let changes = vec![commit(1, 700, &[("a.rs", "alpha();\nbeta();", "")])];
        let sessions = [worker.clone()];
        link(&sessions, &[history(changes)], ForeignTrailers::Believe)
            .remove(0)
            .remove(0)
    }

    fn stamp(number: u128, second: i64) -> Stamp {
        Stamp {
            id: RecordId::from_uuid(Uuid::from_u128(number)),
            at: DateTime::from_timestamp(second, 0).unwrap_or_default(),
            by: "Ada Example <ada@example.org>".into(),
        }
    }

    #[test]
    fn a_task_takes_the_minutes_of_its_commits() {
        let worker = worker();
        let links = [one_link(&worker)];
        let sessions = [worker];
        let measured = agent_minutes(&[id(1)], &links, &sessions);
        let (minutes, from) = measured.expect("a link that counts");
        assert!((minutes.get() - 10.0).abs() < 1e-9, "{minutes:?}");
        assert_eq!(from, [SessionId::new("claude-code", "s")]);
    }

    #[test]
    fn minutes_that_are_not_known_say_why() {
        let worker = worker();
        let link = one_link(&worker);
        let why = |link: Link, session: Session| agent_minutes(&[id(1)], &[link], &[session]).err();
        let other = Link {
            commit: id(2),
            ..link.clone()
        };
        assert_eq!(why(other, worker.clone()), Some(Unmeasured::NoSession));
        let unsure = Link {
            confidence: Confidence::Medium,
            ..link.clone()
        };
        assert_eq!(why(unsure, worker.clone()), Some(Unmeasured::NotSure));
        let without_share = Link {
            share: 0.0,
            ..link.clone()
        };
        assert_eq!(why(without_share, worker.clone()), Some(Unmeasured::Elsewhere));
        let mut timeless = worker;
        timeless.sources.agent_time = Provenance::Absent;
        assert_eq!(why(link, timeless), Some(Unmeasured::NoTimes));
    }

    #[test]
    fn a_session_without_times_is_kept_without_minutes() {
        let worker = worker();
        let links = [one_link(&worker)];
        let mut timeless = worker;
        timeless.lanes.clear();
        timeless.sources.agent_time = Provenance::Absent;
        timeless.sources.human_time = Provenance::Absent;
        let kept =
            record(&timeless, &links[0], None, Minutes::new(0.0), &[], &stamp(1, 10)).expect("a record");
        assert_eq!((kept.agent_minutes, kept.supervisory_minutes), (None, None));
        assert_eq!(kept.tokens, timeless.tokens());
    }

    #[test]
    fn intervals_are_minutes_since_the_start() {
        assert_eq!(intervals(&worker()), [[0, 10], [20, 5]]);
    }

    #[test]
    fn to_capture_again_changes_nothing() {
        let worker = worker();
        let link = one_link(&worker);
        let first = record(&worker, &link, None, None, &[], &stamp(1, 10)).expect("a first record");
        assert_eq!((first.rev, first.agent_minutes), (0, Minutes::new(15.0)));
        assert_eq!(record(&worker, &link, None, None, &[&first], &stamp(2, 20)), None);
    }

    /// The session as it is read back from a note on its commit.
    fn from_note(record: SessionRecord) -> SeenSession {
        let line = Record::Session(Box::new(record)).encode();
        let Ok(Record::Session(record)) = Record::decode(&line) else {
            panic!("a session line");
        };
        let captured = [LedgerSession {
            record: *record,
            commits: vec![id(1)],
        }];
        seen(&[], Vec::new(), Linked::default(), &[&captured]).remove(0)
    }

    #[test]
    fn a_note_has_the_wall_time_of_the_log() {
        let mut worker = session("s", &[(0, 61), (100, 130), (191, 252)]);
        for turn in &mut worker.lanes[0].turns {
            turn.working[0].end = turn.working[0].end.plus(-300);
        }
        let link = Link {
            share: 0.5,
            ..one_link(&self::worker())
        };
        let kept = record(&worker, &link, None, None, &[], &stamp(1, 10)).expect("a record");
        assert_eq!(kept.worked_seconds, [[0, 61], [100, 30], [191, 61]]);
        let log = span::minutes(worker.worked()).get();
        let near = |seen: &SeenSession| {
            let wall = seen.wall_minutes().unwrap_or_default();
            assert!((wall.get() - log).abs() < 3.0 / 60.0, "{wall} {log}");
            assert!(seen.agent_minutes() >= Some(wall), "parallelism below 1: {wall}");
            assert_eq!(seen.sources, worker.sources);
        };
        near(&from_note(kept.clone()));
        // An older line has started minutes: five of them, where two and a half were worked.
        let older = SessionRecord {
            worked_seconds: Vec::new(),
            sources: None,
            ..kept
        };
        assert_eq!(older.intervals, [[0, 5]]);
        let seen = from_note(older);
        let wall = seen.wall_minutes().unwrap_or_default();
        assert!((wall.get() - log).abs() < 0.01, "{wall} {log}");
        assert!(seen.agent_minutes() >= Some(wall), "parallelism below 1: {wall}");
        assert_eq!(seen.sources.agent_time, Provenance::Captured);
        assert_eq!(seen.sources.human_time, Provenance::Absent);
    }

    proptest! {
        #[test]
        fn any_share_reads_back_and_is_captured_once(share in 0.0..=1.0) {
            let worker = worker();
            let link = Link { share, ..one_link(&worker) };
            let first = record(&worker, &link, None, None, &[], &stamp(1, 10)).expect("a first record");
            let line = Record::Session(Box::new(first.clone())).encode();
            let read = Record::decode(&line);
            prop_assert_eq!(&read, &Ok(Record::Session(Box::new(first.clone()))));
            prop_assert_eq!(record(&worker, &link, None, None, &[&first], &stamp(2, 20)), None);
            // What an earlier version wrote: the same share with its arithmetic noise.
            let noisy = SessionRecord { share: (share * 10_000.0).round() / 100.0 / 100.0, ..first };
            prop_assert_eq!(record(&worker, &link, None, None, &[&noisy], &stamp(2, 20)), None);
        }
    }

    #[test]
    fn an_end_that_moved_alone_is_not_worth_a_line() {
        let worker = worker();
        let link = one_link(&worker);
        let first = record(&worker, &link, None, None, &[], &stamp(1, 10)).expect("a first record");
        let mut resumed = worker;
        resumed.span.end = resumed.span.end.plus(3_600_000);
        assert_eq!(
            record(&resumed, &link, None, None, &[&first], &stamp(2, 20)),
            None
        );
        resumed.models.push("model-x".to_owned());
        let second = record(&resumed, &link, None, None, &[&first], &stamp(2, 20)).expect("another model");
        assert!(second.ended_at > first.ended_at);
    }

    #[test]
    fn a_line_of_many_revisions_waits_for_growth_or_rest() {
        let worker = worker();
        let link = one_link(&worker);
        let old = record(&worker, &link, None, None, &[], &stamp(1, 10)).expect("a record");
        let minutes = |rev, minutes| SessionRecord {
            rev,
            agent_minutes: Minutes::new(minutes),
            ..old.clone()
        };
        let is_worth = |rev, new, rest| {
            is_worth_a_line(
                &minutes(rev + 1, new),
                &[&minutes(0, 1.0), &minutes(rev, 100.0)],
                rest,
            )
        };
        assert!(is_worth(7, 101.0, Repose::None) && !is_worth(8, 101.0, Repose::None));
        assert!(!is_worth(8, 109.9, Repose::None) && is_worth(8, 110.5, Repose::None));
        assert!(is_worth(23, 101.0, Repose::Ended) && !is_worth(24, 101.0, Repose::Ended));
        assert!(is_worth(500, 101.0, Repose::Long));
        let mut other = minutes(0, 1.0);
        other.session = SessionId::new("claude-code", "other");
        assert!(is_worth_a_line(&other, &[&minutes(9, 100.0)], Repose::None));
        let mut talks = minutes(10, 100.0);
        talks.tokens = Some(crate::facts::session::TokenCounts::default());
        assert!(!is_worth_a_line(&talks, &[&minutes(9, 100.0)], Repose::None));
    }

    #[test]
    fn a_session_that_went_on_is_a_revision_and_a_cut_log_is_not() {
        let worker = worker();
        let link = one_link(&worker);
        let first = record(&worker, &link, None, None, &[], &stamp(1, 10)).expect("a first record");
        let longer = session("s", &[(0, 600), (1200, 1500), (1800, 1860)]);
        let second = record(&longer, &link, None, None, &[&first], &stamp(2, 20)).expect("a revision");
        assert_eq!((second.id, second.rev), (first.id, 1));
        let cut = session("s", &[(1200, 1500), (1800, 1860)]);
        assert_eq!(
            record(&cut, &link, None, None, &[&first, &second], &stamp(3, 30)),
            None
        );
    }
}
