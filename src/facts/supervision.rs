//! A person's part in sessions: an estimate from the times of their actions.
//!
//! Logs show when a person acted, not for how long. Typing takes at least its characters; before acting, the person
//! read what the agent had done since its turn ended, up to a cap, and not at all if they were away. Reading while the
//! agent works leaves no trace and is not counted. One person has one clock: if sessions overlap, each gets its part.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::quantity::Minutes;
use super::session::{Action, Session};
use super::span::{Millis, Moment, Span, minutes, union};

/// The thresholds of the estimate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SupervisionRules {
    /// A pause longer than this means that the person was away.
    pub idle: Millis,
    /// Upper limit for one action.
    pub cap: Millis,
    /// Characters typed per minute.
    pub typing: f64,
}

impl Default for SupervisionRules {
    /// Away after 15 minutes, at most 10 for one action, 200 characters (40 words) per minute.
    fn default() -> Self {
        Self {
            idle: Millis::MINUTE.times(15),
            cap: Millis::MINUTE.times(10),
            typing: 200.0,
        }
    }
}

/// Even the shortest action takes a quarter of a minute.
const SHORTEST: Millis = Millis(Millis::MINUTE.0 / 4);
/// Looking at the result when nothing shows how long it took.
const REVIEW: Millis = Millis::MINUTE;

/// Time of a person that counts for one session: the part in `share`, if they did several things at once.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Charge {
    /// When.
    pub span: Span,
    /// How much of it, above 0 and at most 1.
    pub share: f64,
}

impl Charge {
    /// Minutes.
    pub fn minutes(self) -> Minutes {
        self.span.minutes() * self.share
    }
}

/// The person's time for each session, in the order given. Sessions with the same `person` share one clock.
pub fn supervision<'session>(
    sessions: impl IntoIterator<Item = &'session Session>,
    rules: SupervisionRules,
) -> Vec<Vec<Charge>> {
    let sessions: Vec<&Session> = sessions.into_iter().collect();
    let spans: Vec<Vec<Span>> = sessions.iter().map(|session| attention(session, rules)).collect();
    let mut people: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, session) in sessions.iter().enumerate() {
        people.entry(person(session)).or_default().push(at);
    }
    let mut charges = vec![Vec::new(); sessions.len()];
    for own in people.values() {
        share_clock(own, &spans, &mut charges);
    }
    charges
}

/// The person's minutes in all of these charges.
pub fn charged_minutes<'charge>(charges: impl IntoIterator<Item = &'charge Charge>) -> Minutes {
    charges.into_iter().map(|charge| charge.minutes()).sum()
}

/// Whose clock a session runs on: the owner of the home directory it worked in, otherwise the owner of the logs.
pub fn person(session: &Session) -> &str {
    session
        .places
        .iter()
        .find_map(|place| home_owner(&place.folder))
        .unwrap_or("")
}

fn home_owner(folder: &str) -> Option<&str> {
    let folder = folder
        .get(1..)
        .filter(|rest| rest.starts_with(':'))
        .map_or(folder, |rest| rest.get(1..).unwrap_or(""));
    let mut parts = folder.split(['/', '\\']).skip(1);
    let base = parts.next()?;
    let owner = parts.next().filter(|owner| !owner.is_empty())?;
    matches!(base, "home" | "Users" | "Documents and Settings").then_some(owner)
}

/// When the person attended to one session, disjoint and in order.
pub fn attention(session: &Session, rules: SupervisionRules) -> Vec<Span> {
    if session.actions.is_empty() {
        return Vec::new();
    }
    let mut turns: Vec<Span> = session
        .lanes
        .iter()
        .filter(|lane| lane.subagent.is_none())
        .flat_map(|lane| lane.turns.iter().map(|turn| turn.span))
        .collect();
    turns.sort_unstable();
    // Each ends with the latest end so far: the last turn before an instant then stands for all before it.
    let mut latest = Moment(i64::MIN);
    for turn in &mut turns {
        latest = latest.max(turn.end);
        turn.end = latest;
    }
    let mut spans: Vec<Span> = session
        .actions
        .iter()
        .map(|action| span_of(action, &turns, rules))
        .collect();
    if let Some(Span { end: last, .. }) = turns.last().copied() {
        spans.push(Span::new(last, last + REVIEW.min(rules.cap)));
    }
    union(spans)
}

