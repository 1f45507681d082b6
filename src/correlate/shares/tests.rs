//! What part of a session's time goes to which commit.

use proptest::prelude::*;

use super::*;
use crate::correlate::sample::{at, commit, edits, history, id, lines, makes, session};
use crate::correlate::{History, link};
use crate::facts::change::Change;
use crate::facts::evidence::ForeignTrailers;

const MINUTE: i64 = 60;

/// The whole seconds of each commit's part, by its first byte.
fn seconds(sessions: &[Session], histories: &[History]) -> BTreeMap<(u8, String), i64> {
    let links = link(sessions, histories, ForeignTrailers::Believe);
    let of = |link: &Link| {
        let key = (link.commit.as_bytes()[0], link.session.id.clone());
        (key, span::total(&link.worked) / 1000)
    };
    links
        .iter()
        .flatten()
        .filter(|link| link.share > 0.0)
        .map(of)
        .collect()
}

fn of_one(session: Session, changes: Vec<Change>) -> Vec<(u8, i64)> {
    let seconds = seconds(&[session], &[history(changes)]);
    seconds
        .into_iter()
        .map(|((commit, _), time)| (commit, time))
        .collect()
}

/// A session whose log names the commits 1, 2 … at these minutes.
fn naming(turns: &[(i64, i64)], commits: &[i64]) -> (Session, Vec<Change>) {
    let turns: Vec<(i64, i64)> = turns
        .iter()
        .map(|(from, to)| (from * MINUTE, to * MINUTE))
        .collect();
    let mut session = session("s", &turns);
    let mut changes = Vec::new();
    for (byte, minute) in (1..).zip(commits) {
        let hash = id(byte).to_string()[..7].to_owned();
        session = makes(session, minute * MINUTE, &hash);
        changes.push(commit(
            byte,
            minute * MINUTE,
            &[(&format!("{byte}.rs"), "one();", "")],
        ));
    }
    changes.reverse();
    (session, changes)
}

#[test]
fn a_turn_is_cut_at_its_commits_and_what_follows_the_last_is_none_of_theirs() {
    let (session, changes) = naming(&[(0, 60)], &[10, 30]);
    assert_eq!(of_one(session, changes), [(1, 600), (2, 1200)]);
}

#[test]
fn a_pause_belongs_to_nobody() {
    let (session, changes) = naming(&[(0, 10), (40, 50)], &[20, 60]);
    assert_eq!(of_one(session, changes), [(1, 600), (2, 600)]);
}

#[test]
fn time_goes_to_the_commit_that_has_the_files_of_the_turn() {
    // The commit in between has another file: the first turn's work waits for the second commit.
    let (session, changes) = naming(&[(0, 10), (20, 30)], &[15, 40]);
    let worked_on = |minute: i64, path: &str, session| edits(session, minute * MINUTE, path, "two();", "");
    let one = worked_on(5, "2.rs", session.clone());
    assert_eq!(of_one(one, changes.clone()), [(2, 1200)]);
    let both = worked_on(25, "2.rs", worked_on(5, "1.rs", session));
    assert_eq!(of_one(both, changes), [(1, 600), (2, 600)]);
}

#[test]
fn lanes_that_work_at_once_count_each() {
    let (mut session, changes) = naming(&[(0, 10)], &[10]);
    let mut lane = session.lanes[0].clone();
    lane.subagent = Some("a".into());
    session.lanes.push(lane);
    assert_eq!(of_one(session, changes), [(1, 1200)]);
}

#[test]
fn of_copies_of_one_change_the_one_on_head_has_the_time() {
    let copy = |byte, on_head| {
        let mut copy = commit(byte, 10 * MINUTE, &[("a.rs", "one();\ntwo();", "")]);
        copy.title = crate::facts::session::LineHash::of(b"one title");
        copy.on_head = on_head;
        copy
    };
    let session = edits(session("s", &[(0, 600)]), 300, "a.rs", "one();\ntwo();", "");
    for (first, second, expected) in [(true, false, 1), (false, true, 2)] {
        let changes = vec![copy(2, second), copy(1, first)];
        let links = link(
            std::slice::from_ref(&session),
            &[history(changes.clone())],
            ForeignTrailers::Believe,
        );
        assert_eq!(links[0].len(), 2);
        let without = links[0].iter().find(|link| link.share == 0.0).unwrap();
        assert!(without.evidence.contains(&Sign::Copy), "{:?}", without.evidence);
        assert_eq!(of_one(session.clone(), changes), [(expected, 600)]);
    }
}

#[test]
fn without_times_the_lines_decide_and_without_lines_all_are_alike() {
    let (mut session, mut changes) = naming(&[(0, 10)], &[10, 20]);
    session.lanes.clear();
    let shares = |session: &Session, changes: &[Change]| -> Vec<f64> {
        let links = link(
            std::slice::from_ref(session),
            &[history(changes.to_vec())],
            ForeignTrailers::Believe,
        );
        let links = links.into_iter().flatten();
        links.map(|link| link.share).collect()
    };
    assert_eq!(shares(&session, &changes), [0.5, 0.5]);
    let wrote = "alpha();\nbeta();\ngamma();\ndelta();";
    let (three, one) = wrote.rsplit_once('\n').unwrap();
    let session = edits(edits(session, 100, "1.rs", three, ""), 700, "2.rs", one, "");
    for (byte, text) in [(1, three), (2, one)] {
        let file = changes.iter_mut().find(|change| change.id == id(byte)).unwrap();
        file.files[0].lines.as_mut().unwrap().added = lines(text);
    }
    assert_eq!(shares(&session, &changes), [0.75, 0.25]);
}

