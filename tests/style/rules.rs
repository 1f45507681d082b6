//! What docs/style.md asks for and a program can hold: one table, one rule a line.

use std::sync::LazyLock;

use regex::Regex;

use super::texts::{Kind, Text};

/// Which texts a rule is about.
#[derive(Clone, Copy)]
enum Where {
    Everywhere,
    /// What the program prints and the pages: no comments.
    Readers,
    /// What the program prints.
    Output,
    /// One kind of text.
    Only(Kind),
}

/// Words to avoid.
struct Rule {
    /// What to write instead.
    say: &'static str,
    scope: Where,
    pattern: &'static str,
    /// Where the words are right after all: what is found within a match of this is left out.
    unless: &'static str,
}

const fn everywhere(say: &'static str, pattern: &'static str) -> Rule {
    Rule {
        say,
        scope: Where::Everywhere,
        pattern,
        unless: "",
    }
}

const fn readers(say: &'static str, pattern: &'static str) -> Rule {
    Rule {
        scope: Where::Readers,
        ..everywhere(say, pattern)
    }
}

const fn output(say: &'static str, pattern: &'static str) -> Rule {
    Rule {
        scope: Where::Output,
        ..everywhere(say, pattern)
    }
}

const fn only(kind: Kind, say: &'static str, pattern: &'static str) -> Rule {
    Rule {
        scope: Where::Only(kind),
        ..everywhere(say, pattern)
    }
}

impl Rule {
    const fn unless(self, unless: &'static str) -> Self {
        Self { unless, ..self }
    }
}

