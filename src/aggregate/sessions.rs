//! Sessions as rows: what each took, what they took together, and how much the thresholds of the estimate matter.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Serialize;

use crate::correlate::trees;
use crate::facts::ids::{ObjectId, SessionId};
use crate::facts::quantity::{Minutes, serialize_decimal};
use crate::facts::session::{Lane, Provenance, Session, Sources, TokenCounts, Turn};
use crate::facts::span::{self, Millis, Moment, Span};
use crate::facts::supervision::{Charge, Effort, SupervisionRules, supervision};
use crate::facts::zone::{Period, Zone};

/// Sessions with their sums.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionReport {
    /// The zone of the days.
    pub zone: Zone,
    /// The thresholds of the estimate.
    pub rules: RulesShown,
    /// The sessions, by start.
    pub rows: Vec<SessionRow>,
    /// All of them together: wall minutes are those of the union.
    pub totals: SessionTotals,
    /// Tokens by day and model, each response on the day it was logged.
    pub usage: Vec<DailyUsage>,
    /// The totals under other idle thresholds, if requested.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sensitivity: Vec<Sensitivity>,
}

/// The thresholds of the estimate, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RulesShown {
    /// After a pause of this length the person was away.
    #[serde(serialize_with = "serialize_decimal")]
    pub idle_minutes: Minutes,
    /// Upper limit for one action.
    #[serde(serialize_with = "serialize_decimal")]
    pub cap_minutes: Minutes,
}

impl From<SupervisionRules> for RulesShown {
    fn from(rules: SupervisionRules) -> Self {
        Self {
            idle_minutes: span::minutes(rules.idle.0),
            cap_minutes: span::minutes(rules.cap.0),
        }
    }
}

/// One session, as `export sessions` has it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SessionRow {
    /// The agent.
    pub agent: String,
    /// Its id for the session.
    pub session: String,
    /// The repository that contains the directory where it first worked, otherwise the name of that directory.
    /// Untrusted text.
    pub repo: Option<String>,
    /// RFC 3339, UTC.
    pub started_at: String,
    /// RFC 3339, UTC.
    pub ended_at: String,
    /// Working time of all lanes, with the unknown time.
    pub agent_minutes: Option<Minutes>,
    /// The same without the unknown time; `None` if there is none.
    pub agent_minutes_low: Option<Minutes>,
    /// The person's part of their one clock.
    pub supervisory_minutes: Option<Minutes>,
    /// How these came to be: `sources.human_time` covers the instants of what the person did, not how long it took.
    pub supervisory_minutes_source: Provenance,
    /// Time in which at least one lane worked.
    pub wall_minutes: Option<Minutes>,
    /// Time within turns in which it is unknown whether anything worked.
    pub unknown_minutes: Option<Minutes>,
    /// Untrusted text.
    pub models: Vec<String>,
    /// Fresh input.
    pub tokens_input: Option<u64>,
    /// Written to the cache.
    pub tokens_cache_write: Option<u64>,
    /// Read from the cache.
    pub tokens_cache_read: Option<u64>,
    /// Output.
    pub tokens_output: Option<u64>,
    /// Commits that the log says it made; `None` if its log does not record them.
    pub commits: Option<u64>,
    /// Commits that contain its work, without copies; `None` if it worked in no repository of this machine.
    pub commits_linked: Option<u64>,
    /// How each of these came to be.
    pub sources: Sources,
}

/// What sessions took together.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SessionTotals {
    /// How many.
    pub sessions: u64,
    /// Working time of all lanes of all of them, with the unknown time.
    pub agent_minutes: Option<Minutes>,
    /// The same without the unknown time; `None` if there is none.
    pub agent_minutes_low: Option<Minutes>,
    /// The person's time: estimated.
    pub supervisory_minutes: Option<Minutes>,
    /// Time in which at least one lane of any worked.
    pub wall_minutes: Option<Minutes>,
    /// Agent minutes per wall minute, both without unknown time.
    pub parallelism: Option<f64>,
    /// Their tokens.
    #[serde(flatten)]
    pub tokens: TokenTotals,
    /// Commits that the logs say they made.
    pub commits: u64,
    /// Commits that contain their work, each once; `None` if none worked in a repository of this machine.
    pub commits_linked: Option<u64>,
}