/// How long an action took. `turns` are sorted by their start and by their end.
fn span_of(action: &Action, turns: &[Span], rules: SupervisionRules) -> Span {
    let typing = typing(action.typed, rules);
    let before = |length: Millis| Span::new(action.at - length, action.at);
    if let Some(since) = action.waited_since {
        return before((action.at - since).clamp(Millis(0), rules.cap));
    }
    // Turns that had begun before the action: inside one it adds only typing, after one the gap was reading.
    let begun = turns.partition_point(|turn| turn.start < action.at);
    let Some(end) = turns.get(..begun).and_then(|begun| Some(begun.last()?.end)) else {
        return before(typing);
    };
    if end >= action.at {
        return before(typing);
    }
    let gap = action.at - end;
    before(if gap <= rules.idle {
        gap.min(rules.cap)
    } else {
        typing.min(gap)
    })
}

fn typing(characters: u32, rules: SupervisionRules) -> Millis {
    let millis = f64::from(characters) / rules.typing * Millis::MINUTE.0 as f64;
    Millis(millis as i64).clamp(SHORTEST.min(rules.cap), rules.cap)
}

/// How many sessions at once, on average, are plausible for one person. More are a made-up log.
const MOST_AT_ONCE: usize = 64;

/// Splits the clock of one person: at each instant every session that has it gets an equal part.
fn share_clock(own: &[usize], spans: &[Vec<Span>], charges: &mut [Vec<Charge>]) {
    // (instant, begins, session): ends sort before begins.
    let mut edges: Vec<(Moment, bool, usize)> = Vec::new();
    for &session in own {
        for span in spans.get(session).into_iter().flatten() {
            edges.push((span.start, true, session));
            edges.push((span.end, false, session));
        }
    }
    edges.sort_unstable();
    let clock = Clock::of(&edges);
    if clock.pieces > edges.len().saturating_mul(MOST_AT_ONCE) {
        for &session in own {
            for span in spans.get(session).into_iter().flatten() {
                let share = clock.share(*span);
                charges[session].extend((share > 0.0).then_some(Charge { span: *span, share }));
            }
        }
        return;
    }
    let mut active: BTreeSet<usize> = BTreeSet::new();
    let mut since = Moment::default();
    for (at, begins, session) in edges {
        let span = Span::new(since, at);
        if !span.is_empty() {
            let share = 1.0 / active.len().max(1) as f64;
            for holder in &active {
                if let Some(charges) = charges.get_mut(*holder) {
                    charges.push(Charge { span, share });
                }
            }
        }
        since = at;
        if begins {
            active.insert(session);
        } else {
            active.remove(&session);
        }
    }
}

/// How much of one person's time a session had that took part all the time since the beginning.
struct Clock {
    /// The instants at which a session begins or ends, in order, in milliseconds.
    had: Vec<(Moment, f64)>,
    /// In how many pieces the sessions share the time.
    pieces: usize,
}

impl Clock {
    fn of(edges: &[(Moment, bool, usize)]) -> Self {
        let mut clock = Self {
            had: Vec::new(),
            pieces: 0,
        };
        let (mut active, mut sum, mut since) = (0_usize, 0.0, Moment::default());
        for (at, begins, _) in edges {
            let span = Span::new(since, *at);
            if !span.is_empty() && active > 0 {
                clock.pieces = clock.pieces.saturating_add(active);
                sum += span.millis() as f64 / active as f64;
            }
            since = *at;
            active = if *begins {
                active + 1
            } else {
                active.saturating_sub(1)
            };
            clock.had.push((*at, sum));
        }
        clock
    }

    /// The part that a session has, on average, of a span that begins and ends at such instants.
    fn share(&self, span: Span) -> f64 {
        let until = |at: Moment| {
            let found = self.had.partition_point(|(known, _)| *known < at);
            self.had.get(found).map_or(0.0, |(_, sum)| *sum)
        };
        let had = until(span.end) - until(span.start);
        (had / span.millis().max(1) as f64).clamp(0.0, 1.0)
    }
}

/// What sessions took together.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Effort {
    /// Every lane's working time, summed.
    pub agent_minutes: Minutes,
    /// The person's time.
    pub supervisory_minutes: Minutes,
    /// The time in which at least one lane worked.
    pub wall_minutes: Minutes,
    /// Time within turns in which it is unknown whether anything worked.
    pub unknown_minutes: Minutes,
}