/// Patterns are looked for in text without code, in any case.
const RULES: &[Rule] = &[
    everywhere("is not a", r"\b(is|are|was|were) no\b").unless(
        r"\bthere (is|are|was|were) no\b|\b(is|are|was|were) there no\b|\b(is|are|was|were) no (longer|more|less|better|worse|different|wider|larger|older|newer|other way|use|matter|doubt|help)\b",
    ),
    everywhere("cannot", r"\bcan not\b|\b(is|are) not able to\b").unless(r"\bcan not only\b"),
    everywhere("current directory", r"\b(you|one|it|process) stands? in\b|where (you|one|it) stands?\b"),
    everywhere("directory", r"\bfolders?\b"),
    everywhere("again", r"\banew\b|\bonce more\b"),
    everywhere("before, earlier", r"\bof old\b"),
    everywhere("remove, delete", r"\b(take|takes|took|taken|taking) (\w+ )?away\b"),
    everywhere("retract, undo, restore", r"\b(take|takes|took|taken|taking) (\w+ )?back\b"),
    everywhere("fix", r"\bmend(s|ed|ing)?\b|\bheal(s|ed|ing)?\b"),
    everywhere("fail, stop", r"\b(go|goes|going|went|gone) wrong\b|\b(break|breaks|broke|broken) off\b"),
    everywhere("describe, mention", r"\b(tell|tells|told|telling|speak|speaks|spoke|spoken|speaking) of\b"),
    everywhere("worktree, working tree", r"\bwork trees?\b"),
    everywhere("unknown", r"\bnobody (knows|says|said|told|tells)\b|\bnot known\b|\bis not told\b|\bnothing is (said|told)\b"),
    everywhere("invalid", r"\bwith a fault\b|\bwith faults\b"),
    everywhere("skip, ignore", r"\bpass(es|ed)? over\b|\bnot (listen|mind|heard)\b"),
    everywhere("at least, at most", r"\bthe least (level|number|part|amount)\b|\bat the (least|most)\b").unless(r"\bat the most (recent|common|\w+ed)\b"),
    everywhere("default", r"\b(its|the|their) usual\b"),
    everywhere(
        "American spelling",
        r"\b(colou?r(?:ed|s|ing)?|licen[cs]e[sd]?|behaviours?|neighbours?|neighbouring|honours?|honoured|favours?|favoured|favourite|centres?|catalogues?|labell(?:ed|ing)|travell(?:ed|ing)|modell(?:ed|ing)|signall(?:ed|ing)|cancell(?:ed|ing)|grey|analys(?:e|es|ed|ing)|artefacts?|judgement|learnt|spelt|whilst|defence|(?:summar|recogn|serial|deserial|optim|normal|organ|initial|minim|maxim|util|synchron|categor|emphas|anonym|stabil|real|author|custom|general|special|visual|memor|canonical|capital|token|prior|material|penal|final|local|item|random|standard|formal|apolog|critic|familiar|character|sanit)is(?:e|es|ed|ing|ation|ations|er|ers))\b",
    )
    .unless(r"\b(color(ed|s|ing)?|licens(e|es|ed))\b"),
    readers("only", r"\balone\b").unless(r"\blet alone\b|\bstand-?alone\b|\b(leave|leaves|left|leaving)\b[^.;:,]*\balone\b"),
    readers("also", r",? too([.,;:)]|$)|\bas well([.,;:)]|$)"),
    readers("a verb that fits: is, is at, counts, remains", r"\bstands?\b").unless(r"\bstands? (for|out|by)\b|\b(as|how) (it|they) stands?\b"),
    readers("add", r"\b(brought|brings)\b").unless(r"\b(brought|brings) [\w' ]{0,30}up to date\b"),
    readers("cache, save, store", r"\bkept (facts?|figures?)\b|\bkeep nothing\b|\bwhat is kept\b"),
    readers("show, list, print, report", r"\btells?\b|\btold\b|\btelling\b").unless(r"\b(tells?|told|telling)\b[\w' ]{0,60}\b(apart|from)\b|\btells? (you|git|clap|the agent|agents|whether|when|how)\b"),
    readers("of git-leverage", r"\b(of|by) ours\b"),
    readers("the number of, after N", r"\bso many\b"),
    readers("is, is in, is at", r"\b(lies|lie|lay)\b"),
    readers("a shorter sentence", r"\bbe it\b|\bis for [\w ]+ to (say|tell|decide)\b|\bof late\b"),
    readers("an imperative that fits: pass, name, write", r"(^|[.:;] |, )say\b")
        // People may.
        .unless(r"(^|[.:;] |, )say (what|why)\b"),
    output("a subject first, not a clause", r"(^|[.:;] )what (is|was|are|were|has|had|could|cannot|can|it|they|nobody)\b[^.;:?]*\b(is|are|was|were|stays|goes|lies|counts|cannot)\b").unless(r"\?"),
    output("backticks around literals", r"'[^' ]*\{[^}']*\}[^' ]*'|\x22\{[^}]*\}\x22|(^|[ (])'[^' ]+'([ ,.;:)]|$)")
        // In a command, quotes are those of the shell.
        .unless(r"(\bgit |--)[^']*('[^']*'[^']*)+"),
    readers("no error numbers of the system", r"\(os error"),
    only(Kind::Page, "backticks around literals, no quotes", r"(^|[ (])'[^' ]+'([ ,.;:)]|$)"),
];

/// Words with capitals inside of a heading or a help in sentence case.
const PROPER: &[&str] = &[
    "Git", "Claude", "Code", "Codex", "Markdown", "Rust", "I", "Lines", "Cargo", "Docker", "Δ",
];

/// Texts that break a rule for a reason, comments excepted: the file, a part of the text, and the reason.
const ALLOWED: &[(&str, &str, &str)] = &[
    (
        "src/render/page/assets.rs",
        "default-src 'none'",
        "the syntax of a content security policy",
    ),
    (
        "src/git/settle.rs",
        "until the reference stands",
        "the content of existing `.keep` files",
    ),
    (
        "src/sources/agents/gemini_cli.rs",
        "Request cancelled",
        "what the agent writes into its log",
    ),
    ("docs/style.md", "| ", "the table of words names those to avoid"),
    (
        "src/sources/agents/gemini_cli",
        "Request cancelled",
        "as the agent writes it to its log",
    ),
    (
        "src/sources/inventory/licen",
        "",
        "texts of licenses are compared as they are written",
    ),
    (
        "src/cli/commands/demo/story",
        "",
        "titles that the people of the demo wrote",
    ),
];

