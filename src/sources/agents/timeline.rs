//! Turns and working time from the events of one lane, in order of time.
//!
//! A log has instants, not intervals: that the agent worked between two events is inferred, and only up to a bound. A
//! tool call may take its recorded duration, otherwise its time limit, otherwise [`COMMAND`] or [`INSTANT`]; the model
//! may think for [`MODEL`]. A command that ended, and for which the log says that nobody could be asked, worked to
//! its end, unless it had a time limit. A call for which a person was asked, or may have been asked without a trace, ran for an
//! unknown part of its time. Without a recorded duration [`INSTANT`] of it counts as work, or [`What::UntoldRun`] of a
//! command for which a person may have been asked; of a read, search or edit for which a person was asked
//! [`ASKED_INSTANT`], and the rest is known to be the person's. Other time beyond the bound is unknown (a permission
//! prompt, sleep), and only in the higher end of agent time. If the log records how long the agent worked in the whole turn, that decides
//! ([`Parts::settle`]).

use std::collections::{HashMap, HashSet};

use super::calls::{OpenCall, OpenCalls};
use super::log::{Event, Key, Outcome, Tool, What};
use super::parts::{PartKind, Parts, between};
use crate::facts::session::{Action, ActionKind, Turn, TurnEnd};
use crate::facts::span::{Moment, Span};
use crate::facts::worked::ASSUMED_MINUTES;

/// The longest time that a model is assumed to work on one response, in milliseconds.
pub const MODEL: i64 = ASSUMED_MINUTES * 60_000;
/// The longest time that a command without a limit is assumed to run, in milliseconds, unless the log says that nobody could
/// be asked.
pub const COMMAND: i64 = ASSUMED_MINUTES * 60_000;
/// The longest time that a read, search or edit is assumed to run, or a call that may have waited for a person, in
/// milliseconds. Measured: an edit or a read takes well under a second in every agent that can be driven without a
/// person.
pub const INSTANT: i64 = 1_000;
/// How long an edit or a read takes once a person has allowed it, in milliseconds: the average where nobody is asked.
/// The rest of such a call is known to be the person's.
const ASKED_INSTANT: i64 = 250;
/// Refusals and interrupts closer than this are one key press of a person, in milliseconds.
const SAME_KEY: i64 = 1_000;
/// A compaction that begins this long after the agent's last work was requested separately, in milliseconds.
const ASIDE: i64 = 60_000;

/// The turns of a lane and what the person did in it. `events` are sorted by time.
pub fn timeline<'event>(events: impl IntoIterator<Item = &'event Event>) -> (Vec<Turn>, Vec<Action>) {
    let events: Vec<&Event> = events.into_iter().collect();
    let mut builder = Builder {
        approvals: approvals(&events),
        ended: ended(&events),
        ..Builder::default()
    };
    for event in events {
        builder.add(event.stamp.at, &event.what);
    }
    builder.close(TurnEnd::LastEvent);
    (builder.turns, builder.actions)
}

/// For which calls a person was asked, wherever the log records it: a result that shows it comes after everything that
/// it explains.
fn approvals(events: &[&Event]) -> HashMap<Key, bool> {
    let approvals = events.iter().filter_map(|event| match event.what {
        What::Approval { id, asked } => Some((id, asked)),
        _ => None,
    });
    approvals.collect()
}

/// The calls that have a result.
fn ended(events: &[&Event]) -> HashSet<Key> {
    let ended = events.iter().filter_map(|event| match event.what {
        What::Result { id, .. } => Some(id),
        _ => None,
    });
    ended.collect()
}

#[derive(Default)]
struct Builder {
    turns: Vec<Turn>,
    actions: Vec<Action>,
    open: Option<OpenTurn>,
    /// Calls without a result yet: they may outlive a turn that an interrupt ended.
    calls: OpenCalls,
    /// Whether a person was asked, by call; nothing is known of a call that is not here.
    approvals: HashMap<Key, bool>,
    /// The calls that have a result anywhere in the lane: after the others the log may go on days later.
    ended: HashSet<Key>,
    /// Whether calls may wait for a person without a trace; `None` if the log does not say.
    may_ask: Option<bool>,
    /// How long commands that may have waited without a trace are assumed to run, in milliseconds.
    untold_run: i64,
    /// The turn that was closed last, until another begins: a log may record afterwards how long it took.
    closed: Option<OpenTurn>,
}