/// Tokens by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct TokenTotals {
    /// Fresh input.
    pub tokens_input: u64,
    /// Written to the cache.
    pub tokens_cache_write: u64,
    /// Read from the cache.
    pub tokens_cache_read: u64,
    /// Output.
    pub tokens_output: u64,
}

impl From<TokenCounts> for TokenTotals {
    fn from(tokens: TokenCounts) -> Self {
        Self {
            tokens_input: tokens.input,
            tokens_cache_write: tokens.cache_write,
            tokens_cache_read: tokens.cache_read,
            tokens_output: tokens.output,
        }
    }
}

/// The tokens of one model on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DailyUsage {
    /// The day in the report's zone.
    pub date: NaiveDate,
    /// The agent.
    pub agent: String,
    /// Untrusted text.
    pub model: String,
    /// The tokens.
    #[serde(flatten)]
    pub tokens: TokenTotals,
}

/// The totals under another idle threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Sensitivity {
    /// The threshold.
    #[serde(serialize_with = "serialize_decimal")]
    pub idle_minutes: Minutes,
    /// Does not depend on the threshold.
    #[serde(serialize_with = "serialize_decimal")]
    pub agent_minutes: Minutes,
    /// Estimated.
    #[serde(serialize_with = "serialize_decimal")]
    pub supervisory_minutes: Minutes,
    /// Does not depend on the threshold.
    #[serde(serialize_with = "serialize_decimal")]
    pub wall_minutes: Minutes,
}

/// The report on what sessions did in a period: minutes, tokens and commits made count on their day, so that a session
/// over midnight is in both. Other sessions still share the person's clock.
pub fn session_report(
    sessions: &[Session],
    period: Period,
    zone: Zone,
    rules: SupervisionRules,
    idle_thresholds: &[Millis],
) -> SessionReport {
    let mut chosen = within(sessions, period, zone, rules);
    chosen.sort_by(|(one, _), (other, _)| (one.span.start, &one.id).cmp(&(other.span.start, &other.id)));
    let chosen: Vec<(&Session, &[Charge])> = borrowed(&chosen).collect();
    let sensitivity = idle_thresholds
        .iter()
        .map(|&idle| sensitivity(sessions, period, zone, SupervisionRules { idle, ..rules }))
        .collect();
    SessionReport {
        zone,
        rules: rules.into(),
        rows: chosen
            .iter()
            .map(|(session, charges)| row(session, charges))
            .collect(),
        totals: totals(&chosen),
        usage: usage(&chosen, zone),
        sensitivity,
    }
}

impl SessionReport {
    /// Names the repositories that contain the first directories of sessions, whatever their worktrees are called.
    pub fn add_repositories(&mut self, names: &HashMap<SessionId, String>) {
        for row in &mut self.rows {
            if let Some(name) = names.get(&SessionId::new(&row.agent, &row.session)) {
                row.repo = Some(name.clone());
            }
        }
    }

    /// Adds the commits that the sessions made; sessions without an entry worked in no repository of this machine.
    pub fn add_commits(&mut self, made: &HashMap<SessionId, BTreeSet<ObjectId>>) {
        let mut all: Option<BTreeSet<ObjectId>> = None;
        for row in &mut self.rows {
            if let Some(commits) = made.get(&SessionId::new(&row.agent, &row.session)) {
                row.commits_linked = Some(commits.len() as u64);
                all.get_or_insert_default().extend(commits);
            }
        }
        self.totals.commits_linked = all.map(|all| all.len() as u64);
    }
}

