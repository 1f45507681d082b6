//! What was measured for a commit, through its links: for tasks without agent minutes, and to be kept in notes, since agents
//! delete their logs.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::facts::ids::{ObjectId, SessionId, TaskId};
use crate::facts::link::Link;
use crate::facts::quantity::Minutes;
use crate::facts::record::SessionRecord;
use crate::facts::session::{Provenance, Session};
use crate::facts::span::{self, Moment, Span};

/// Milliseconds in a minute.
const MINUTE: i64 = 60_000;

/// The agent time that went into some commits, and the sessions that it is from, sorted; `None` where no link counts.
///
/// Subagents are lanes of their own. Each session brings its share for each commit, so no minute is in two commits.
pub fn agent_minutes(
    commits: &[ObjectId],
    links: &[Link],
    sessions: &[Session],
) -> Option<(Minutes, Vec<SessionId>)> {
    let worked: HashMap<&SessionId, i64> = sessions
        .iter()
        .filter(|session| session.sources.agent_time != Provenance::Absent)
        .map(|session| (&session.id, session.worked()))
        .collect();
    let mut minutes = 0.0;
    let mut from = Vec::new();
    for link in links
        .iter()
        .filter(|link| link.counts() && commits.contains(&link.commit))
    {
        if let Some(millis) = worked.get(&link.session) {
            minutes += span::minutes(*millis) * link.share;
            from.push(link.session.clone());
        }
    }
    from.sort_unstable();
    from.dedup();
    let minutes = Minutes::new(hundredths(minutes)).filter(|_| !from.is_empty())?;
    Some((minutes, from))
}

/// Who makes a record, and when.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// The id of the record, if it is the first of its session on the commit.
    pub id: TaskId,
    /// Now.
    pub at: DateTime<Utc>,
    /// `Name <mail>`.
    pub by: String,
}

/// The facts of a session to keep on a commit that it made; `None` where `known`, the records that the commit has already,
/// say as much.
///
/// A record that says more than before is a new revision of the old one. A log that lost its beginning says less.
pub fn record(
    session: &Session,
    link: &Link,
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
        agent_minutes: worked.and_then(|minutes| Minutes::new(hundredths(minutes))),
        supervisory_minutes: supervisory.and_then(|minutes| Minutes::new(hundredths(minutes.get()))),
        tokens: session.tokens(),
        share: hundredths(link.share * 100.0) / 100.0,
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

fn same_facts(new: &SessionRecord, old: &SessionRecord) -> bool {
    let unstamped = SessionRecord {
        rev: old.rev,
        at: old.at,
        by: old.by.clone(),
        ..new.clone()
    };
    unstamped == *old
}

fn instant(moment: Moment) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(moment.seconds(), 0)
}

/// Two digits after the point: a note is no place for the noise of floating point.
fn hundredths(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// When any lane worked: `[first minute since the start, how many minutes]`. A minute that was begun counts.
fn intervals(session: &Session) -> Vec<[u32; 2]> {
    let start = session.span.start;
    let minutes = |span: &Span| {
        let first = span.start.since(start).div_euclid(MINUTE);
        let end = (span.end.since(start) + MINUTE - 1).div_euclid(MINUTE);
        Span::new(Moment(first), Moment(end))
    };
    let worked = session
        .turns()
        .flat_map(|turn| &turn.working)
        .filter(|span| !span.is_empty());
    span::union(worked.map(minutes))
        .iter()
        .filter_map(|span| {
            Some([
                u32::try_from(span.start.0).ok()?,
                u32::try_from(span.millis()).ok()?,
            ])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::sample::{commit, edits, history, id, session};
    use crate::correlate::{ForeignNames, link};
    use uuid::Uuid;

    fn worker() -> Session {
        let worker = session("s", &[(0, 600), (1200, 1500)]);
        edits(worker, 300, "a.rs", "alpha();\nbeta();", "")
    }

    fn one_link(worker: &Session) -> Link {
        let changes = vec![commit(1, 700, &[("a.rs", "alpha();\nbeta();", "")])];
        let sessions = [worker.clone()];
        link(&sessions, &[history(changes)], ForeignNames::Read)
            .remove(0)
            .remove(0)
    }

    fn stamp(number: u128, second: i64) -> Stamp {
        Stamp {
            id: TaskId::from_uuid(Uuid::from_u128(number)),
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
        assert_eq!(agent_minutes(&[id(2)], &links, &sessions), None);
    }

    #[test]
    fn a_session_without_times_is_kept_without_minutes() {
        let worker = worker();
        let links = [one_link(&worker)];
        let mut timeless = worker;
        timeless.lanes.clear();
        timeless.sources.agent_time = Provenance::Absent;
        timeless.sources.human_time = Provenance::Absent;
        let kept = record(&timeless, &links[0], Minutes::new(0.0), &[], &stamp(1, 10)).expect("a record");
        assert_eq!((kept.agent_minutes, kept.supervisory_minutes), (None, None));
        assert_eq!(kept.tokens, timeless.tokens());
        assert_eq!(agent_minutes(&[id(1)], &links, &[timeless]), None);
    }

    #[test]
    fn intervals_are_minutes_since_the_start() {
        assert_eq!(intervals(&worker()), [[0, 10], [20, 5]]);
    }

    #[test]
    fn to_capture_again_changes_nothing() {
        let worker = worker();
        let link = one_link(&worker);
        let first = record(&worker, &link, None, &[], &stamp(1, 10)).expect("a first record");
        assert_eq!((first.rev, first.agent_minutes), (0, Minutes::new(15.0)));
        assert_eq!(record(&worker, &link, None, &[&first], &stamp(2, 20)), None);
    }

    #[test]
    fn a_session_that_went_on_is_a_revision_and_a_cut_log_is_not() {
        let worker = worker();
        let link = one_link(&worker);
        let first = record(&worker, &link, None, &[], &stamp(1, 10)).expect("a first record");
        let longer = session("s", &[(0, 600), (1200, 1500), (1800, 1860)]);
        let second = record(&longer, &link, None, &[&first], &stamp(2, 20)).expect("a revision");
        assert_eq!((second.id, second.rev), (first.id, 1));
        let cut = session("s", &[(1200, 1500), (1800, 1860)]);
        assert_eq!(record(&cut, &link, None, &[&first, &second], &stamp(3, 30)), None);
    }
}