fn is_about(scope: Where, kind: Kind) -> bool {
    match scope {
        Where::Everywhere => true,
        Where::Readers => kind != Kind::Comment,
        Where::Output => !matches!(kind, Kind::Comment | Kind::Page),
        Where::Only(one) => one == kind,
    }
}

struct Compiled {
    rule: &'static Rule,
    pattern: Regex,
    unless: Option<Regex>,
}

static COMPILED: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |pattern: &str| Regex::new(&format!("(?i){pattern}")).unwrap();
    RULES
        .iter()
        .map(|rule| Compiled {
            rule,
            pattern: compile(rule.pattern),
            unless: (!rule.unless.is_empty()).then(|| compile(rule.unless)),
        })
        .collect()
});

/// Where a text breaks a rule: `file:line: rule: text`.
pub fn broken(text: &Text) -> Vec<String> {
    let is_allowed =
        |(file, part, _): &(&str, &str, &str)| text.file.starts_with(file) && text.whole.contains(part);
    if text.kind != Kind::Comment && ALLOWED.iter().any(is_allowed) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for Compiled {
        rule,
        pattern,
        unless,
    } in COMPILED.iter()
    {
        if !is_about(rule.scope, text.kind) {
            continue;
        }
        let right: Vec<_> = unless
            .iter()
            .flat_map(|unless| unless.find_iter(&text.prose))
            .collect();
        for one in pattern.find_iter(&text.prose) {
            if !right
                .iter()
                .any(|right| right.start() <= one.start() && one.end() <= right.end())
            {
                let word = one.as_str().trim();
                found.push((text.line(one.start()), format!("`{word}`: {}", rule.say)));
            }
        }
    }
    found.extend(
        form(text)
            .into_iter()
            .map(|broken| (text.line(0), broken.to_owned())),
    );
    found
        .into_iter()
        .map(|(line, rule)| format!("{}:{line}: {rule}: {}", text.file, excerpt(&text.whole)))
        .collect()
}

/// The beginning of a text.
fn excerpt(text: &str) -> String {
    text.chars().take(160).collect()
}

/// What is wrong with the capital and the end of a text.
fn form(text: &Text) -> Option<&'static str> {
    let whole = text.whole.trim();
    let first = whole.chars().next()?;
    let has_period = whole.ends_with('.') && !whole.ends_with("..");
    match text.kind {
        Kind::Error if first.is_uppercase() && !is_name(whole) => Some("an error begins in lower case"),
        Kind::Error if has_period => Some("an error has no period"),
        Kind::Hint if first.is_lowercase() && !whole.starts_with("git ") => {
            Some("a hint begins with a capital")
        }
        Kind::Hint if has_period => Some("a hint has no period"),
        Kind::Help if first.is_lowercase() => Some("a help begins with a capital"),
        Kind::Help if has_period => Some("a help has no period"),
        Kind::Heading => heading(whole),
        _ => None,
    }
}

/// Whether a text begins with an acronym or a proper name.
fn is_name(text: &str) -> bool {
    let word = text
        .split(|one: char| !one.is_alphanumeric())
        .next()
        .unwrap_or_default();
    word.chars().nth(1).is_none_or(char::is_uppercase) || PROPER.contains(&word)
}

/// What is wrong with a heading in sentence case.
pub fn heading(text: &str) -> Option<&'static str> {
    let first = text.chars().next()?;
    // Measures of lines are written with their sign.
    if first.is_lowercase() {
        return Some("a heading begins with a capital");
    }
    let is_wrong = |word: &str| {
        let mut letters = word.chars();
        letters.next().is_some_and(char::is_uppercase)
            && letters.next().is_some_and(char::is_lowercase)
            && !PROPER.contains(&word)
    };
    text.split_whitespace()
        .skip(1)
        .any(is_wrong)
        .then_some("a heading is in sentence case")
}
