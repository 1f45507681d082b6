//! What a row of the table of sessions knows of one: the JSON that only this program reads.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::mem;

use serde::{Deserialize, Serialize};

use crate::correlate::blocks::{Blocks, Placed};
use crate::correlate::by_day::by_day;
use crate::correlate::seen::{Origin, SeenSession, Used};
use crate::facts::ids::SessionId;
use crate::facts::link::Link;
use crate::facts::session::{Sources, TokenCounts};
use crate::facts::span::{self, Millis, Moment, Seconds, Span};
use crate::facts::supervision::Charge;
use crate::facts::zone::Zone;

/// A share is at most 1, except for rounding.
const LARGEST_PART: f64 = 1.000_001;
/// More than any session can have worked per millisecond.
const MOST_LANES: f64 = 1_000.0;
/// The longest sum of times in a session: as long as the calendar.
const LONGEST: Seconds = Seconds::DAY.times(10_000 * 366);

/// What is known of a session that worked in some of the repositories.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    home: String,
    visits: Vec<String>,
    models: Vec<String>,
    span: Span,
    worked: Vec<Span>,
    unknown: Vec<Charge>,
    lanes: f64,
    attention: Vec<Charge>,
    usage: Vec<(Option<Moment>, Option<usize>, TokenCounts)>,
    sources: Sources,
    links: Vec<(String, StoredLink)>,
    elsewhere: Vec<StoredLink>,
    rest: f64,
    /// Its dates, if only these are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    blocks: Option<Blocks>,
    /// How far it was moved from the zone of the writer to that of the reader.
    #[serde(skip)]
    shift: Millis,
}

/// A link with the time that JSON of links leaves out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct StoredLink {
    pub(super) link: Link,
    worked: Vec<Span>,
}

impl StoredLink {
    fn of(link: &Link) -> Self {
        Self {
            link: link.clone(),
            worked: link.worked.clone(),
        }
    }

    fn link(self) -> Link {
        Link {
            worked: self.worked,
            ..self.link
        }
    }
}

impl Line {
    /// Of a session from a log that worked in the repositories at the positions `visits`; `ids` are those of all by position. If only its
    /// days are known, they are those of the zone.
    pub fn of(session: &SeenSession, (visits, ids): (&[usize], &[String]), zone: Zone) -> Option<Self> {
        let id = |at: usize| ids.get(at).cloned();
        let links = session.links.iter();
        let links = links.map(|(at, link)| Some((id(*at)?, StoredLink::of(link))));
        Some(Self {
            home: id(session.home)?,
            visits: visits.iter().map(|at| id(*at)).collect::<Option<_>>()?,
            models: session.models.clone(),
            span: session.span,
            worked: session.worked.clone(),
            unknown: session.unknown.clone(),
            lanes: session.lanes,
            attention: session.attention.clone(),
            usage: session
                .usage
                .iter()
                .map(|used| (used.at, used.model, used.tokens))
                .collect(),
            sources: session.sources,
            links: links.collect::<Option<_>>()?,
            elsewhere: session.elsewhere.iter().map(StoredLink::of).collect(),
            rest: session.rest,
            blocks: session.is_by_day().then(|| Blocks::of(session, zone)),
            shift: Millis::default(),
        })
    }

    /// The session; `places` are the positions of repositories by id. `None` if it worked in none of them.
    pub fn session(self, id: SessionId, places: &HashMap<String, usize>) -> Option<SeenSession> {
        let vague = match self.is_by_day() {
            true => Millis(Millis::DAY.0.saturating_add(self.shift.0)),
            false => Millis::default(),
        };
        let mut links: Vec<(usize, Link)> = Vec::new();
        let mut elsewhere: Vec<Link> = self.elsewhere.into_iter().map(StoredLink::link).collect();
        for (repo, link) in self.links {
            match places.get(&repo) {
                Some(place) => links.push((*place, link.link())),
                None => elsewhere.push(link.link()),
            }
        }
        // By repository, then as before: by commit.
        links.sort_by_key(|(place, _)| *place);
        let home = places
            .get(&self.home)
            .copied()
            .or(links.first().map(|(place, _)| *place))
            .or(self.visits.iter().find_map(|repo| places.get(repo).copied()))?;
        Some(SeenSession {
            id,
            origin: Origin::Log,
            home,
            models: self.models,
            span: self.span,
            worked: self.worked,
            unknown: self.unknown,
            lanes: self.lanes,
            attention: self.attention,
            usage: self
                .usage
                .into_iter()
                .map(|(at, model, tokens)| Used { at, model, tokens })
                .collect(),
            sources: self.sources,
            links,
            elsewhere,
            rest: self.rest,
            vague,
        })
    }
}