impl Effort {
    /// What some sessions took, each with its charges from [`supervision`].
    pub fn of<'a>(sessions: impl IntoIterator<Item = (&'a Session, &'a [Charge])>) -> Self {
        let mut effort = Self::default();
        let mut worked = Vec::new();
        for (session, charges) in sessions {
            effort.supervisory_minutes += charged_minutes(charges);
            for turn in session.turns() {
                effort.agent_minutes += turn.working.iter().map(|span| span.minutes()).sum();
                effort.unknown_minutes += minutes(turn.unknown);
                worked.extend_from_slice(&turn.working);
            }
        }
        effort.wall_minutes = union(worked).iter().map(|span| span.minutes()).sum();
        effort
    }

    /// The time in which agents worked or may have worked.
    pub fn most_agent_minutes(self) -> Minutes {
        self.agent_minutes + self.unknown_minutes
    }

    /// The time in which they worked; `None` if nothing is unknown.
    pub fn agent_minutes_low(self) -> Option<Minutes> {
        let is_less = self.unknown_minutes > Minutes::default();
        is_less.then_some(self.agent_minutes).and_then(Minutes::checked)
    }

    /// How many lanes worked in parallel on average; `None` if none worked.
    pub fn parallelism(self) -> Option<f64> {
        let (agent, wall) = (self.agent_minutes.get(), self.wall_minutes.get());
        (wall > 0.0).then(|| agent / wall)
    }
}

#[cfg(test)]
mod tests {
    use super::super::ids::SessionId;
    use super::super::session::{ActionKind, Lane, Place, Sources, Turn, TurnEnd};
    use super::*;

    fn at(minute: f64) -> Moment {
        Moment((minute * Millis::MINUTE.0 as f64) as i64)
    }

    fn span(start: f64, end: f64) -> Span {
        Span::new(at(start), at(end))
    }

    fn action(minute: f64, typed: u32) -> Action {
        Action {
            at: at(minute),
            kind: ActionKind::Prompt,
            typed,
            waited_since: None,
        }
    }

    /// A session in the home of `person` whose turns work throughout.
    fn session(person: &str, turns: &[(f64, f64)], actions: Vec<Action>) -> Session {
        let turns = turns.iter().map(|&(start, end)| Turn {
            span: span(start, end),
            working: vec![span(start, end)],
            unknown: 0,
            human: true,
            end: TurnEnd::Recorded,
            told: false,
        });
        Session {
            id: SessionId::new("claude-code", "s"),
            parent: None,
            span: span(0.0, 0.0),
            places: vec![Place {
                folder: format!("/home/{person}/kiln"),
                branch: None,
            }],
            remotes: Vec::new(),
            versions: Vec::new(),
            models: Vec::new(),
            lanes: vec![Lane {
                subagent: None,
                turns: turns.collect(),
            }],
            actions,
            usage: Vec::new(),
            edits: Vec::new(),
            commits: Vec::new(),
            touched: Vec::new(),
            sources: Sources::default(),
        }
    }

    fn minutes_of(sessions: &[Session], rules: SupervisionRules) -> Vec<f64> {
        supervision(sessions, rules)
            .iter()
            .map(|charges| charged_minutes(charges).get())
            .collect()
    }

    fn one(turns: &[(f64, f64)], actions: Vec<Action>) -> f64 {
        minutes_of(&[session("ada", turns, actions)], SupervisionRules::default())[0]
    }

    #[test]
    fn the_first_prompt_takes_its_typing_and_the_last_turn_a_look() {
        // 400 characters are 2 minutes; 1 minute of review.
        assert_eq!(one(&[(10.0, 20.0)], vec![action(10.0, 400)]), 3.0);
        // A word still takes a quarter; a novel at most the cap.
        assert_eq!(one(&[(10.0, 20.0)], vec![action(10.0, 1)]), 1.25);
        assert_eq!(one(&[(10.0, 20.0)], vec![action(10.0, 90_000)]), 11.0);
    }

    #[test]
    fn the_gap_before_a_prompt_was_reading_unless_the_person_was_away() {
        let gap = |minutes: f64| {
            let next = 20.0 + minutes;
            // Typing of the first prompt and the final look are 1.25 minutes.
            one(
                &[(10.0, 20.0), (next, next + 5.0)],
                vec![action(10.0, 1), action(next, 200)],
            ) - 1.25
        };
        assert_eq!(gap(4.0), 4.0);
        assert_eq!(gap(12.0), 10.0);
        assert_eq!(gap(15.0), 10.0);
        // Away: nothing but the typing of 200 characters.
        assert_eq!(gap(16.0), 1.0);
    }

    #[test]
    fn a_prompt_during_a_turn_adds_its_typing_alone() {
        assert_eq!(
            one(&[(10.0, 20.0)], vec![action(10.0, 1), action(15.0, 200)]),
            0.25 + 1.0 + 1.0
        );
    }

    #[test]
    fn an_answer_takes_the_wait_up_to_the_cap() {
        let answer = |wait: f64| Action {
            waited_since: Some(at(12.0)),
            ..action(12.0 + wait, 0)
        };
        assert_eq!(
            one(&[(10.0, 40.0)], vec![action(10.0, 1), answer(3.0)]),
            0.25 + 3.0 + 1.0
        );
        assert_eq!(
            one(&[(10.0, 60.0)], vec![action(10.0, 1), answer(25.0)]),
            0.25 + 10.0 + 1.0
        );
    }

