//! Threads that wait for a subagent which waits for the person: nobody works in them meanwhile. Each thread has a log of its
//! own, so that this is known only once all are read. The answer stays an action in the thread that asked.

use std::collections::HashMap;
use std::path::PathBuf;

use super::super::log::{Event, Log, Stamp, Tool, What};
use super::state::get;
use crate::facts::span::{Moment, Span};

/// A question of a thread, by the thread's id.
struct Question {
    thread: String,
    asked: Span,
}

/// Takes the time in which a subagent waited for the person out of that of the threads that waited for the subagent.
pub(super) fn settle(logs: &mut [(PathBuf, Log)]) {
    let by_thread: HashMap<String, usize> = logs
        .iter()
        .enumerate()
        .filter_map(|(at, (_, log))| Some((thread(log)?.to_owned(), at)))
        .collect();
    let others = Others::of(logs);
    let mut open: Vec<Question> = logs.iter().flat_map(|(_, log)| questions(log)).collect();
    // A thread waits once for each question: threads that name each other as parents end here.
    let mut left = open.len().saturating_mul(by_thread.len());
    while let (Some(question), true) = (open.pop(), left > 0) {
        left -= 1;
        let child = by_thread.get(&question.thread).and_then(|at| logs.get(*at));
        let parent = child
            .filter(|(_, log)| !get(log, "automated").is_empty())
            .and_then(|(_, log)| parent(log))
            .map(str::to_owned);
        let Some(parent) = parent else { continue };
        if others.work(&question, &parent) {
            continue;
        }
        let waiting = by_thread.get(&parent).and_then(|at| logs.get_mut(*at));
        if waiting.is_some_and(|(_, log)| wait(question.asked, log)) {
            open.push(Question {
                thread: parent,
                ..question
            });
        }
    }
}

fn thread(log: &Log) -> Option<&str> {
    log.carried.stamp.map(|stamp| log.text(stamp.session))
}

fn parent(log: &Log) -> Option<&str> {
    log.events.iter().find_map(|event| match event.what {
        What::Parent(name) => Some(log.text(name)),
        _ => None,
    })
}

/// The questions of a thread that were answered.
fn questions(log: &Log) -> Vec<Question> {
    let mut asked = HashMap::new();
    let mut found = Vec::new();
    for event in &log.events {
        match &event.what {
            What::Call {
                id,
                tool: Tool::Question,
                ..
            } => {
                asked.insert(*id, event.stamp.at);
            }
            What::Result { id, .. } => {
                if let (Some(since), Some(thread)) = (asked.remove(id), thread(log)) {
                    let (thread, asked) = (thread.to_owned(), Span::new(since, event.stamp.at));
                    found.push(Question { thread, asked });
                }
            }
            _ => {}
        }
    }
    found
}

/// The subagents of each thread, with their own threads and when they did something, in order of time.
struct Others(HashMap<String, Vec<(String, Vec<Moment>)>>);

impl Others {
    fn of(logs: &[(PathBuf, Log)]) -> Self {
        let mut children: HashMap<String, Vec<(String, Vec<Moment>)>> = HashMap::new();
        for (_, log) in logs {
            let Some(parent) = parent(log) else { continue };
            let mut times: Vec<Moment> = log.events.iter().map(|event| event.stamp.at).collect();
            times.sort_unstable();
            let own = thread(log).unwrap_or_default().to_owned();
            children.entry(parent.to_owned()).or_default().push((own, times));
        }
        Self(children)
    }

    /// Whether another subagent of the thread that waits did something meanwhile: then it waited for that one as well.
    fn work(&self, question: &Question, waiting: &str) -> bool {
        let others = self.0.get(waiting).into_iter().flatten();
        let mut others = others.filter(|(own, _)| *own != question.thread);
        others.any(|(_, times)| {
            let after = times.partition_point(|at| *at <= question.asked.start);
            times.get(after).is_some_and(|at| *at < question.asked.end)
        })
    }
}

/// Notes in a log that its thread waited, if it had called for a subagent all the while.
fn wait(asked: Span, log: &mut Log) -> bool {
    let mut calls: HashMap<_, Stamp> = HashMap::new();
    let mut waits = None;
    for event in &log.events {
        match &event.what {
            What::Call {
                id,
                tool: Tool::Subagent,
                ..
            } if event.stamp.at <= asked.start => {
                calls.insert(*id, event.stamp);
            }
            What::Result { id, .. } if event.stamp.at >= asked.end => {
                waits = waits.or(calls.get(id).copied());
            }
            What::Result { id, .. } => {
                calls.remove(id);
            }
            _ => {}
        }
    }
    let (Some(call), Ok(took)) = (waits, u32::try_from(asked.end.since(asked.start))) else {
        return false;
    };
    let stamp = Stamp {
        at: asked.start,
        ..call
    };
    let place = log.events.iter().rposition(|event| event.stamp.at <= stamp.at);
    let what = What::Backoff(took);
    log.events
        .insert(place.map_or(0, |at| at + 1), Event { stamp, what });
    true
}