impl Line {
    /// The repository in which it worked first.
    pub(super) fn home(&self) -> &str {
        &self.home
    }

    /// What it made, with the id of the repository.
    pub(super) fn links(&self) -> &[(String, StoredLink)] {
        &self.links
    }

    /// From its first to its last event, if it is known when these were: of times that are made up, only this program knows what is
    /// right in them.
    pub(super) fn timed(&self) -> Option<Span> {
        (!self.is_by_day()).then_some(self.span)
    }

    /// Whether only its dates are known.
    fn is_by_day(&self) -> bool {
        self.blocks.is_some()
    }

    /// Whether it goes on after another copy of the log. If only one of them has times of day, what they worked says so, and of equal
    /// ones the one with times counts.
    pub(super) fn goes_on_after(&self, other: &Self) -> bool {
        match self.is_by_day() == other.is_by_day() {
            true => self.span.end > other.span.end,
            false => self.extent() > other.extent(),
        }
    }

    /// How much was done in it, and whether it is known when.
    fn extent(&self) -> (i64, bool) {
        let charges = self.unknown.iter().chain(&self.attention);
        let spans = charges.map(|charge| &charge.span).chain(&self.worked);
        (span::total(spans), !self.is_by_day())
    }

    /// Whether the session made something in a repository.
    pub fn is_linked_in(&self, repo: &str) -> bool {
        self.links.iter().any(|(linked, _)| linked == repo)
    }

    /// The repositories in which it worked.
    pub fn visits(&self) -> &[String] {
        &self.visits
    }

    /// The session as one that worked in a repository is known if only that is read; `None` if it did not work there. Who reads one
    /// repository also looks `around`, where the sessions worked that made something in it, and nowhere else.
    pub fn session_in(mut self, id: SessionId, repo: &str, around: &BTreeSet<String>) -> Option<SeenSession> {
        if !self.is_linked_in(repo) {
            self.links.retain(|(linked, _)| around.contains(linked));
            self.elsewhere.clear();
        }
        self.session(id, &HashMap::from([(repo.to_owned(), 0)]))
    }
}

impl Line {
    /// The session with all of its repositories, whatever their positions.
    pub(super) fn whole(&self, id: &SessionId) -> Option<SeenSession> {
        let ids = self.repos();
        let places = ids.into_iter().zip(0..).collect();
        self.clone().session(id.clone(), &places)
    }

    /// All of its repositories.
    fn repos(&self) -> Vec<String> {
        let linked = self.links.iter().map(|(repo, _)| repo);
        let all: BTreeSet<&String> = linked.chain(&self.visits).chain([&self.home]).collect();
        all.into_iter().cloned().collect()
    }

    /// The same without times of day.
    pub(super) fn by_day(self, id: &SessionId, zone: Zone) -> Option<Self> {
        if self.is_by_day() {
            return Some(self);
        }
        let ids = self.repos();
        let at = |repo: &String| ids.iter().position(|id| id == repo);
        let visits: Vec<usize> = self.visits.iter().filter_map(at).collect();
        Self::of(&by_day(self.whole(id)?, zone), (&visits, &ids), zone)
    }

    /// The part that is about other repositories than these, and whether it worked first in one of those; `None` if there is none.
    pub(super) fn without(mut self, repos: &HashSet<String>) -> Option<(Self, bool)> {
        self.visits.retain(|repo| !repos.contains(repo));
        self.links.retain(|(repo, _)| !repos.contains(repo));
        let began_there = !repos.contains(&self.home);
        if !began_there {
            let mut others = self.visits.iter().chain(self.links.iter().map(|(repo, _)| repo));
            self.home = others.next()?.clone();
        }
        Some((self, began_there))
    }

    /// The same with what an earlier run knows of other repositories.
    pub(super) fn joined(mut self, others: Self, began_there: bool) -> Self {
        let are_timed = !self.is_by_day() && !others.is_by_day();
        if began_there {
            self.home = others.home;
        }
        self.visits.extend(others.visits);
        for (repo, known) in others.links {
            let commit = known.link.commit;
            let own = self.elsewhere.iter().position(|own| own.link.commit == commit);
            let link = match own {
                Some(at) => self.elsewhere.remove(at),
                None if !are_timed => StoredLink {
                    // Times of another run that are made up would not fit these.
                    worked: Vec::new(),
                    ..known
                },
                None => known,
            };
            self.links.push((repo, link));
        }
        self
    }