fn sensitivity(sessions: &[Session], period: Period, zone: Zone, rules: SupervisionRules) -> Sensitivity {
    let chosen = within(sessions, period, zone, rules);
    let effort = Effort::of(borrowed(&chosen));
    Sensitivity {
        idle_minutes: span::minutes(rules.idle.0),
        agent_minutes: effort.most_agent_minutes(),
        supervisory_minutes: effort.supervisory_minutes,
        wall_minutes: effort.wall_minutes,
    }
}

/// A session, as far as it is in a period, with the person's time in it.
type Chosen<'a> = (Cow<'a, Session>, Vec<Charge>);

fn borrowed<'a>(chosen: &'a [Chosen<'a>]) -> impl Iterator<Item = (&'a Session, &'a [Charge])> {
    chosen
        .iter()
        .map(|(session, charges)| (&**session, charges.as_slice()))
}

/// What the sessions did in the period, and which of them did nothing else.
fn within(sessions: &[Session], period: Period, zone: Zone, rules: SupervisionRules) -> Vec<Chosen<'_>> {
    let charges = supervision(sessions, rules);
    let all = sessions.iter().zip(charges);
    if period == Period::default() {
        return all
            .map(|(session, charges)| (Cow::Borrowed(session), charges))
            .collect();
    }
    let days = Days { period, zone };
    let parts = all.map(|(session, charges)| (session, days.of_session(session), days.of_charges(&charges)));
    let chosen = parts.filter(|(whole, part, charges)| {
        days.contain(whole.span.start)
            || part.turns().next().is_some()
            || says_more(part)
            || !charges.is_empty()
    });
    chosen
        .map(|(_, part, charges)| (Cow::Owned(part), charges))
        .collect()
}

fn says_more(part: &Session) -> bool {
    !(part.actions.is_empty() && part.usage.is_empty() && part.commits.is_empty())
}

/// The days of a period.
#[derive(Clone, Copy)]
struct Days {
    period: Period,
    zone: Zone,
}

impl Days {
    fn contain(self, at: Moment) -> bool {
        self.period.contains(self.zone.day(at.seconds()))
    }

    /// The part of a span that is on these days.
    fn of_span(self, span: Span) -> impl Iterator<Item = Span> {
        let pieces = self.zone.split(span).into_iter();
        pieces
            .filter(move |(day, _)| self.period.contains(*day))
            .map(|(_, piece)| piece)
    }

    fn of_charges(self, charges: &[Charge]) -> Vec<Charge> {
        let parts = charges.iter().flat_map(|charge| {
            let share = charge.share;
            self.of_span(charge.span).map(move |span| Charge { span, share })
        });
        parts.collect()
    }

    /// A session with what it did on these days only. Its start and end stay, and edits are not examined.
    fn of_session(self, session: &Session) -> Session {
        let lanes = session.lanes.iter().map(|lane| Lane {
            subagent: lane.subagent.clone(),
            turns: lane.turns.iter().filter_map(|turn| self.of_turn(turn)).collect(),
        });
        let on = |at: Moment| self.contain(at);
        Session {
            id: session.id.clone(),
            parent: session.parent.clone(),
            places: session.places.clone(),
            remotes: Vec::new(),
            versions: Vec::new(),
            models: session.models.clone(),
            lanes: lanes.collect(),
            actions: (session.actions.iter().copied())
                .filter(|action| on(action.at))
                .collect(),
            usage: (session.usage.iter().filter(|usage| on(usage.at)).cloned()).collect(),
            edits: Vec::new(),
            commits: (session.commits.iter().filter(|made| on(made.at)).cloned()).collect(),
            touched: Vec::new(),
            ..*session
        }
    }