struct OpenTurn {
    start: Moment,
    last: Moment,
    /// Until then the agent waits for its provider.
    backoff_until: Moment,
    parts: Parts,
    human: bool,
    /// Whether anything came after the prompt.
    answered: bool,
    /// Whether the log records how long the agent worked in it.
    told: bool,
}

impl Builder {
    fn add(&mut self, at: Moment, what: &What) {
        match what {
            What::Prompt { kind, typed } => {
                self.act(at, *kind, *typed, None);
                self.begin(at, true);
            }
            What::Local { kind, typed } => {
                self.act(at, *kind, *typed, None);
                // While a tool runs, the agent continues in parallel.
                if self.calls.is_empty() {
                    self.close(TurnEnd::LastEvent);
                }
            }
            What::Dequeued => self.begin(at, true),
            What::Automated => self.begin(at, false),
            What::Queued { typed } => self.act(at, ActionKind::Prompt, *typed, None),
            What::Interrupted => {
                self.stop(at, ActionKind::Interrupt, 0, None);
                if self.open.is_some() {
                    self.work_until(at);
                    self.close(TurnEnd::Interrupted);
                }
            }
            What::Call { id, tool, .. } => {
                self.work_until(at);
                let call = self.open_call(at, *id, *tool);
                self.calls.insert(*id, call);
            }
            What::Result {
                id,
                outcome,
                took,
                typed,
                ..
            } => self.result(at, *id, *outcome, *took, *typed),
            What::Work | What::Usage { .. } => self.work_until(at),
            What::Backoff(millis) => {
                self.work_until(at);
                if let Some(turn) = &mut self.open {
                    turn.backoff_until = at.plus(i64::from(*millis));
                }
            }
            What::TurnEnd(_) => self.close(TurnEnd::Recorded),
            What::Worked { millis, at_most } => self.told(at, i64::from(*millis), *at_most),
            What::Compacted(took) => self.compacted(at, took.map(i64::from)),
            What::MayAsk(may) => self.may_ask = Some(*may),
            What::UntoldRun(millis) => self.untold_run = i64::from(*millis),
            What::Approval { .. }
            | What::Counted { .. }
            | What::Unrequested { .. }
            | What::Totals { .. }
            | What::Place
            | What::Version(_)
            | What::Remote(_)
            | What::Parent(_)
            | What::Estimated(_)
            | What::Absent(_) => {}
        }
    }

    fn act(&mut self, at: Moment, kind: ActionKind, typed: u32, waited_since: Option<Moment>) {
        self.actions.push(Action {
            at,
            kind,
            typed,
            waited_since,
        });
    }

    /// A refusal or an interrupt. One key press does both at a question, and refuses all calls that wait.
    fn stop(&mut self, at: Moment, kind: ActionKind, typed: u32, waited_since: Option<Moment>) {
        let is_same = self.actions.last().is_some_and(|last| {
            matches!(last.kind, ActionKind::Refusal | ActionKind::Interrupt) && at.since(last.at) < SAME_KEY
        });
        if !is_same || typed > 0 {
            self.act(at, kind, typed, waited_since);
        }
    }

    fn begin(&mut self, at: Moment, human: bool) {
        self.close(TurnEnd::LastEvent);
        self.calls.clear();
        self.open = Some(OpenTurn::new(at, human));
    }

    fn open_call(&self, since: Moment, id: Key, tool: Tool) -> OpenCall {
        let said = self.approvals.get(&id).copied();
        let may_ask = said.or(self.may_ask);
        let may_wait = may_ask == Some(true) && !matches!(tool, Tool::Subagent | Tool::Wait);
        let bound = match tool {
            Tool::Command { timeout: None } | Tool::Subagent | Tool::Wait
                if may_ask == Some(false) && self.ended.contains(&id) =>
            {
                i64::MAX
            }
            _ if !may_wait => tool.bound(),
            Tool::Command { .. } if said.is_none() => tool.bound().min(self.untold_run.max(INSTANT)),
            _ => INSTANT,
        };
        OpenCall {
            since,
            tool,
            asked: said == Some(true),
            may_wait,
            bound,
        }
    }

