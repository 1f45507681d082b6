//! Sessions that others launched and that made no commit themselves: what they took is for the commit that the
//! launching session worked on at the time.
//!
//! Some agents give each subagent a separate log. One that looks something up writes no line of any commit, and its
//! time and tokens would belong to nothing.

use std::collections::HashMap;

use crate::facts::evidence::Confidence;
use crate::facts::ids::SessionId;
use crate::facts::link::Link;
use crate::facts::session::{Action, ActionKind, Session};
use crate::facts::sign::{Rung, Sign};
use crate::facts::span::{self, Span};

/// Sessions launch sessions that launch others, but none this deep.
const DEEPEST: usize = 8;

/// Adds the links of launched sessions to those of each repository.
pub(super) fn add(sessions: &[Session], links: &mut [Vec<Link>]) {
    let known: HashMap<&SessionId, &Session> =
        sessions.iter().map(|session| (&session.id, session)).collect();
    let mut made: HashMap<&SessionId, Vec<(usize, &Link)>> = HashMap::new();
    for (repo, found) in links.iter().enumerate() {
        for link in found.iter().filter(|link| link.counts() && !link.is_copy()) {
            made.entry(&link.session).or_default().push((repo, link));
        }
    }
    let launched = sessions.iter().filter(|session| !made.contains_key(&session.id));
    let launched = launched.filter_map(|session| {
        let (repo, link) = launcher(session, &known, &made)?;
        Some((repo, inherited(session, link)))
    });
    let launched: Vec<(usize, Link)> = launched.collect();
    for (repo, link) in launched {
        links[repo].push(link);
    }
}

/// The link of the session that launched another, directly or not, and that it worked for while that ran.
fn launcher<'l>(
    session: &Session,
    known: &HashMap<&SessionId, &Session>,
    made: &HashMap<&SessionId, Vec<(usize, &'l Link)>>,
) -> Option<(usize, &'l Link)> {
    let mut one = session;
    for _ in 0..DEEPEST {
        let above = *known.get(one.parent.as_ref()?)?;
        if !is_launched(one, above) {
            return None;
        }
        if let Some(links) = made.get(&above.id) {
            return at(session.span, links);
        }
        one = above;
    }
    None
}

/// Whether a session ran within another one and no person led it. A fork has a person who continues in it; in a
/// launched one, a person may be asked for permission, refuse or interrupt.
fn is_launched(session: &Session, above: &Session) -> bool {
    let began_within = above.span.start <= session.span.start && session.span.start <= above.span.end;
    let is_led = |action: &Action| match action.kind {
        ActionKind::Prompt | ActionKind::Command | ActionKind::Shell => true,
        ActionKind::Answer | ActionKind::Refusal | ActionKind::Interrupt => false,
    };
    began_within && !session.actions.iter().any(is_led) && session.turns().all(|turn| !turn.human)
}

/// The link whose time was running when something ended, otherwise the next one; `None` after the last.
fn at<'l>(during: Span, links: &[(usize, &'l Link)]) -> Option<(usize, &'l Link)> {
    let end = |link: &Link| link.worked.iter().map(|span| span.end).max();
    let timed = links
        .iter()
        .filter_map(|(repo, link)| Some((end(link)?, *repo, *link)));
    let later = timed.filter(|(end, ..)| *end >= during.end);
    let next = later.min_by_key(|(end, _, link)| (*end, link.commit));
    next.map(|(_, repo, link)| (repo, link))
}

fn inherited(session: &Session, link: &Link) -> Link {
    let worked = session.turns().flat_map(|turn| &turn.working);
    Link {
        commit: link.commit,
        session: session.id.clone(),
        rung: Rung::Context,
        confidence: link.confidence.min(Confidence::High),
        evidence: vec![Sign::Launched],
        share: 1.0,
        worked: span::union(worked.copied()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::correlate::link;
    use crate::correlate::sample::{commit, edits, history, id, session};
    use crate::facts::evidence::ForeignTrailers;

    /// A session with a commit after ten minutes and another after twenty, and others that ran within it.
    fn linked(launched: &[Session]) -> Vec<(String, Link)> {
        let above = session("above", &[(0, 600), (660, 1200), (1260, 1500)]);
        let above = edits(above, 300, "a.rs", "alpha();\nbeta();", "");
        let above = edits(above, 900, "b.rs", "gamma();\ndelta();", "");
        let changes = vec![
            commit(1, 610, &[("a.rs", "alpha();\nbeta();", "")]),
            commit(2, 1210, &[("b.rs", "gamma();\ndelta();", "")]),
        ];
        let sessions = [&[above], launched].concat();
        let links = link(&sessions, &[history(changes)], ForeignTrailers::Believe).remove(0);
        let others = links.into_iter().filter(|link| link.session.id != "above");
        others.map(|link| (link.session.id.clone(), link)).collect()
    }

    fn within(name: &str, from: i64, to: i64, parent: &str) -> Session {
        let mut one = session(name, &[(from, to)]);
        one.parent = Some(SessionId::new("claude-code", parent));
        one.actions.clear();
        one.lanes
            .iter_mut()
            .flat_map(|lane| &mut lane.turns)
            .for_each(|turn| turn.human = false);
        one
    }

    #[test]
    fn a_session_that_was_launched_is_for_the_commit_of_its_time() {
        let first = within("first", 100, 160, "above");
        let below = within("below", 700, 730, "second");
        let found = linked(&[first, within("second", 700, 760, "above"), below]);
        let told: Vec<(&str, Option<_>)> = found
            .iter()
            .map(|(name, link)| (name.as_str(), Some(link.commit)))
            .collect();
        assert_eq!(
            told,
            [
                ("first", Some(id(1))),
                ("below", Some(id(2))),
                ("second", Some(id(2)))
            ]
        );
        let link = &found[0].1;
        assert_eq!((link.share, link.confidence), (1.0, Confidence::High));
        assert_eq!(link.evidence, [Sign::Launched]);
        assert_eq!(span::total(&link.worked), 60_000);
    }

    #[test]
    fn whoever_answers_a_launched_session_does_not_lead_it() {
        let asked = |kind| {
            let mut asked = within("asked", 100, 160, "above");
            asked.actions.push(Action {
                at: asked.span.start,
                kind,
                typed: 0,
                waited_since: None,
            });
            linked(&[asked]).len()
        };
        assert_eq!(asked(ActionKind::Answer), 1);
        assert_eq!(asked(ActionKind::Refusal), 1);
        assert_eq!(asked(ActionKind::Interrupt), 1);
        assert_eq!(asked(ActionKind::Prompt), 0);
        assert_eq!(asked(ActionKind::Shell), 0);
    }

    #[test]
    fn a_fork_and_what_came_after_the_last_commit_are_for_none() {
        let mut fork = session("fork", &[(100, 160)]);
        fork.parent = Some(SessionId::new("claude-code", "above"));
        fork.lanes
            .iter_mut()
            .flat_map(|lane| &mut lane.turns)
            .for_each(|turn| turn.human = true);
        assert_eq!(linked(&[fork, within("late", 1300, 1400, "above")]), []);
        assert_eq!(linked(&[within("elsewhere", 100, 160, "gone")]), []);
    }
}
