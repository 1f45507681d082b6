//! Sessions as everything after the linking counts them: from their logs, or, if those no longer exist, from what was
//! captured of them into notes. A session that is in both counts by its log.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::linked::Linked;
use crate::facts::evidence::{Confidence, Evidence, Signs};
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::ledger::LedgerSession;
use crate::facts::link::Link;
use crate::facts::model::canonical;
use crate::facts::quantity::Minutes;
use crate::facts::record::SessionRecord;
use crate::facts::session::{Provenance, Session, Sources, TokenCounts, Turn};
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::{self, Millis, Moment, Span};
use crate::facts::supervision::Charge;
use crate::facts::worked::{Worked, stretch};
use crate::facts::zone::Zone;

/// A session that worked in one of the examined repositories.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenSession {
    /// Agent and id.
    pub id: SessionId,
    /// The source of its facts.
    pub origin: Origin,
    /// The repository in which it worked first: a position in the list of the examined ones.
    pub home: usize,
    /// The models that answered. Untrusted text.
    pub models: Vec<String>,
    /// From its first to its last event.
    pub span: Span,
    /// When its agents worked, lane by lane: overlapping where subagents worked side by side.
    pub worked: Vec<Span>,
    /// The pauses in which they may have worked, lane by lane, each with the part of it that is unknown, wherever in the
    /// pause. The rest of the pause was the person's.
    pub unknown: Vec<Charge>,
    /// Agent time per millisecond of `worked`: 1, or more if a note joined lanes into one.
    pub lanes: f64,
    /// The person's time.
    pub attention: Vec<Charge>,
    /// Its tokens; empty if it has none or they are unknown.
    pub usage: Vec<Used>,
    /// How its metrics came to be.
    pub sources: Sources,
    /// What it made, with the position of the repository: by repository, then commit.
    pub links: Vec<(usize, Link)>,
    /// What it made in repositories that are not examined.
    pub elsewhere: Vec<Link>,
    /// The largest part of it, 0 to 1, that may have gone into no commit: for a note, whose commits may not all be
    /// here, the part it records; 1 otherwise.
    pub rest: f64,
    /// How far its times may be from the true ones: nothing, or less than this if they are only on the right days, with the right
    /// lengths: see [`by_day`](super::by_day::by_day).
    pub vague: Millis,
}

/// Tokens that a session used.
#[derive(Debug, Clone, PartialEq)]
pub struct Used {
    /// When; `None` for a total, which covers the whole session.
    pub at: Option<Moment>,
    /// The model, a position in [`SeenSession::models`]; `None` if it may be any of them.
    pub model: Option<usize>,
    /// How many.
    pub tokens: TokenCounts,
}

/// The source of a session's facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The agent's log.
    Log,
    /// Records in notes: the log no longer exists, or is on another machine.
    Note,
}

/// The part of a session that is on one day and went into one commit, or into none.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The day.
    pub day: NaiveDate,
    /// A position in [`SeenSession::links`]; `None` for what was not committed.
    pub link: Option<usize>,
    /// The time its agents worked.
    pub time: Worked,
    /// The person's minutes.
    pub supervisory_minutes: Minutes,
    /// Tokens by their model, as [`Used`] has it.
    pub tokens: BTreeMap<Option<usize>, TokenCounts>,
}

/// The sessions that worked in some repositories, by agent and id.
///
/// `charges` are the person's time of each of `sessions`; `captured` are the records in the notes of each repository.
pub fn seen(
    sessions: &[Session],
    charges: Vec<Vec<Charge>>,
    linked: Linked,
    captured: &[&[LedgerSession]],
) -> Vec<SeenSession> {
    let mut links: HashMap<SessionId, Vec<(usize, Link)>> = HashMap::new();
    for (repo, found) in linked.links.into_iter().enumerate() {
        for link in found {
            links.entry(link.session.clone()).or_default().push((repo, link));
        }
    }
    let mut elsewhere: HashMap<SessionId, Vec<Link>> = HashMap::new();
    for link in linked.elsewhere {
        elsewhere.entry(link.session.clone()).or_default().push(link);
    }
    let mut all: BTreeMap<SessionId, SeenSession> = BTreeMap::new();
    for ((session, attention), home) in sessions.iter().zip(charges).zip(linked.homes) {
        let links = links.remove(&session.id).unwrap_or_default();
        if let Some(home) = home.or(links.first().map(|(repo, _)| *repo)) {
            let seen = SeenSession {
                elsewhere: elsewhere.remove(&session.id).unwrap_or_default(),
                ..from_log(session, attention, home, links)
            };
            all.insert(session.id.clone(), seen);
        }
    }
    let live: HashSet<SessionId> = sessions.iter().map(|session| session.id.clone()).collect();
    joined(all.into_values(), &live, captured)
}