    /// Refuses what this program does not write, and what nothing that walks days and adds up times is prepared for.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let links = || self.links.iter().map(|(_, link)| link).chain(&self.elsewhere);
        let charges = || self.unknown.iter().chain(&self.attention);
        let spans = || {
            let charged = charges().map(|charge| &charge.span);
            let worked = links().flat_map(|link| &link.worked);
            charged.chain(&self.worked).chain(worked)
        };
        let instants = self.usage.iter().filter_map(|(at, ..)| *at);
        let instants = instants.map(|at| Span::new(at, at)).chain([self.span]);
        let is_part = |share: f64| (0.0..=LARGEST_PART).contains(&share);
        let mut parts = links().map(|link| link.link.share).chain([self.rest]);
        let mut shares = charges().map(|charge| charge.share).chain([self.lanes]);
        if !instants.chain(spans().copied()).all(Span::is_sound) {
            Err("a time is reversed, or not in the years 1 to 9999")
        } else if span::total(spans()) > LONGEST.millis().0 {
            Err("it worked longer than the calendar is")
        } else if !parts.all(is_part) || !shares.all(|share| (0.0..=MOST_LANES).contains(&share)) {
            Err("a share is not one")
        } else {
            Ok(())
        }
    }

    /// The same with its dates in the zone of a reader; an error if this program did not write it.
    pub(super) fn in_zone(mut self, zone: Zone) -> Result<Self, &'static str> {
        if let Some(blocks) = &self.blocks {
            let wrong = "its days are not those of its times";
            let placed = blocks.placed(zone).ok_or(wrong)?;
            self.shift = placed.shift();
            self.place(&placed).ok_or(wrong)?;
        }
        Ok(self)
    }

    fn place(&mut self, placed: &Placed) -> Option<()> {
        self.span = Span::new(placed.moment(self.span.start)?, placed.moment(self.span.end)?);
        self.worked = spans(&self.worked, placed)?;
        self.unknown = charges(&self.unknown, placed)?;
        self.attention = charges(&self.attention, placed)?;
        for (at, ..) in &mut self.usage {
            *at = match *at {
                Some(at) => Some(placed.moment(at)?),
                None => None,
            };
        }
        let links = self.links.iter_mut().map(|(_, link)| link);
        for link in links.chain(&mut self.elsewhere) {
            link.worked = spans(&mem::take(&mut link.worked), placed)?;
        }
        Some(())
    }
}

fn spans(all: &[Span], placed: &Placed) -> Option<Vec<Span>> {
    let pieces = all.iter().map(|span| placed.spans(*span));
    let pieces: Option<Vec<Vec<Span>>> = pieces.collect();
    Some(pieces?.concat())
}