    /// The part of a turn; unknown time goes by the pauses that it can be in.
    fn of_turn(self, turn: &Turn) -> Option<Turn> {
        let working: Vec<Span> = turn.working.iter().flat_map(|span| self.of_span(*span)).collect();
        let pauses = span::without(turn.span, &turn.working);
        let here: Vec<Span> = pauses.iter().flat_map(|pause| self.of_span(*pause)).collect();
        let part = span::total(&here) as f64 / span::total(&pauses).max(1) as f64;
        (!working.is_empty() || !here.is_empty() || self.contain(turn.span.start)).then(|| Turn {
            working,
            unknown: (turn.unknown as f64 * part) as i64,
            ..turn.clone()
        })
    }
}

fn row(session: &Session, charges: &[Charge]) -> SessionRow {
    let effort = Effort::of([(session, charges)]);
    let known = |provenance, minutes| {
        if provenance == Provenance::Absent {
            None
        } else {
            Minutes::checked(minutes)
        }
    };
    let tokens = session.tokens();
    let agent_time = session.sources.agent_time;
    SessionRow {
        agent: session.id.agent.clone(),
        session: session.id.id.clone(),
        repo: session.places.first().and_then(|place| {
            let folder = place.folder.as_str();
            last_part(trees::owner(folder).unwrap_or(folder))
        }),
        started_at: session.span.start.to_string(),
        ended_at: session.span.end.to_string(),
        agent_minutes: known(agent_time, effort.most_agent_minutes()),
        agent_minutes_low: effort
            .agent_minutes_low()
            .filter(|_| agent_time != Provenance::Absent),
        supervisory_minutes: known(session.sources.human_time, effort.supervisory_minutes),
        supervisory_minutes_source: match session.sources.human_time {
            Provenance::Absent => Provenance::Absent,
            _ => Provenance::Estimated,
        },
        wall_minutes: known(agent_time, effort.wall_minutes),
        unknown_minutes: known(agent_time, effort.unknown_minutes),
        models: session.models.clone(),
        tokens_input: tokens.map(|tokens| tokens.input),
        tokens_cache_write: tokens.map(|tokens| tokens.cache_write),
        tokens_cache_read: tokens.map(|tokens| tokens.cache_read),
        tokens_output: tokens.map(|tokens| tokens.output),
        commits: (session.sources.commits != Provenance::Absent).then_some(session.commits.len() as u64),
        commits_linked: None,
        sources: session.sources,
    }
}

fn last_part(folder: &str) -> Option<String> {
    folder
        .split(['/', '\\'])
        .rfind(|part| !part.is_empty())
        .map(str::to_owned)
}

fn totals(chosen: &[(&Session, &[Charge])]) -> SessionTotals {
    if chosen.is_empty() {
        return SessionTotals::default();
    }
    let effort = Effort::of(chosen.iter().copied());
    let tokens = chosen
        .iter()
        .filter_map(|(session, _)| session.tokens())
        .fold(TokenCounts::default(), |sum, tokens| sum + tokens);
    SessionTotals {
        sessions: chosen.len() as u64,
        agent_minutes: effort.most_agent_minutes().checked(),
        agent_minutes_low: effort.agent_minutes_low(),
        supervisory_minutes: effort.supervisory_minutes.checked(),
        wall_minutes: effort.wall_minutes.checked(),
        parallelism: effort.parallelism(),
        tokens: tokens.into(),
        commits: chosen
            .iter()
            .map(|(session, _)| session.commits.len() as u64)
            .sum(),
        commits_linked: None,
    }
}

fn usage(chosen: &[(&Session, &[Charge])], zone: Zone) -> Vec<DailyUsage> {
    let mut days: BTreeMap<(NaiveDate, &str, &str), TokenCounts> = BTreeMap::new();
    for (session, _) in chosen {
        for usage in &session.usage {
            let key = (
                zone.day(usage.at.seconds()),
                session.id.agent.as_str(),
                usage.model.as_str(),
            );
            *days.entry(key).or_default() += usage.tokens;
        }
    }
    days.into_iter()
        .map(|((date, agent, model), tokens)| DailyUsage {
            date,
            agent: agent.to_owned(),
            model: model.to_owned(),
            tokens: tokens.into(),
        })
        .collect()
}