/// Sessions of logs and, of those that are in no log, what was captured of them, by agent and id. `live` are the ids of all sessions
/// that are in logs; `captured` are the records in the notes of each repository.
pub fn joined(
    logged: impl IntoIterator<Item = SeenSession>,
    live: &HashSet<SessionId>,
    captured: &[&[LedgerSession]],
) -> Vec<SeenSession> {
    let logged = logged.into_iter().map(|seen| (seen.id.clone(), seen));
    let mut all: BTreeMap<SessionId, SeenSession> = logged.collect();
    for (id, records) in by_session(captured) {
        if !live.contains(id)
            && let Some(seen) = from_notes(id, &records)
        {
            all.insert(id.clone(), seen);
        }
    }
    all.into_values().collect()
}

/// The evidence of sessions for the commits that they made in the repository at a position: a sign for each link that
/// counts, with its kind.
pub fn signs(sessions: &[SeenSession], repo: usize) -> Signs {
    let mut signs = Signs::default();
    for session in sessions {
        let here = session.links.iter().filter(|(at, _)| *at == repo);
        for (_, link) in here.filter(|(_, link)| link.counts()) {
            let sign = Evidence {
                rule: Sign::Session(link.rung),
                agent: Some(session.id.agent.clone()),
                model: session.models.first().cloned(),
                lines: None,
            };
            signs.add(link.commit, [sign]);
        }
    }
    signs
}

fn from_log(
    session: &Session,
    attention: Vec<Charge>,
    home: usize,
    links: Vec<(usize, Link)>,
) -> SeenSession {
    let working = session.turns().flat_map(|turn| &turn.working).copied();
    SeenSession {
        id: session.id.clone(),
        origin: Origin::Log,
        home,
        models: session.models.clone(),
        span: session.span,
        worked: working.filter(|span| !span.is_empty()).collect(),
        unknown: session.turns().flat_map(unknown).collect(),
        lanes: 1.0,
        attention,
        usage: used(session),
        sources: session.sources,
        links,
        elsewhere: Vec::new(),
        rest: 1.0,
        vague: Millis::default(),
    }
}

/// The unknown time of a turn, divided among its pauses.
fn unknown(turn: &Turn) -> Vec<Charge> {
    let pauses = match turn.unknown {
        ..=0 => Vec::new(),
        _ => span::without(turn.span, &turn.working),
    };
    divided(turn.unknown, pauses)
}

/// Milliseconds divided among pauses, each with the same part of it.
fn divided(millis: i64, pauses: Vec<Span>) -> Vec<Charge> {
    let share = millis as f64 / span::total(&pauses).max(1) as f64;
    let charge = |span| Charge { span, share };
    pauses.into_iter().map(charge).collect()
}

/// The unknown time of a record, divided among its pauses. A record without a pause, as one that joined lanes may be, has it
/// after its start.
fn captured_unknown(record: &SessionRecord, whole: Span, worked: &[Span]) -> Vec<Charge> {
    let unknown = record.unknown_minutes.map_or(0.0, Minutes::get);
    let millis = (unknown * 60_000.0).round() as i64;
    let mut pauses = span::without(whole, worked);
    if pauses.is_empty() {
        pauses.push(Span::new(whole.start, whole.start.plus(millis)));
    }
    divided(millis, pauses)
}

/// The tokens of a log. Estimated ones that appear in it once per lane are the totals of a session.
fn used(session: &Session) -> Vec<Used> {
    let lanes: HashSet<u32> = session.usage.iter().map(|usage| usage.lane).collect();
    let totals = session.sources.tokens == Provenance::Estimated && lanes.len() == session.usage.len();
    let usage = session.usage.iter().map(|usage| Used {
        at: (!totals).then_some(usage.at),
        model: session.models.iter().position(|model| *model == usage.model),
        tokens: usage.tokens,
    });
    usage.collect()
}

/// A record in a note, with the repository and the commit that it describes.
struct Captured<'a> {
    repo: usize,
    commit: ObjectId,
    record: &'a SessionRecord,
}

