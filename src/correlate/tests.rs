//! The rules, one by one, on handmade facts.

use proptest::prelude::*;

use super::linked::Linked;
use super::sample::*;
use super::seen::{Part, seen};
use super::{History, link};
use crate::facts::change::Change;
use crate::facts::evidence::ForeignTrailers;
use crate::facts::quantity::Minutes;
use crate::facts::session::{Provenance, Session, TokenCounts, Usage};
use crate::facts::sign::in_words;
use crate::facts::span::{self, Span};
use crate::facts::supervision::Charge;

const HOUR: i64 = 3600;

/// The links of one repository, one per line.
fn links(sessions: &[Session], changes: Vec<Change>) -> Vec<String> {
    links_in(sessions, &history(changes), ForeignTrailers::Believe)
}

fn links_in(sessions: &[Session], history: &History, foreign: ForeignTrailers) -> Vec<String> {
    let found = link(sessions, std::slice::from_ref(history), foreign);
    let show = |link: &crate::facts::link::Link| {
        let commit = &link.commit.to_string()[..2];
        let confidence = format!("{:?}", link.confidence).to_lowercase();
        format!(
            "{} {commit} {confidence} {} {:.2}",
            link.session.id,
            in_words(&link.evidence),
            link.share
        )
    };
    found.iter().flatten().map(show).collect()
}

fn writer(id: &str) -> Session {
    edits(
        session(id, &[(0, 600)]),
        300,
        "src/a.rs",
        "let retries = 5;\nlet delay = cap(retries);",
        "",
    )
}