    fn result(&mut self, at: Moment, id: Key, outcome: Outcome, took: Option<u32>, typed: u32) {
        let call = self.calls.get(id);
        let since = call.map(|call| call.since);
        let questioned = call.is_some_and(|call| call.tool == Tool::Question);
        let asked = call.is_some_and(|call| call.asked);
        match (questioned, outcome, took) {
            (_, Outcome::Refused, _) => {
                self.wait_until(at);
                self.stop(at, ActionKind::Refusal, typed, since);
            }
            (true, ..) => {
                self.wait_until(at);
                self.act(at, ActionKind::Answer, typed, since);
            }
            (false, _, Some(took)) if self.calls.len() == 1 => self.ran_until(at, i64::from(took), asked),
            _ => self.work_until(at),
        }
        if asked && !questioned && outcome != Outcome::Refused {
            self.approved(at, since, took);
        }
        self.calls.remove(id);
    }

    /// A person allowed a call that has ended. When they did is known only if the log records how long it ran.
    fn approved(&mut self, at: Moment, since: Option<Moment>, took: Option<u32>) {
        let ran = took.map_or(INSTANT, i64::from);
        let began = since.map_or(at, |since| at.plus(-ran).max(since));
        self.act(began, ActionKind::Answer, 0, since);
    }

    /// The turn that an event belongs to: one that nobody asked for begins with its first event.
    fn turn(&mut self, at: Moment) -> &mut OpenTurn {
        let turn = self.open.get_or_insert_with(|| OpenTurn::new(at, false));
        turn.answered = true;
        turn
    }

    /// The agent worked since the last event, up to the assumed bound.
    fn work_until(&mut self, at: Moment) {
        if self.calls.has_question() {
            return self.wait_until(at);
        }
        let bound = self.calls.bound().unwrap_or(MODEL);
        let kind = self.kind();
        let is_asked = kind == PartKind::Instant && self.calls.are_asked();
        let turn = self.turn(at);
        let start = turn.last.max(turn.backoff_until).min(at);
        if is_asked {
            turn.parts.push_asked(between(start, at), ASKED_INSTANT);
        } else {
            turn.parts.push(between(start, at), bound, kind);
        }
        turn.last = turn.last.max(at);
    }

    /// What the agent does now.
    fn kind(&self) -> PartKind {
        if self.calls.is_empty() {
            PartKind::Model
        } else if !self.calls.may_wait() {
            PartKind::Run
        } else if self.calls.are_instant() {
            PartKind::Instant
        } else {
            PartKind::Command
        }
    }

    /// A tool ran for this long, up to now; before that it waited, for a person if one was asked.
    fn ran_until(&mut self, at: Moment, took: i64, asked: bool) {
        let turn = self.turn(at);
        let start = turn.last.max(at.plus(-took)).min(at);
        if !asked {
            turn.parts.push(between(turn.last, start), 0, PartKind::Run);
        }
        turn.parts.push(between(start, at), i64::MAX, PartKind::Run);
        turn.last = turn.last.max(at);
    }

    /// The agent summarized the conversation, up to now. Long after its last work that is a separate turn.
    fn compacted(&mut self, at: Moment, took: Option<i64>) {
        let Some(took) = took else {
            if self.open.is_some() {
                self.work_until(at);
            }
            return;
        };
        let start = at.plus(-took);
        let open = self.open.as_ref();
        if open.is_none_or(|turn| start.since(turn.last) > ASIDE) {
            self.begin(start, false);
        }
        let turn = self.turn(at);
        let start = start.max(turn.last).min(at);
        turn.parts.push(between(start, at), i64::MAX, PartKind::Run);
        turn.last = turn.last.max(at);
    }

    /// The log records how long the agent worked from the prompt until now, without waits.
    fn told(&mut self, at: Moment, worked: i64, at_most: bool) {
        let is_closed = self.open.is_none();
        let Some(turn) = self.open.as_mut().or(self.closed.as_mut()) else {
            return;
        };
        // What came after the last work (a hook) is included. A duration longer than the turn is not that of this turn.
        let told = worked - at.since(turn.last);
        if worked > at.since(turn.start) + SAME_KEY {
            return;
        }
        let told = told.max(0);
        let bounds = at_most || !turn.human;
        turn.parts.settle(told, bounds);
        turn.told = !bounds && (turn.parts.worked() - told).abs() <= SAME_KEY;
        if let (true, Some(last)) = (is_closed, self.turns.last_mut()) {
            last.working = turn.parts.working();
            last.unknown = turn.parts.unknown();
            last.told = turn.told;
        }
    }