#[test]
fn a_session_that_worked_in_two_repositories_counts_once() {
    let mut session = session("s", &[(0, 40 * MINUTE)]);
    session.places.push(crate::facts::session::Place {
        folder: "/w/oven".into(),
        branch: None,
    });
    let session = makes(makes(session, 600, "0101010"), 1800, "0202020");
    let first = history(vec![commit(1, 600, &[("a.rs", "one();", "")])]);
    let mut second = history(vec![commit(2, 1800, &[("b.rs", "two();", "")])]);
    second.roots = vec!["/w/oven".into()];
    let seconds = seconds(&[session], &[first, second]);
    let seconds: Vec<i64> = seconds.into_values().collect();
    assert_eq!(seconds, [600, 1200]);
}

proptest! {
    #[test]
    fn the_parts_of_a_session_and_its_rest_are_what_it_worked(
        turns in proptest::collection::vec((0_i64..40, 1_i64..40, 0_u8..4), 1..6),
        commits in proptest::collection::btree_set(1_i64..200, 1..6),
    ) {
        let mut clock = 0;
        let mut spans = Vec::new();
        let mut worked_on = Vec::new();
        for (pause, length, file) in turns {
            let start = clock + pause;
            clock = start + length;
            spans.push((start, clock));
            worked_on.push(((start + clock) / 2, file));
        }
        let commits: Vec<i64> = commits.into_iter().collect();
        let (mut session, changes) = naming(&spans, &commits);
        for (minute, file) in worked_on {
            session = edits(session, minute * MINUTE, &format!("{file}.rs"), "other();", "");
        }
        let links = link(std::slice::from_ref(&session), &[history(changes)], ForeignTrailers::Believe);
        let parts: Vec<Span> = links.iter().flatten().flat_map(|link| link.worked.clone()).collect();
        // In one lane no moment counts twice …
        prop_assert_eq!(span::total(&span::union(parts.clone())), span::total(&parts));
        let worked: Vec<Span> = session.turns().flat_map(|turn| turn.working.clone()).collect();
        let all = worked.iter().chain(&parts).copied();
        prop_assert_eq!(span::union(all), span::union(worked.clone()));
        // … and all time before the end of the second of the last commit belongs to some commit.
        let last = commits.last().map_or(0, |last| last * MINUTE * 1000 + 999);
        let before: i64 = worked.iter().map(|span| (span.end.0.min(last) - span.start.0).max(0)).sum();
        prop_assert_eq!(span::total(&parts), before);
        let total = session.worked();
        for link in links.iter().flatten() {
            let share = span::total(&link.worked) as f64 / total as f64;
            prop_assert!((link.share - share).abs() < 1e-12);
        }
    }
}

#[test]
fn a_span_is_cut_inside_of_it_alone() {
    let target = |second| Target {
        repository: 0,
        commit: id(1),
        at: at(second),
        files: Vec::new(),
        lines: 0,
    };
    let targets = [0, 5, 5, 10, 20].map(target);
    let pieces = cut(Span::new(at(0), at(10)), &targets);
    assert_eq!(pieces, [Span::new(at(0), at(5)), Span::new(at(5), at(10))]);
}

const FILES: [&str; 3] = ["a.rs", "b.rs", "c.rs"];

/// [`divide`] by checking every edit and every target.
fn searched(session: &Session, targets: &[Target<'_>], work: &[Work<'_>]) -> Vec<Vec<Span>> {
    let mut worked = vec![Vec::new(); targets.len()];
    let next = |at: Moment| targets.partition_point(|target| target.at < at);
    for turn in session.turns() {
        let mut parts: BTreeMap<usize, Vec<Span>> = BTreeMap::new();
        for span in &turn.working {
            let mut start = span.start;
            for at in targets.iter().map(|target| target.at) {
                if start < at && at < span.end {
                    parts.entry(next(at)).or_default().push(Span::new(start, at));
                    start = at;
                }
            }
            parts
                .entry(next(span.end))
                .or_default()
                .push(Span::new(start, span.end));
        }
        for (first, pieces) in parts {
            let touches = |target: &Target<'_>| {
                work.iter().any(|edit| {
                    edit.repository == target.repository
                        && (turn.span.start..=turn.span.end).contains(&edit.at)
                        && next(edit.at) == first
                        && target.files.contains(&edit.path)
                })
            };
            let chosen = (first..targets.len()).find(|index| touches(&targets[*index]));
            if let Some(taken) = worked.get_mut(chosen.unwrap_or(first)) {
                taken.extend(pieces);
            }
        }
    }
    worked
}

proptest! {
    #[test]
    fn time_is_divided_as_a_search_divides_it(
        turns in prop::collection::vec((0..20_i64, 1..9_i64), 1..5),
        targets in prop::collection::vec((0..40_i64, 0..2_usize, 0..8_usize), 0..7),
        edits in prop::collection::vec((0..40_i64, 0..2_usize, 0..3_usize), 0..9),
    ) {
        let seconds = |at: i64| Moment(at * 1000);
        let turns: Vec<(i64, i64)> = turns.into_iter().map(|(at, took)| (at, at + took)).collect();
        let session = session("s", &turns);
        let mut targets: Vec<Target<'_>> = targets
            .into_iter()
            .map(|(at, repository, files)| Target {
                repository,
                commit: id(1),
                at: seconds(at),
                files: (0..3).filter(|bit| files >> bit & 1 == 1).map(|bit| FILES[bit]).collect(),
                lines: 0,
            })
            .collect();
        targets.sort_by_key(|target| target.at);
        let work: Vec<Work<'_>> = edits
            .into_iter()
            .map(|(at, repository, file)| Work { at: seconds(at), repository, path: FILES[file] })
            .collect();
        prop_assert_eq!(divide(&session, &targets, &work), searched(&session, &targets, &work));
    }
}