/// The captured records of each session, oldest first: one for each commit, the latest if clones wrote several.
fn by_session<'a>(captured: &[&'a [LedgerSession]]) -> BTreeMap<&'a SessionId, Vec<Captured<'a>>> {
    let mut latest: BTreeMap<(&SessionId, ObjectId), Captured<'a>> = BTreeMap::new();
    for (repo, records) in captured.iter().enumerate() {
        for found in *records {
            // A rewrite copies notes: the record is on the old commit and on the new one, and counts once.
            let Some(commit) = found.commits.first().copied() else {
                continue;
            };
            let record = &found.record;
            let known = latest
                .entry((&record.session, commit))
                .or_insert(Captured { repo, commit, record });
            if age(record) > age(known.record) {
                *known = Captured { repo, commit, record };
            }
        }
    }
    let mut sessions: BTreeMap<&SessionId, Vec<Captured<'a>>> = BTreeMap::new();
    for ((session, _), captured) in latest {
        sessions.entry(session).or_default().push(captured);
    }
    for records in sessions.values_mut() {
        records.sort_by_key(|captured| (age(captured.record), captured.commit));
    }
    sessions
}

fn age(record: &SessionRecord) -> impl Ord + use<> {
    (record.ended_at, record.at, record.rev)
}

/// A session as its newest record has it. Each commit takes what its own record gave it.
fn from_notes(id: &SessionId, records: &[Captured<'_>]) -> Option<SeenSession> {
    let youngest = records.last()?.record;
    let start = Moment(youngest.started_at.timestamp_millis());
    let worked = captured_times(youngest, start);
    let wall = span::minutes(span::total(&worked)).get();
    let total = youngest.agent_minutes.map_or(0.0, Minutes::get);
    let supervisory = youngest.supervisory_minutes.map_or(0.0, Minutes::get);
    let attention = Span::new(start, start.plus((supervisory * 60_000.0).round() as i64));
    let whole = Span::new(start, Moment(youngest.ended_at.timestamp_millis()));
    Some(SeenSession {
        id: id.clone(),
        origin: Origin::Note,
        home: records.first()?.repo,
        models: youngest.models.clone(),
        span: whole,
        unknown: captured_unknown(youngest, whole, &worked),
        links: captured_links(records, total, &worked),
        elsewhere: Vec::new(),
        rest: youngest.uncommitted.map_or(1.0, |rest| rest.clamp(0.0, 1.0)),
        vague: Millis::default(),
        lanes: if wall > 0.0 { total / wall } else { 1.0 },
        worked,
        attention: vec![Charge {
            span: attention,
            share: 1.0,
        }],
        usage: youngest
            .tokens
            .map(|tokens| Used {
                at: None,
                model: (youngest.models.len() == 1).then_some(0),
                tokens,
            })
            .into_iter()
            .collect(),
        sources: sources_of(youngest),
    })
}

/// When the agents worked, as a record has it: to the second, or on older lines in started minutes.
///
/// Parallel lanes make the agent time longer than the wall time, and nothing makes it shorter: if it is shorter, the
/// spans were rounded up, and are cut to it.
fn captured_times(record: &SessionRecord, start: Moment) -> Vec<Span> {
    let (pairs, unit) = match record.worked_seconds.as_slice() {
        [] => (record.intervals.as_slice(), 60_000),
        seconds => (seconds, 1_000),
    };
    let mut worked = span::union(pairs.iter().map(|[first, length]| {
        let begin = start.plus(i64::from(*first) * unit);
        Span::new(begin, begin.plus(i64::from(*length) * unit))
    }));
    let wall = span::total(&worked) as f64;
    let agent = record
        .agent_minutes
        .map_or(wall, |minutes| minutes.get() * 60_000.0);
    if agent < wall {
        for span in &mut worked {
            span.end = span.start.plus((span.millis() as f64 * agent / wall) as i64);
        }
        worked.retain(|span| !span.is_empty());
    }
    worked
}

/// How the metrics of a record came to be: as it states itself, for those it has.
fn sources_of(record: &SessionRecord) -> Sources {
    let told = record.sources.unwrap_or(Sources {
        agent_time: Provenance::Captured,
        human_time: Provenance::Captured,
        tokens: Provenance::Captured,
        ..Sources::default()
    });
    let known = |is_known: bool, told| match told {
        _ if !is_known => Provenance::Absent,
        Provenance::Absent => Provenance::Captured,
        told => told,
    };
    Sources {
        agent_time: known(record.agent_minutes.is_some(), told.agent_time),
        human_time: known(record.supervisory_minutes.is_some(), told.human_time),
        tokens: known(record.tokens.is_some(), told.tokens),
        ..told
    }
}

/// The links of captured records. A note has shares and no times: the time of a session is distributed in the order in
/// which its commits were captured.
fn captured_links(records: &[Captured<'_>], total: f64, worked: &[Span]) -> Vec<(usize, Link)> {
    let share = |record: &SessionRecord| {
        let minutes = record.share.clamp(0.0, 1.0) * record.agent_minutes.map_or(0.0, Minutes::get);
        if total > 0.0 {
            minutes / total
        } else {
            record.share.clamp(0.0, 1.0)
        }
    };
    let sum: f64 = records.iter().map(|captured| share(captured.record)).sum();
    let mut taken = 0.0;
    records
        .iter()
        .map(|captured| {
            let share = share(captured.record) / sum.max(1.0);
            let (from, to) = (taken, taken + share);
            taken = to;
            let link = Link {
                commit: captured.commit,
                session: captured.record.session.clone(),
                rung: captured
                    .record
                    .evidence
                    .first()
                    .and_then(Sign::rung)
                    .unwrap_or(Rung::Record),
                confidence: captured.record.confidence.unwrap_or(Confidence::Medium),
                evidence: captured.record.evidence.clone(),
                share,
                worked: stretch(worked, from, to),
            };
            (captured.repo, link)
        })
        .collect()
}

impl Part {
    /// The part of it between two parts of the whole, 0 to 1: neighboring slices add up.
    #[must_use]
    pub fn slice(&self, from: f64, to: f64) -> Self {
        let tokens = self.tokens.iter();
        Self {
            day: self.day,
            link: self.link,
            time: self.time.part(from, to),
            supervisory_minutes: self.supervisory_minutes * (to - from),
            tokens: tokens
                .map(|(model, tokens)| (*model, slice(*tokens, from, to)))
                .collect(),
        }
    }
}

impl SeenSession {
    /// The same session, if so many repositories come before those that its positions count.
    #[must_use]
    pub fn moved(mut self, by: usize) -> Self {
        self.home += by;
        self.links.iter_mut().for_each(|(repo, _)| *repo += by);
        self
    }

    /// Everything that it did: the agents, the person, and what may have been either, also as far as it went into commits.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        let charges = self.unknown.iter().chain(&self.attention);
        let charged = charges.map(|charge| charge.span);
        let links = self.links.iter().map(|(_, link)| link);
        let linked = links.chain(&self.elsewhere).flat_map(|link| &link.worked);
        charged.chain(self.worked.iter().chain(linked).copied())
    }

    /// Whether only its days are known.
    pub fn is_by_day(&self) -> bool {
        self.vague > Millis::default()
    }

    /// From the earliest instant at which it can have begun to the last one at which it can have ended.
    pub fn longest_span(&self) -> Span {
        Span::new(self.span.start - self.vague, self.span.end + self.vague)
    }

    /// Agent minutes, subagents as separate lanes; `None` if unknown.
    pub fn agent_minutes(&self) -> Option<Minutes> {
        self.minutes_of(&self.worked)
    }

    /// Minutes in which its agents may have worked in addition; 0 if it is unknown when they worked at all.
    pub fn unknown_minutes(&self) -> Minutes {
        let unknown = self.unknown.iter().map(|charge| charge.minutes());
        match self.sources.agent_time {
            Provenance::Absent => Minutes::default(),
            _ => unknown.sum(),
        }
    }

    /// The longest that its agents can have worked, in minutes; `None` if unknown.
    pub fn most_agent_minutes(&self) -> Option<Minutes> {
        self.agent_minutes()
            .map(|minutes| minutes + self.unknown_minutes())
    }

    /// Agent minutes without unknown time; `None` if there is none.
    pub fn agent_minutes_low(&self) -> Option<Minutes> {
        self.agent_minutes()
            .filter(|_| self.unknown_minutes() > Minutes::default())
    }

    /// Agent minutes of some of the spans in which it worked.
    fn minutes_of(&self, worked: &[Span]) -> Option<Minutes> {
        let minutes = span::minutes(span::total(worked)) * self.lanes;
        (self.sources.agent_time != Provenance::Absent).then_some(minutes)
    }

    /// What it worked for the commit of one of its links.
    pub fn worked_for(&self, link: &Link) -> Worked {
        Worked {
            minutes: self.agent_minutes().map(|minutes| minutes * link.share),
            unknown: self.unknown_minutes() * link.share,
            spans: link.worked.clone(),
            is_by_day: self.is_by_day(),
        }
    }

    /// The part of it that went into the known commits, 0 to 1 except for rounding.
    pub fn committed_share(&self) -> f64 {
        self.made_anywhere().map(|link| link.share).sum()
    }

    /// The part of it that went into no commit, 0 to 1.
    pub fn uncommitted_share(&self) -> f64 {
        self.share_beside_known().min(self.rest)
    }

    /// The same including what may have gone into commits that are not here.
    pub fn share_beside_known(&self) -> f64 {
        (1.0 - self.committed_share()).max(0.0)
    }

    /// What it worked and did not commit.
    pub fn uncommitted(&self) -> Worked {
        let committed = span::union(self.made_anywhere().flat_map(|link| link.worked.clone()));
        let (left, beside) = (self.uncommitted_share(), self.share_beside_known());
        let wall = span::union(self.worked.iter().copied());
        let spans = wall.into_iter().flat_map(|span| span::without(span, &committed));
        let spans: Vec<Span> = spans.collect();
        Worked {
            minutes: self.agent_minutes().map(|minutes| minutes * left),
            unknown: self.unknown_minutes() * left,
            spans: match left < beside {
                // The end is the part most likely not to have been committed.
                true => stretch(&spans, 1.0 - left / beside, 1.0),
                false => spans,
            },
            is_by_day: self.is_by_day(),
        }
    }

    /// The person's minutes; `None` if unknown.
    pub fn supervisory_minutes(&self) -> Option<Minutes> {
        let minutes = self.attention.iter().map(|charge| charge.minutes()).sum();
        (self.sources.human_time != Provenance::Absent).then_some(minutes)
    }

    /// Minutes in which any of its lanes worked; `None` if unknown.
    pub fn wall_minutes(&self) -> Option<Minutes> {
        let wall = span::union(self.worked.iter().copied());
        (self.sources.agent_time != Provenance::Absent).then(|| span::minutes(span::total(&wall)))
    }

    /// All its tokens; `None` if unknown.
    pub fn tokens(&self) -> Option<TokenCounts> {
        let all = self.usage.iter().map(|used| used.tokens);
        (self.sources.tokens != Provenance::Absent)
            .then(|| all.fold(TokenCounts::default(), |sum, tokens| sum + tokens))
    }

    /// The links that count in totals, without copies.
    pub fn made(&self) -> impl Iterator<Item = &(usize, Link)> {
        self.links
            .iter()
            .filter(|(_, link)| link.counts() && !link.is_copy())
    }

    /// All of these, and those in repositories that are not examined.
    pub fn made_anywhere(&self) -> impl Iterator<Item = &Link> {
        let elsewhere = self.elsewhere.iter();
        let elsewhere = elsewhere.filter(|link| link.counts() && !link.is_copy());
        self.made().map(|(_, link)| link).chain(elsewhere)
    }

    /// Its tokens in a part of it, of one model (by its [canonical](crate::facts::model::canonical) name) or of all;
    /// `None` if unknown.
    pub fn tokens_of(&self, part: &Part, model: Option<&str>) -> Option<TokenCounts> {
        let told_apart = self.usage.iter().all(|used| used.model.is_some());
        if self.sources.tokens == Provenance::Absent || (model.is_some() && !told_apart) {
            return None;
        }
        let all = part.tokens.iter();
        let is_wanted = |position: &Option<usize>| {
            let own = position.and_then(|at| self.models.get(at));
            model.is_none_or(|wanted| own.is_some_and(|own| canonical(own) == wanted))
        };
        let chosen = all.filter(|(position, _)| is_wanted(position));
        Some(chosen.fold(TokenCounts::default(), |sum, (_, tokens)| sum + *tokens))
    }

    /// The session in parts, by day and commit: they add up to the whole. The person's time and the tokens of a day
    /// follow the agent's time of that day, which also distributes totals over the days.
    pub fn parts(&self, zone: Zone) -> Vec<Part> {
        let mut days: BTreeMap<NaiveDate, Day> = BTreeMap::new();
        days.entry(zone.day(self.span.start.seconds())).or_default();
        for (day, piece) in self.worked.iter().flat_map(|span| zone.split(*span)) {
            days.entry(day).or_default().worked.push(piece);
        }
        for charge in &self.attention {
            for (day, piece) in zone.split(charge.span) {
                days.entry(day).or_default().supervisory += piece.minutes() * charge.share;
            }
        }
        let unknown = self.unknown.iter();
        for charge in unknown.filter(|_| self.sources.agent_time != Provenance::Absent) {
            for (day, piece) in zone.split(charge.span) {
                days.entry(day).or_default().unknown += piece.minutes() * charge.share;
            }
        }
        for used in &self.usage {
            match used.at {
                Some(at) => days.entry(zone.day(at.seconds())).or_default().add(used),
                None => spread(&mut days, used),
            }
        }
        for (number, (_, link)) in self.links.iter().enumerate() {
            for (day, piece) in link.worked.iter().flat_map(|span| zone.split(*span)) {
                let day = days.entry(day).or_default();
                day.by_link.entry(number).or_default().push(piece);
            }
        }
        days.into_iter()
            .flat_map(|(date, day)| self.parts_of(date, day))
            .collect()
    }

    fn parts_of(&self, date: NaiveDate, day: Day) -> Vec<Part> {
        let total = span::total(&day.worked) as f64;
        let shares: Vec<(usize, f64)> = if total > 0.0 {
            let of = |(link, worked): (&usize, &Vec<Span>)| (*link, span::total(worked) as f64 / total);
            day.by_link.iter().map(of).collect()
        } else {
            let links = self.links.iter().enumerate();
            links
                .map(|(number, (_, link))| (number, link.share))
                .filter(|(_, share)| *share > 0.0)
                .collect()
        };
        let committed = span::union(day.by_link.values().flatten().copied());
        let rest: Vec<Span> = span::union(day.worked.iter().copied())
            .into_iter()
            .flat_map(|span| span::without(span, &committed))
            .collect();
        let agent = self.minutes_of(&day.worked);
        let mut dealt = 0.0;
        let mut parts: Vec<Part> = Vec::new();
        let mut by_link = day.by_link;
        let uncommitted = 1.0 - shares.iter().map(|(_, share)| share).sum::<f64>();
        let all = shares
            .into_iter()
            .map(|(link, share)| (Some(link), share))
            .chain([(None, uncommitted.max(0.0))]);
        for (link, share) in all {
            let (from, to) = (dealt, if link.is_none() { 1.0 } else { dealt + share });
            dealt = to;
            parts.push(Part {
                day: date,
                link,
                time: Worked {
                    minutes: agent.map(|agent| agent * share),
                    unknown: day.unknown * share,
                    spans: match link {
                        Some(number) => by_link.remove(&number).unwrap_or_default(),
                        None => rest.clone(),
                    },
                    is_by_day: self.is_by_day(),
                },
                supervisory_minutes: day.supervisory * share,
                tokens: (day.tokens.iter())
                    .map(|(model, tokens)| (*model, slice(*tokens, from, to)))
                    .collect(),
            });
        }
        parts
    }
}

/// The part of a session that is on one day.
#[derive(Default)]
struct Day {
    worked: Vec<Span>,
    by_link: BTreeMap<usize, Vec<Span>>,
    unknown: Minutes,
    supervisory: Minutes,
    tokens: BTreeMap<Option<usize>, TokenCounts>,
}

impl Day {
    fn add(&mut self, used: &Used) {
        *self.tokens.entry(used.model).or_default() += used.tokens;
    }
}

/// Distributes a total over the days by the agent's time of each; without any, the first day gets it.
fn spread(days: &mut BTreeMap<NaiveDate, Day>, used: &Used) {
    let all: i64 = days.values().map(|day| span::total(&day.worked)).sum();
    if all == 0 {
        days.values_mut().take(1).for_each(|day| day.add(used));
        return;
    }
    let mut before = 0;
    for day in days.values_mut() {
        let after = before + span::total(&day.worked);
        day.add(&Used {
            tokens: slice(used.tokens, before as f64 / all as f64, after as f64 / all as f64),
            ..used.clone()
        });
        before = after;
    }
}

/// The tokens from one part of their sum to another, in whole tokens: neighboring slices add up.
fn slice(tokens: TokenCounts, from: f64, to: f64) -> TokenCounts {
    let cut = |count: u64| {
        let at = |part: f64| (count as f64 * part).round() as u64;
        at(to.min(1.0))
            .min(count)
            .saturating_sub(at(from.min(1.0)).min(count))
    };
    TokenCounts {
        input: cut(tokens.input),
        cache_write: cut(tokens.cache_write),
        cache_read: cut(tokens.cache_read),
        output: cut(tokens.output),
    }
}