    #[test]
    fn nobody_supervises_a_headless_run() {
        assert_eq!(one(&[(10.0, 20.0)], Vec::new()), 0.0);
    }

    #[test]
    fn one_person_has_one_clock() {
        // Both sessions claim minutes 8 to 10 (typing) and 20 to 21 (review).
        let same = |person| session(person, &[(10.0, 20.0)], vec![action(10.0, 400)]);
        assert_eq!(
            minutes_of(&[same("ada"), same("ada")], SupervisionRules::default()),
            [1.5, 1.5]
        );
        assert_eq!(
            minutes_of(&[same("ada"), same("bob")], SupervisionRules::default()),
            [3.0, 3.0]
        );
    }

    #[test]
    fn the_thresholds_can_be_moved() {
        let rules = |idle: i64, cap: i64| SupervisionRules {
            idle: Millis::MINUTE.times(idle),
            cap: Millis::MINUTE.times(cap),
            ..SupervisionRules::default()
        };
        let turns = [(10.0, 20.0), (32.0, 33.0)];
        let run = |rules| {
            minutes_of(
                &[session("ada", &turns, vec![action(10.0, 1), action(32.0, 200)])],
                rules,
            )[0]
        };
        // 0.25 typing, then: away (1 typing) or a gap of 12 under the cap, then 1 review.
        assert_eq!(run(rules(5, 10)), 0.25 + 1.0 + 1.0);
        assert_eq!(run(rules(15, 10)), 0.25 + 10.0 + 1.0);
        assert_eq!(run(rules(30, 20)), 0.25 + 12.0 + 1.0);
    }

    #[test]
    fn five_sessions_side_by_side_take_their_sum_of_the_agents_and_once_the_wall() {
        let sessions: Vec<Session> = (0..5)
            .map(|_| session("ada", &[(0.0, 20.0)], Vec::new()))
            .collect();
        let effort = Effort::of(sessions.iter().map(|session| (session, [].as_slice())));
        assert_eq!(
            (effort.agent_minutes.get(), effort.wall_minutes.get()),
            (100.0, 20.0)
        );
        assert_eq!(effort.parallelism(), Some(5.0));
    }

    #[test]
    fn a_home_has_an_owner() {
        for (folder, owner) in [
            ("/home/ada/kiln", Some("ada")),
            ("/Users/ada", Some("ada")),
            ("C:\\Users\\ada\\kiln", Some("ada")),
            ("/workspace/kiln", None),
            ("", None),
        ] {
            assert_eq!(home_owner(folder), owner, "{folder}");
        }
    }

    #[test]
    fn thousands_of_sessions_at_once_share_the_clock_without_a_piece_for_each_pair() {
        // Each begins a millisecond after the one before, and lasts as many milliseconds as there are sessions.
        let number = 4_000_i64;
        let spans: Vec<Vec<Span>> = (0..number)
            .map(|start| vec![Span::new(Moment(start), Moment(start + number))])
            .collect();
        let own: Vec<usize> = (0..spans.len()).collect();
        let mut charges = vec![Vec::new(); spans.len()];
        share_clock(&own, &spans, &mut charges);
        assert!(charges.iter().all(|charges| charges.len() == 1));
        // Together they had the clock from the first to the last.
        let total = charged_minutes(charges.iter().flatten()).get() * 60_000.0;
        assert!((total - (2 * number - 1) as f64).abs() < 1e-3, "{total}");
        // The middle one shares with more than the first does.
        assert!(charges[2000][0].share < charges[0][0].share);
    }

    #[test]
    fn the_average_of_a_share_is_what_its_pieces_add_up_to() {
        let spans = [
            vec![span(0.0, 10.0), span(20.0, 30.0)],
            vec![span(5.0, 25.0)],
            vec![span(5.0, 8.0)],
        ];
        let mut charges = vec![Vec::new(); 3];
        share_clock(&[0, 1, 2], &spans, &mut charges);
        let mut edges = Vec::new();
        for (session, spans) in spans.iter().enumerate() {
            for span in spans {
                edges.extend([(span.start, true, session), (span.end, false, session)]);
            }
        }
        edges.sort_unstable();
        let clock = Clock::of(&edges);
        assert_eq!(clock.pieces, charges.iter().map(Vec::len).sum::<usize>());
        for (spans, charges) in spans.iter().zip(&charges) {
            let averaged: f64 = spans
                .iter()
                .map(|span| clock.share(*span) * span.minutes().get())
                .sum();
            assert!((averaged - charged_minutes(charges).get()).abs() < 1e-9);
        }
    }
}