#[test]
fn lines_are_found_in_a_commit_made_hours_later() {
    let changes = vec![commit(
        1,
        9 * HOUR,
        &[("src/a.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    )];
    assert_eq!(links(&[writer("s")], changes), ["s 01 high lines:2 1.00"]);
}

#[test]
fn lines_are_found_in_an_amended_commit() {
    let mut amended = commit(
        1,
        100,
        &[("src/a.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    );
    amended.commit_time = 700;
    assert_eq!(links(&[writer("s")], vec![amended]), ["s 01 high lines:2 1.00"]);
}

#[test]
fn lines_committed_before_the_edit_prove_nothing() {
    let earlier = commit(
        1,
        200,
        &[("src/b.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    );
    assert_eq!(links(&[writer("s")], vec![earlier]), [""; 0]);
}

#[test]
fn a_later_commit_that_adds_the_lines_again_has_no_part_in_them() {
    let text = "let retries = 5;\nlet delay = cap(retries);";
    let changes = vec![
        commit(2, 50 * HOUR, &[("src/a.rs", text, "")]),
        commit(1, 700, &[("src/a.rs", text, "")]),
    ];
    assert_eq!(links(&[writer("s")], changes), ["s 01 high lines:2 1.00"]);
}

#[test]
fn removed_lines_prove_as_much_as_added_ones() {
    let remover = edits(
        session("s", &[(0, 600)]),
        300,
        "src/a.rs",
        "",
        "fn retry() {\nwait_for(delay);",
    );
    let changes = vec![commit(
        1,
        9 * HOUR,
        &[("src/a.rs", "", "fn retry() {\nwait_for(delay);")],
    )];
    assert_eq!(links(&[remover], changes), ["s 01 high lines:2 1.00"]);
}

#[test]
fn lines_that_the_session_took_back_are_not_its_own() {
    let undone = edits(
        writer("s"),
        400,
        "src/a.rs",
        "",
        "let retries = 5;\nlet delay = cap(retries);",
    );
    let changes = vec![commit(
        1,
        30 * HOUR,
        &[("src/a.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    )];
    assert_eq!(links(&[undone], changes), [""; 0]);
}

#[test]
fn the_last_session_that_wrote_a_line_has_it() {
    let first = writer("first");
    let mut second = edits(
        session("second", &[(1000, 1600)]),
        1300,
        "src/a.rs",
        "let retries = 5;\nlet delay = cap(retries);",
        "",
    );
    second.span.start = at(1000);
    let changes = vec![commit(
        1,
        9 * HOUR,
        &[("src/a.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    )];
    assert_eq!(links(&[first, second], changes), ["second 01 high lines:2 1.00"]);
}

#[test]
fn several_sessions_contribute_to_one_commit() {
    let one = edits(session("one", &[(0, 600)]), 300, "a.rs", "alpha();\nbeta();", "");
    let two = edits(session("two", &[(0, 600)]), 300, "b.rs", "gamma();\ndelta();", "");
    let changes = vec![commit(
        1,
        2 * HOUR,
        &[
            ("a.rs", "alpha();\nbeta();", ""),
            ("b.rs", "gamma();\ndelta();", ""),
        ],
    )];
    assert_eq!(
        links(&[one, two], changes),
        ["one 01 high lines:2 1.00", "two 01 high lines:2 1.00"]
    );
}

#[test]
fn what_everyone_adds_links_little() {
    let boilerplate = "use std::fmt;\nuse std::io;\nuse std::fs;";
    let copier = edits(session("s", &[(0, 600)]), 300, "a.rs", boilerplate, "");
    let mut changes: Vec<Change> = (2..9)
        .map(|byte| {
            commit(
                byte,
                60 * HOUR + i64::from(byte),
                &[("other.rs", boilerplate, "")],
            )
        })
        .collect();
    changes.push(commit(
        1,
        50 * HOUR,
        &[("a.rs", &format!("{boilerplate}\nrun_all();\nreport_all();"), "")],
    ));
    assert_eq!(links(&[copier], changes), ["s 01 low lines:3 0.00"]);
}

#[test]
fn the_log_names_a_commit() {
    let maker = makes(session("s", &[(0, 600)]), 500, "0101010");
    assert_eq!(
        links(&[maker], vec![commit(1, 499, &[])]),
        ["s 01 certain hash:output 0.83"]
    );
}

#[test]
fn a_commit_older_than_the_command_was_only_shown() {
    let reader = makes(session("s", &[(0, 600)]), 50_000, "0101010");
    assert_eq!(links(&[reader], vec![commit(1, 499, &[])]), [""; 0]);
}

#[test]
fn a_lost_hash_is_found_by_the_time_of_its_author() {
    let maker = makes(
        edits(session("s", &[(0, 600)]), 300, "a.rs", "x", ""),
        500,
        "dead123",
    );
    let mut rebased = commit(1, 498, &[("a.rs", "", "")]);
    rebased.commit_time = 90_000;
    assert_eq!(links(&[maker], vec![rebased]), ["s 01 high hash:rewritten 0.83"]);
}

#[test]
fn copies_of_a_change_are_linked_and_count_once() {
    let text = "let retries = 5;\nlet delay = cap(retries);";
    let original = commit(1, 700, &[("src/a.rs", text, "")]);
    let mut copy = commit(2, 700, &[("src/a.rs", text, "")]);
    copy.title = original.title;
    copy.commit_time = 9000;
    copy.on_head = false;
    assert_eq!(
        links(&[writer("s")], vec![copy, original]),
        ["s 01 high lines:2 1.00", "s 02 high lines:2 copy 0.00"]
    );
}

#[test]
fn time_alone_never_links() {
    let changes = vec![commit(1, 400, &[("src/other.rs", "unrelated();\nwork();", "")])];
    assert_eq!(links(&[writer("s")], changes), [""; 0]);
}

#[test]
fn a_commit_in_the_window_with_a_file_in_common_is_likely() {
    let changes = vec![commit(1, 700, &[("src/a.rs", "done_by_a_formatter();", "")])];
    assert_eq!(links(&[writer("s")], changes), ["s 01 medium window:1 1.00"]);
}

#[test]
fn a_session_without_times_has_no_window() {
    let mut timeless = edits(session("s", &[]), 100, "a.rs", "x\n", "");
    timeless.span = Span::new(at(0), at(7 * 86_400));
    timeless.sources.agent_time = Provenance::Absent;
    assert_eq!(
        links(&[timeless], vec![commit(1, 9000, &[("a.rs", "other\n", "")])]),
        ["s 01 low day:1 0.00"]
    );
}

#[test]
fn sessions_that_fit_alike_are_shown_and_not_chosen() {
    let changes = vec![commit(1, 700, &[("src/a.rs", "done_by_a_formatter();", "")])];
    assert_eq!(
        links(&[writer("a"), writer("b")], changes),
        [
            "a 01 low window:1 ambiguous:2 0.00",
            "b 01 low window:1 ambiguous:2 0.00"
        ]
    );
}

#[test]
fn what_follows_on_the_branch_is_likely() {
    let first = commit(
        1,
        700,
        &[("src/a.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    );
    let mut next = commit(2, 2 * HOUR, &[("src/a.rs", "by_hand();", "")]);
    next.parents = vec![first.id];
    let mut far = commit(3, 20 * HOUR, &[("src/a.rs", "by_hand_next_day();", "")]);
    far.parents = vec![next.id];
    assert_eq!(
        links(&[writer("s")], vec![far, next, first]),
        [
            "s 01 high lines:2 1.00",
            "s 02 medium follows:1 0.00",
            "s 03 low day:1 0.00"
        ]
    );
}

#[test]
fn two_signs_of_context_are_better_than_one() {
    let lines = "let retries = 5;\nlet delay = cap(retries);";
    let first = commit(1, 700, &[("src/a.rs", lines, "")]);
    let mut next = commit(2, 800, &[("src/a.rs", "done_by_a_formatter();", "")]);
    next.parents = vec![first.id];
    assert_eq!(
        links(&[writer("s")], vec![next, first]),
        [
            "s 01 high lines:2 1.00",
            "s 02 high window:1 follows:1 beside:0 0.00"
        ]
    );
}

#[test]
fn a_colleagues_commits_are_left_alone() {
    let own = commit(
        1,
        700,
        &[("src/a.rs", "let retries = 5;\nlet delay = cap(retries);", "")],
    );
    let mut others = commit(2, 710, &[("src/a.rs", "of_a_colleague();", "")]);
    others.author = "bob@example.org".into();
    assert_eq!(
        links(&[writer("s")], vec![others, own]),
        ["s 01 high lines:2 1.00"]
    );
}

#[test]
fn names_that_other_tools_wrote_can_be_ignored() {
    let mut named = commit(1, 90_000, &[]);
    named.named = vec![foreign_name("2026-01-06-s")];
    let history = history(vec![named]);
    let read = links_in(&[session("s", &[(0, 600)])], &history, ForeignTrailers::Believe);
    assert_eq!(read, ["s 01 high trailer:entire-session 1.00"]);
    assert_eq!(
        links_in(&[session("s", &[(0, 600)])], &history, ForeignTrailers::Ignore),
        [""; 0]
    );
}

#[test]
fn a_session_elsewhere_has_no_part_here() {
    let mut elsewhere = session("s", &[(0, 600)]);
    elsewhere.places[0].folder = "/w/other".into();
    let changes = vec![commit(1, 400, &[("src/a.rs", "let retries = 5;", "")])];
    assert_eq!(links(&[elsewhere], changes), [""; 0]);
}

#[test]
fn time_goes_to_the_commit_whose_files_it_changed() {
    let mut worker = session("s", &[(0, 1000), (2000, 2500), (3000, 3500)]);
    worker = edits(worker, 500, "b.rs", "gamma();\ndelta();", "");
    worker = edits(worker, 2200, "a.rs", "alpha();\nbeta();", "");
    let changes = vec![
        commit(2, 2800, &[("b.rs", "gamma();\ndelta();", "")]),
        commit(1, 2700, &[("a.rs", "alpha();\nbeta();", "")]),
    ];
    assert_eq!(
        links(&[worker], changes),
        ["s 01 high lines:2 0.25", "s 02 high lines:2 0.50"]
    );
}

/// A session and commits by numbers: turns, edits and commits anywhere within an hour.
fn any_world() -> impl Strategy<Value = (Vec<Session>, Vec<Change>)> {
    let edit = (0_i64..3600, 0_usize..3, 0_u8..12);
    let made = proptest::collection::vec((0_i64..300, 1_i64..900), 1..6);
    let one = (made, proptest::collection::vec(edit, 0..12));
    let change = (0_i64..5400, 0_usize..3, proptest::collection::vec(0_u8..12, 1..6));
    (
        proptest::collection::vec(one, 1..4),
        proptest::collection::vec(change, 0..8),
    )
        .prop_map(|(sessions, changes)| {
            let made = sessions.into_iter().enumerate().map(|(number, (turns, edited))| {
                let mut clock = 0;
                let turns: Vec<(i64, i64)> = turns
                    .into_iter()
                    .map(|(pause, length)| {
                        let start = clock + pause;
                        clock = start + length;
                        (start, clock)
                    })
                    .collect();
                edited.into_iter().fold(
                    session(&number.to_string(), &turns),
                    |made, (second, file, line)| {
                        edits(
                            made,
                            second,
                            &format!("{file}.rs"),
                            &format!("line_{line}();"),
                            "",
                        )
                    },
                )
            });
            let changes = changes
                .into_iter()
                .enumerate()
                .map(|(number, (second, file, added))| {
                    let text: String = added.iter().map(|line| format!("line_{line}();\n")).collect();
                    let byte = u8::try_from(number + 1).unwrap_or(u8::MAX);
                    commit(byte, second, &[(&format!("{file}.rs"), &text, "")])
                });
            (made.collect(), changes.collect())
        })
}

/// What the only one of some sessions used on each day, of one model or of all.
fn output_by_day(session: Session, model: Option<&str>) -> Vec<Option<u64>> {
    let linked = Linked {
        homes: vec![Some(0)],
        ..Linked::default()
    };
    let all = seen(&[session], vec![Vec::new()], linked, &[&[]]);
    let session = all.first().expect("a session");
    let parts = session.parts("UTC".parse().expect("a zone"));
    let output = parts.iter().map(|part| session.tokens_of(part, model));
    output.map(|tokens| tokens.map(|tokens| tokens.output)).collect()
}

#[test]
fn a_total_is_spread_over_the_days_that_the_agent_worked() {
    let mut total = session("a", &[(0, 600), (86_400, 88_200)]);
    assert_eq!(output_by_day(total.clone(), None), [Some(17), Some(0)]);
    total.sources.tokens = Provenance::Estimated;
    assert_eq!(output_by_day(total.clone(), None), [Some(4), Some(13)]);
    total.lanes.clear();
    assert_eq!(output_by_day(total, None), [Some(17)]);
}

#[test]
fn a_model_has_its_own_tokens() {
    let mut two = session("a", &[(0, 600)]);
    two.usage.push(Usage {
        model: "n".into(),
        ..two.usage[0].clone()
    });
    two.usage[1].tokens.output = 100;
    two.models = vec!["m".into(), "n".into()];
    let output = |model| output_by_day(two.clone(), model);
    assert_eq!(output(Some("m")), [Some(17)]);
    assert_eq!(output(Some("n")), [Some(100)]);
    assert_eq!(output(None), [Some(117)]);
}

proptest! {
    #[test]
    fn the_parts_of_a_session_are_the_whole((sessions, changes) in any_world()) {
        let links = link(&sessions, &[history(changes)], ForeignTrailers::Believe);
        let linked = Linked { links, homes: vec![Some(0); sessions.len()], ..Linked::default() };
        let charge = |session: &Session| vec![Charge { span: session.span, share: 0.5 }];
        let charges = sessions.iter().map(charge).collect();
        for session in seen(&sessions, charges, linked, &[&[]]) {
            // In 1970 a day in Monrovia ended 44 minutes and 30 seconds after that in Greenwich: in the middle of these
            // sessions.
            for zone in ["UTC", "Africa/Monrovia"] {
                let parts = session.parts(zone.parse().expect("a zone"));
                let sum = |of: fn(&Part) -> Minutes| parts.iter().map(of).sum::<Minutes>().get();
                let worked = session.agent_minutes().unwrap_or_default().get();
                prop_assert!((sum(|part| part.time.minutes.unwrap_or_default()) - worked).abs() < 1e-9);
                let person: Minutes = session.attention.iter().map(|charge| charge.minutes()).sum();
                prop_assert!((sum(|part| part.supervisory_minutes) - person.get()).abs() < 1e-9);
                let of_parts = parts.iter().filter_map(|part| session.tokens_of(part, None));
                let tokens = of_parts.fold(TokenCounts::default(), |sum, tokens| sum + tokens);
                prop_assert_eq!(Some(tokens), session.tokens());
                let wall = span::union(parts.iter().flat_map(|part| part.time.spans.clone()));
                prop_assert_eq!(wall, span::union(session.worked.clone()));
            }
        }
    }

    #[test]
    fn no_minute_counts_twice_and_order_does_not_matter((sessions, changes) in any_world()) {
        let found = link(&sessions, &[history(changes.clone())], ForeignTrailers::Believe);
        for session in &sessions {
            let shares: Vec<f64> = found
                .iter()
                .flatten()
                .filter(|link| link.session == session.id)
                .map(|link| link.share)
                .collect();
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)));
            prop_assert!(shares.iter().sum::<f64>() <= 1.0 + 1e-9);
        }
        let mut turned = sessions;
        turned.reverse();
        prop_assert_eq!(found, link(&turned, &[history(changes)], ForeignTrailers::Believe));
    }
}