    /// The agent waited for the person since the last event.
    fn wait_until(&mut self, at: Moment) {
        let turn = self.turn(at);
        turn.last = turn.last.max(at);
    }

    fn close(&mut self, end: TurnEnd) {
        // A second end of a turn does not change what was closed last.
        let Some(turn) = self.open.take() else { return };
        self.closed = Some(turn).filter(|turn| turn.answered);
        if let Some(turn) = &self.closed {
            self.turns.push(Turn {
                span: Span::new(turn.start, turn.last),
                working: turn.parts.working(),
                unknown: turn.parts.unknown(),
                human: turn.human,
                end,
                told: turn.told,
            });
        }
    }
}

impl OpenTurn {
    fn new(at: Moment, human: bool) -> Self {
        Self {
            start: at,
            last: at,
            backoff_until: at,
            parts: Parts::default(),
            human,
            answered: false,
            told: false,
        }
    }
}

impl Tool {
    fn bound(self) -> i64 {
        match self {
            Self::Instant | Self::Question => INSTANT,
            Self::Subagent | Self::Wait => COMMAND,
            Self::Command { timeout } => timeout.map_or(COMMAND, i64::from),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::log::{Name, Stamp};
    use super::*;
    use crate::facts::span::total;

    /// Events at minutes; one call has the key 1, another 2.
    fn events(list: &[(f64, What)]) -> Vec<Event> {
        list.iter()
            .map(|(minute, what)| Event {
                stamp: Stamp::new(Moment((minute * 60_000.0) as i64), 1, Name(0)),
                what: what.clone(),
            })
            .collect()
    }

    fn prompt() -> What {
        What::Prompt {
            kind: ActionKind::Prompt,
            typed: 100,
        }
    }

    fn call(id: u64, tool: Tool) -> What {
        What::Call {
            id: Key(id),
            tool,
            changes: Vec::new(),
            reads: Vec::new(),
        }
    }

    fn result(id: u64, outcome: Outcome, took: Option<u32>) -> What {
        What::Result {
            id: Key(id),
            outcome,
            took,
            typed: 0,
            changes: None,
            commits: Vec::new(),
        }
    }

    /// Each turn as (start, end, worked, unknown) in minutes, and its end.
    fn shape(list: &[(f64, What)]) -> Vec<(f64, f64, f64, f64, TurnEnd)> {
        let minutes = |millis: i64| millis as f64 / 60_000.0;
        let (turns, _) = timeline(&events(list));
        turns
            .iter()
            .map(|turn| {
                (
                    minutes(turn.span.start.0),
                    minutes(turn.span.end.0),
                    minutes(total(&turn.working)),
                    minutes(turn.unknown),
                    turn.end,
                )
            })
            .collect()
    }

    const SHELL: Tool = Tool::Command { timeout: None };
    /// A second in minutes.
    const SECOND: f64 = 1.0 / 60.0;

    /// A turn of a call that ended after four minutes, with what the log records of approvals before it.
    fn asked(said: &[What], tool: Tool, took: Option<u32>) -> Vec<(f64, What)> {
        let mut list = vec![(0.0, prompt())];
        list.extend(said.iter().map(|what| (0.0, what.clone())));
        list.extend([(1.0, call(1, tool)), (5.0, result(1, Outcome::Done, took))]);
        list
    }

    #[test]
    fn a_call_that_may_have_waited_for_a_person_worked_for_a_second_at_most() {
        let may = What::MayAsk(true);
        let approval = |asked| What::Approval { id: Key(1), asked };
        for (said, tool, worked) in [
            (vec![], SHELL, 4.0),
            (vec![may.clone()], SHELL, SECOND),
            (vec![approval(true)], SHELL, SECOND),
            (vec![may.clone(), approval(false)], SHELL, 4.0),
            (vec![may.clone(), What::MayAsk(false)], SHELL, 4.0),
            (vec![may], Tool::Subagent, 4.0),
        ] {
            let [(_, _, work, unknown, _)] = shape(&asked(&said, tool, None))[..] else {
                panic!("not one turn");
            };
            assert!((work - 1.0 - worked).abs() < 1e-6, "{said:?}: {work}");
            assert!((work + unknown - 5.0).abs() < 1e-6, "{said:?}: {unknown}");
        }
    }

    #[test]
    fn an_approval_is_an_action_and_its_wait_is_the_persons() {
        let said = [What::Approval {
            id: Key(1),
            asked: true,
        }];
        let list = asked(&said, SHELL, Some(60_000));
        assert_eq!(shape(&list), [(0.0, 5.0, 2.0, 0.0, TurnEnd::LastEvent)]);
        let (_, actions) = timeline(&events(&list));
        let answer = actions.last().unwrap();
        assert_eq!(
            (answer.kind, answer.at, answer.waited_since),
            (ActionKind::Answer, Moment(4 * 60_000), Some(Moment(60_000)))
        );
        // What comes after the result explains it, too.
        let late = [
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (5.0, result(1, Outcome::Done, Some(60_000))),
            (5.0, said[0].clone()),
        ];
        assert_eq!(shape(&late), shape(&list));
    }

    #[test]
    fn a_turn_lasts_from_its_prompt_to_its_last_work() {
        let list = [
            (0.0, prompt()),
            (2.0, What::Work),
            (3.0, What::TurnEnd(None)),
            (60.0, prompt()),
            (61.0, What::Work),
        ];
        assert_eq!(
            shape(&list),
            [
                (0.0, 2.0, 2.0, 0.0, TurnEnd::Recorded),
                (60.0, 61.0, 1.0, 0.0, TurnEnd::LastEvent)
            ]
        );
    }

    #[test]
    fn beyond_what_is_believed_time_is_unknown() {
        for (tool, minutes, worked) in [
            (SHELL, 25.0, 10.0),
            (
                Tool::Command {
                    timeout: Some(20 * 60_000),
                },
                25.0,
                20.0,
            ),
            (Tool::Instant, 5.0, SECOND),
        ] {
            let list = [
                (0.0, prompt()),
                (1.0, call(1, tool)),
                (1.0 + minutes, result(1, Outcome::Done, None)),
            ];
            let expected = (
                0.0,
                1.0 + minutes,
                1.0 + worked,
                minutes - worked,
                TurnEnd::LastEvent,
            );
            assert_eq!(shape(&list), [expected]);
        }
        let asleep = [(0.0, prompt()), (1.0, What::Work), (41.0, What::Work)];
        assert_eq!(shape(&asleep), [(0.0, 41.0, 11.0, 30.0, TurnEnd::LastEvent)]);
    }

    #[test]
    fn a_command_for_which_nobody_could_be_asked_works_to_its_end() {
        let nobody = What::MayAsk(false);
        let allowed = What::Approval {
            id: Key(1),
            asked: false,
        };
        let limited = Tool::Command {
            timeout: Some(20 * 60_000),
        };
        for (said, tool, worked) in [
            (vec![nobody.clone()], SHELL, 25.0),
            (vec![What::MayAsk(true), allowed.clone()], SHELL, 25.0),
            (vec![nobody.clone()], Tool::Subagent, 25.0),
            // It was stopped by then.
            (vec![nobody.clone()], limited, 20.0),
            // The log does not say, or says that somebody may have been.
            (vec![], SHELL, 10.0),
            (vec![nobody.clone(), What::MayAsk(true)], SHELL, SECOND),
            (vec![nobody], Tool::Instant, SECOND),
        ] {
            let mut list = vec![(0.0, prompt())];
            list.extend(said.iter().map(|what| (0.0, what.clone())));
            list.extend([(1.0, call(1, tool)), (26.0, result(1, Outcome::Done, None))]);
            let [(_, _, work, unknown, _)] = shape(&list)[..] else {
                panic!("not one turn");
            };
            assert!((work - 1.0 - worked).abs() < 1e-6, "{said:?} {tool:?}: {work}");
            assert!(
                (work + unknown - 26.0).abs() < 1e-6,
                "{said:?} {tool:?}: {unknown}"
            );
        }
    }

    #[test]
    fn a_command_whose_end_is_not_in_the_log_does_not_work_until_the_log_goes_on() {
        let list = [
            (0.0, What::MayAsk(false)),
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (400.0, What::Work),
        ];
        assert_eq!(shape(&list), [(0.0, 400.0, 11.0, 389.0, TurnEnd::LastEvent)]);
    }

    #[test]
    fn a_recorded_duration_tells_running_from_waiting() {
        let list = [
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (9.0, result(1, Outcome::Done, Some(3 * 60_000))),
        ];
        assert_eq!(shape(&list), [(0.0, 9.0, 4.0, 5.0, TurnEnd::LastEvent)]);
    }

    #[test]
    fn a_question_is_the_persons_time() {
        let list = [
            (0.0, prompt()),
            (1.0, call(1, Tool::Question)),
            (8.0, result(1, Outcome::Done, None)),
            (9.0, What::Work),
        ];
        assert_eq!(shape(&list), [(0.0, 9.0, 2.0, 0.0, TurnEnd::LastEvent)]);
        let (_, actions) = timeline(&events(&list));
        let answer = actions.last().unwrap();
        assert_eq!(
            (answer.kind, answer.waited_since),
            (ActionKind::Answer, Some(Moment(60_000)))
        );
    }

    #[test]
    fn an_interrupt_ends_the_turn() {
        let list = [
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (3.0, What::Interrupted),
            (30.0, prompt()),
        ];
        assert_eq!(shape(&list), [(0.0, 3.0, 3.0, 0.0, TurnEnd::Interrupted)]);
    }

    #[test]
    fn waiting_for_the_provider_is_not_work() {
        let list = [(0.0, prompt()), (1.0, What::Backoff(120_000)), (5.0, What::Work)];
        assert_eq!(shape(&list), [(0.0, 5.0, 3.0, 0.0, TurnEnd::LastEvent)]);
    }

    #[test]
    fn a_command_that_no_agent_answered_is_an_action_and_no_turn() {
        let list = [(0.0, prompt()), (5.0, prompt())];
        assert_eq!(shape(&list), []);
        assert_eq!(timeline(&events(&list)).1.len(), 2);
    }

    fn worked(minutes: u32) -> What {
        What::Worked {
            millis: minutes * 60_000,
            at_most: false,
        }
    }

    #[test]
    fn what_the_log_says_of_a_turn_is_taken_where_nobody_could_be_asked() {
        let list = [
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (41.0, result(1, Outcome::Done, None)),
            (42.0, worked(42)),
        ];
        assert_eq!(shape(&list), [(0.0, 41.0, 41.0, 0.0, TurnEnd::LastEvent)]);
    }

    #[test]
    fn a_turn_that_ends_twice_is_told_of_afterwards_too() {
        let list = [
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (41.0, result(1, Outcome::Done, None)),
            (41.0, What::TurnEnd(None)),
            (41.0, What::TurnEnd(None)),
            (41.0, worked(41)),
        ];
        assert_eq!(shape(&list), [(0.0, 41.0, 41.0, 0.0, TurnEnd::Recorded)]);
    }

    #[test]
    fn a_turn_is_told_of_only_where_its_duration_holds() {
        let told = |what: What| {
            let list = [(0.0, prompt()), (5.0, What::Work), (5.0, what)];
            timeline(&events(&list)).0[0].told
        };
        assert!(told(worked(5)));
        // Longer than the turn, a bound, and less than the model alone took.
        assert!(!told(worked(9)));
        assert!(!told(What::Worked {
            millis: 300_000,
            at_most: true
        }));
        assert!(!told(worked(2)));
    }

    #[test]
    fn the_hours_after_a_local_command_are_nobodys() {
        let local = What::Local {
            kind: ActionKind::Command,
            typed: 5,
        };
        let list = [
            (0.0, prompt()),
            (1.0, What::Work),
            (2.0, local.clone()),
            (400.0, What::Work),
            (401.0, What::Work),
        ];
        assert_eq!(
            shape(&list),
            [
                (0.0, 1.0, 1.0, 0.0, TurnEnd::LastEvent),
                (400.0, 401.0, 1.0, 0.0, TurnEnd::LastEvent)
            ]
        );
        let beside = [
            (0.0, prompt()),
            (1.0, call(1, SHELL)),
            (2.0, local),
            (5.0, result(1, Outcome::Done, None)),
        ];
        assert_eq!(shape(&beside), [(0.0, 5.0, 5.0, 0.0, TurnEnd::LastEvent)]);
    }

    #[test]
    fn work_that_nobody_asked_for_is_a_turn_without_a_person() {
        let (turns, actions) = timeline(&events(&[(0.0, What::Automated), (1.0, What::Work)]));
        assert_eq!((turns.len(), turns[0].human, actions.len()), (1, false, 0));
    }
}