fn charges(all: &[Charge], placed: &Placed) -> Option<Vec<Charge>> {
    let mut moved = Vec::with_capacity(all.len());
    for Charge { span, share } in all.iter().copied() {
        let pieces = placed.spans(span)?.into_iter();
        moved.extend(pieces.map(|span| Charge { span, share }));
    }
    Some(moved)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use chrono::NaiveDate;
    use proptest::prelude::*;

    use super::*;
    use crate::correlate::by_day::by_day;
    use crate::facts::evidence::Confidence;
    use crate::facts::ids::ObjectId;
    use crate::facts::session::Provenance;
    use crate::facts::sign::Rung;

    /// 2026-03-28T00:00:00Z, the day before clocks change in Berlin.
    const BEGIN: i64 = 1_774_656_000_000;
    const ZONES: [&str; 5] = [
        "UTC",
        "Pacific/Kiritimati",
        "America/Los_Angeles",
        "Europe/Berlin",
        "America/Havana",
    ];

    fn zone(at: usize) -> Zone {
        ZONES[at].parse().unwrap()
    }

    fn span((from, minutes): (i64, i64)) -> Span {
        let start = Moment(BEGIN + from * 60_000);
        Span::new(start, start.plus(minutes * 60_000))
    }

    fn session(worked: Vec<Span>, attention: Vec<Span>, used: Vec<i64>) -> SeenSession {
        let id = SessionId::new("codex", "s");
        let all = worked.iter().chain(&attention);
        let first = all.clone().map(|span| span.start).min();
        let last = all.map(|span| span.end).max();
        let link = Link {
            commit: ObjectId::from_bytes(&[7; 20]).unwrap(),
            session: id.clone(),
            rung: Rung::Lines,
            confidence: Confidence::High,
            evidence: Vec::new(),
            share: 0.5,
            worked: worked.iter().take(1).copied().collect(),
        };
        let used = used.into_iter().map(|minute| Used {
            at: Some(span((minute, 0)).start),
            model: None,
            tokens: TokenCounts {
                output: 5,
                ..TokenCounts::default()
            },
        });
        SeenSession {
            id,
            origin: Origin::Log,
            home: 0,
            models: Vec::new(),
            span: Span::new(first.unwrap_or_default(), last.unwrap_or_default()),
            unknown: Vec::new(),
            lanes: 1.0,
            attention: attention
                .into_iter()
                .map(|span| Charge { span, share: 0.5 })
                .collect(),
            usage: used.collect(),
            sources: Sources {
                agent_time: Provenance::Measured,
                human_time: Provenance::Measured,
                tokens: Provenance::Measured,
                ..Sources::default()
            },
            links: vec![(0, link.clone())],
            elsewhere: vec![link],
            rest: 1.0,
            vague: Millis::default(),
            worked,
        }
    }

    /// The session as it is read in one zone after it was written in another one.
    fn read_in(reader: Zone, session: SeenSession, writer: Zone) -> SeenSession {
        let id = session.id.clone();
        let line = Line::of(&by_day(session, writer), (&[0], &["aa".to_owned()]), writer).unwrap();
        let line: Line = serde_json::from_str(&serde_json::to_string(&line).unwrap()).unwrap();
        let read = line.in_zone(reader).unwrap();
        read.session(id, &HashMap::from([("aa".to_owned(), 0)])).unwrap()
    }

    /// Agent time, supervision and tokens by date and link.
    fn sums(session: &SeenSession, zone: Zone) -> BTreeMap<(NaiveDate, Option<usize>), [i64; 3]> {
        let parts = session.parts(zone).into_iter();
        let sum = |part: crate::correlate::seen::Part| {
            let millis = |minutes: crate::facts::quantity::Minutes| (minutes.get() * 60_000.0).round() as i64;
            let tokens = session.tokens_of(&part, None).unwrap().output;
            let agent = millis(part.time.minutes.unwrap());
            let sums = [agent, millis(part.supervisory_minutes), tokens as i64];
            ((part.day, part.link), sums)
        };
        parts.map(sum).collect()
    }

    proptest! {
        #[test]
        fn dates_are_those_of_the_writer_in_any_zone(
            worked in proptest::collection::vec((-60_i64..5000, 1_i64..2000), 1..6),
            attention in proptest::collection::vec((-60_i64..5000, 0_i64..200), 0..4),
            used in proptest::collection::vec(0_i64..5000, 0..4),
            (writer, reader) in (0_usize..5, 0_usize..5),
        ) {
            let (writer, reader) = (zone(writer), zone(reader));
            let spans = |all: Vec<(i64, i64)>| all.into_iter().map(span).collect::<Vec<Span>>();
            let session = session(spans(worked), spans(attention), used);
            let read = read_in(reader, session.clone(), writer);
            prop_assert_eq!(sums(&read, reader), sums(&session, writer));
            prop_assert_eq!(read.agent_minutes(), session.agent_minutes());
            prop_assert_eq!(reader.day(read.span.start.seconds()), writer.day(session.span.start.seconds()));
            prop_assert_eq!(reader.day(read.span.end.seconds()), writer.day(session.span.end.seconds()));
            let off = |one: Moment, other: Moment| one.since(other).abs();
            let most = off(read.span.start, session.span.start).max(off(read.span.end, session.span.end));
            prop_assert!(most < read.vague.0, "{} {}", most, read.vague.0);
            if writer == reader {
                prop_assert_eq!(read, by_day(session, writer));
            }
        }
    }

    #[test]
    fn a_full_day_stays_on_a_shorter_one() {
        let (writer, reader) = (zone(0), zone(3));
        // All of the 29th, which has 23 hours in Berlin.
        let session = session(vec![span((1440, 1440))], vec![], vec![]);
        let read = read_in(reader, session, writer);
        let hours: Vec<i64> = read.worked.iter().map(|span| span.millis() / 3_600_000).collect();
        assert_eq!(hours, [23, 1]);
        assert_eq!(read.worked[0].start, read.worked[1].start);
        let days: Vec<String> = read
            .parts(reader)
            .iter()
            .map(|part| part.day.to_string())
            .collect();
        assert!(
            days.iter().any(|day| day == "2026-03-29") && !days.iter().any(|day| day == "2026-03-28"),
            "{days:?}"
        );
    }

    #[test]
    fn what_is_on_none_of_its_dates_is_refused() {
        let zone = zone(0);
        let day = by_day(session(vec![span((0, 10))], vec![], vec![]), zone);
        let line = Line::of(&day, (&[0], &["aa".to_owned()]), zone).unwrap();
        assert!(line.clone().in_zone(zone).is_ok());
        let elsewhere = serde_json::to_string(&line)
            .unwrap()
            .replace("2026-03-28", "2026-04-28");
        let elsewhere: Line = serde_json::from_str(&elsewhere).unwrap();
        assert!(elsewhere.in_zone(zone).is_err());
        let mut outside = line;
        outside.worked[0].end = outside.worked[0].end.plus(1);
        assert!(outside.in_zone(zone).is_err());
    }
}
