//! Tables: CSV with any separator, and Markdown as people publish it.

use chrono::NaiveDate;

use super::columns::{ColumnKind, Field, kind};
use super::imported::{ImportError, ImportOptions, Imported, date_in_name, give_ids, give_ids_by_hand};
use crate::facts::agents;
use crate::facts::diagnostics::Warning;
use crate::facts::estimate::Estimator;
use crate::facts::ids::TaskId;
use crate::facts::number::{self, DecimalMark};
use crate::facts::quantity::{Hours, Minutes, Tokens};
use crate::facts::range::{HoursRange, cell_values};
use crate::facts::record::ByHand;
use crate::facts::task::{FirstClaim, Task, TaskSource};

/// A header and its rows, each with its line number.
struct Sheet {
    header: Vec<String>,
    rows: Vec<(usize, Vec<String>)>,
    /// Whether the format suggests that commas are part of numbers, as decimal or thousands separators.
    is_comma_free: bool,
}

/// Reads comma-, semicolon- or tab-separated values.
pub(super) fn read_separated(text: &str, options: &ImportOptions) -> Result<Imported, ImportError> {
    let first = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    let separator = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|separator| {
            (
                first.bytes().filter(|byte| byte == separator).count(),
                *separator == b',',
            )
        })
        .unwrap_or(b',');
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut lines = LineCounter::new(text);
    let mut rows = records
        .records()
        .filter_map(Result::ok)
        .filter(|record| record.iter().any(|cell| !cell.is_empty()))
        .map(|record| {
            let start = record.position().map_or(0, csv::Position::byte);
            let cells = record.iter().map(|cell| unguarded(cell).to_owned()).collect();
            (lines.line_of_record(start), cells)
        });
    let (_, header) = rows.next().ok_or(ImportError::Empty)?;
    let sheet = Sheet {
        header,
        rows: rows.collect(),
        // If a comma is the decimal separator, it cannot separate values, too.
        is_comma_free: separator == b';',
    };
    let mut imported = Imported::default();
    sheet.read(options, &mut imported)?;
    finish(&mut imported, options);
    Ok(imported)
}

/// Gives ids to tasks without one, and notes whether the file has its own.
fn finish(imported: &mut Imported, options: &ImportOptions) {
    let has_day = |task: &ByHand| task.date != options.at.date_naive();
    let have_days = options.date.is_some()
        || date_in_name(&options.name).is_some()
        || imported.by_hand.iter().any(has_day);
    give_ids_by_hand(&mut imported.by_hand, have_days);
    imported.has_ids = !imported.tasks.is_empty() && !imported.tasks.iter().any(|task| task.id.is_nil());
    if !imported.has_ids {
        give_ids(&mut imported.tasks);
    }
}

/// A cell without the `'` that keeps a spreadsheet from taking it for a formula.
fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if text.starts_with(['=', '+', '-', '@', '\t', '\r']) => text,
        _ => cell,
    }
}

/// The lines of a text as an editor counts them, queried from start to end.
struct LineCounter<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> LineCounter<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            line: 1,
        }
    }

    /// The line on which a record starts. A reader may place the start before blank lines, and between the two bytes of a line
    /// ending.
    fn line_of_record(&mut self, start: u64) -> usize {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        while let Some(byte) = self.text.get(self.at)
            && (self.at < start || matches!(byte, b'\r' | b'\n'))
        {
            let ends = match byte {
                b'\n' => true,
                b'\r' => self.text.get(self.at + 1) != Some(&b'\n'),
                _ => false,
            };
            self.line += usize::from(ends);
            self.at += 1;
        }
        self.line
    }
}

/// Reads every table whose header has a task and a human estimate; other tables are ignored.
pub(super) fn read_markdown(text: &str, options: &ImportOptions) -> Result<Imported, ImportError> {
    let lines: Vec<&str> = text.lines().collect();
    let named = options.date.or_else(|| date_in_name(&options.name));
    let options = &ImportOptions {
        date: named.or_else(|| date_in_heading(&lines)),
        ..options.clone()
    };
    let mut imported = Imported::default();
    let mut found = false;
    let mut at = 0;
    while at + 1 < lines.len() {
        let header = cells(lines[at]);
        if header.len() < 2 || !is_rule(lines[at + 1]) {
            at += 1;
            continue;
        }
        let rows: Vec<_> = (at + 2..lines.len())
            .take_while(|row| lines[*row].contains('|'))
            .map(|row| (row + 1, cells(lines[row])))
            .collect();
        at += 2 + rows.len();
        let sheet = Sheet {
            header,
            rows,
            is_comma_free: false,
        };
        if sheet.missing().is_empty() {
            found = true;
            sheet.read(options, &mut imported)?;
        }
    }
    if !found {
        return Err(ImportError::NoTable);
    }
    finish(&mut imported, options);
    Ok(imported)
}

/// The day of a page, as in `# Leverage of 2026-03-01`: the only date of its first heading. A heading with two is about a period.
fn date_in_heading(lines: &[&str]) -> Option<NaiveDate> {
    let heading = lines.iter().find_map(|line| line.strip_prefix("# "))?;
    let words = heading.split(|c: char| !c.is_alphanumeric() && c != '-');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let is_of_period = |word: &&str| {
        let words = ["since", "until", "from", "to", "before", "after"];
        words.contains(&word.to_ascii_lowercase().as_str())
    };
    if words.iter().any(is_of_period) {
        return None;
    }
    let in_digits = words.iter().filter_map(|word| word.parse().ok());
    let in_words = words.windows(3).filter_map(date_in_words);
    let mut dates = in_digits.chain(in_words);
    dates.next().filter(|_| dates.next().is_none())
}

/// A date as `April 4 2026`, or as `4 April 2026`.
fn date_in_words(words: &[&str]) -> Option<NaiveDate> {
    let text = words.join(" ");
    let forms = ["%B %d %Y", "%d %B %Y"].into_iter();
    let mut dates = forms.filter_map(|form| NaiveDate::parse_from_str(&text, form).ok());
    dates.next()
}

/// The cells of a Markdown row, without emphasis and code marks around them.
fn cells(line: &str) -> Vec<String> {
    let line = line.trim().replace("\\|", "\u{0}");
    let line = line.strip_prefix('|').unwrap_or(&line);
    let line = line.strip_suffix('|').unwrap_or(line);
    let plain = |cell: &str| {
        let unmarked = |cell: &str, mark: &str| {
            let inside = cell.strip_prefix(mark).and_then(|cell| cell.strip_suffix(mark));
            // Of `a` and `b`, the marks do not belong together.
            let whole = inside.filter(|inside| !inside.contains(mark));
            whole.unwrap_or(cell).trim().to_owned()
        };
        let cell = ["**", "*", "`"]
            .iter()
            .fold(cell.trim().to_owned(), |cell, mark| unmarked(&cell, mark));
        unescaped(&cell).replace('\u{0}', "|")
    };
    line.split('|').map(plain).collect()
}

/// The text without the backslashes that keep punctuation from meaning something to Markdown. Code has none.
fn unescaped(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    let mut in_code = false;
    let mut characters = cell.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().filter(|next| next.is_ascii_punctuation());
        match (c, next) {
            ('\\', Some(&next)) if !in_code => {
                text.push(next);
                characters.next();
            }
            _ => {
                in_code ^= c == '`';
                text.push(c);
            }
        }
    }
    text
}

/// Whether a line is the rule under a header: `|---|:--:|`.
fn is_rule(line: &str) -> bool {
    line.contains("--")
        && line.contains('|')
        && line.chars().all(|c| matches!(c, '|' | '-' | ':' | ' ' | '\t'))
}

impl Sheet {
    fn kinds(&self) -> Vec<Option<ColumnKind>> {
        let mut kinds: Vec<Option<ColumnKind>> = Vec::new();
        for (at, heading) in self.header.iter().enumerate() {
            // The first column of a kind counts: a second one would silently overwrite it.
            let kind = kind(heading).map(|kind| self.settled(at, kind)).filter(|kind| {
                let taken = |other: &Option<ColumnKind>| other.is_some_and(|other| other.field == kind.field);
                kind.field == Field::Unclaimed || !kinds.iter().any(taken)
            });
            kinds.push(kind);
        }
        kinds
    }

    /// `Agent` is a name in one table and a time in another, such as a page of `report`: times begin with a digit. `task` is an
    /// id in the CSV of `report`, and `id` is often a running number.
    fn settled(&self, at: usize, kind: ColumnKind) -> ColumnKind {
        let mut cells = self
            .rows
            .iter()
            .filter_map(|(_, cells)| known(cells.get(at)?))
            .peekable();
        let is_time = |cell: &str| without_tilde(cell).starts_with(|c: char| c.is_ascii_digit());
        let has_cells = cells.peek().is_some();
        let is_id = |cell: &str| cell.parse::<TaskId>().is_ok();
        let as_field = |field: Field| ColumnKind { field, ..kind };
        match kind.field {
            Field::Title | Field::Id if has_cells && cells.all(is_id) => as_field(Field::Id),
            Field::Id => as_field(Field::Unclaimed),
            Field::Agent if has_cells && cells.all(is_time) => as_field(Field::AgentTime),
            _ => kind,
        }
    }

    /// The decimal separator of its numbers, according to those that are unambiguous.
    fn decimal_mark(&self, kinds: &[Option<ColumnKind>]) -> DecimalMark {
        let quantities = self.rows.iter().flat_map(|(_, cells)| cells.iter().zip(kinds));
        let marks = quantities
            .filter(|(_, kind)| kind.is_some_and(|kind| kind.field.is_number()))
            .flat_map(|(cell, _)| cell_values(without_tilde(cell)))
            .filter_map(number::mark_of);
        let (mut english, mut comma) = (false, false);
        for mark in marks {
            english |= mark == DecimalMark::English;
            comma |= mark == DecimalMark::Comma;
        }
        match (english, comma) {
            (true, false) => DecimalMark::English,
            (false, true) => DecimalMark::Comma,
            (false, false) if !self.is_comma_free => DecimalMark::English,
            _ => DecimalMark::Unknown,
        }
    }

    /// The required columns that the header lacks.
    fn missing(&self) -> Vec<&'static str> {
        let kinds = self.kinds();
        [(Field::Title, "a task"), (Field::Human, "a human estimate")]
            .into_iter()
            .filter(|(field, _)| !kinds.iter().flatten().any(|kind| kind.field == *field))
            .map(|(_, name)| name)
            .collect()
    }

    fn read(&self, options: &ImportOptions, imported: &mut Imported) -> Result<(), ImportError> {
        let missing = self.missing();
        if !missing.is_empty() {
            return Err(ImportError::Header {
                missing: missing.join(" and "),
                found: self
                    .header
                    .iter()
                    .map(|name| format!("`{name}`"))
                    .collect::<Vec<_>>()
                    .join(", "),
            });
        }
        let kinds = self.kinds();
        let unknown = self.header.iter().zip(&kinds).filter(|(_, kind)| kind.is_none());
        imported.warnings.extend(unknown.map(|(heading, _)| {
            Warning::new(
                options.name.clone(),
                format!("unknown column `{heading}`; not imported"),
            )
        }));
        let has_date = kinds.iter().flatten().any(|kind| kind.field == Field::Date);
        let date = options.date.or_else(|| date_in_name(&options.name));
        let is_by_hand = kinds.iter().flatten().any(|kind| kind.field == Field::Actual);
        let date = match date {
            // The day of work by hand is in no figure.
            None if is_by_hand && !has_date => Some(options.at.date_naive()),
            None if !has_date => return Err(ImportError::NoDate),
            date => date,
        };
        let mark = self.decimal_mark(&kinds);
        for (line, cells) in &self.rows {
            let place = format!("{}:{line}", options.name);
            let row = Row {
                kinds: &kinds,
                cells,
                date,
                options,
                mark,
            };
            if row.is_total() {
                imported
                    .warnings
                    .push(Warning::new(place, "skipped a row of totals"));
                continue;
            }
            if let Err(reason) = row.add_to(imported, is_by_hand, &place) {
                imported.broken.push(Warning::new(place, reason));
            }
        }
        Ok(())
    }
}

/// One row of a table whose columns are known.
struct Row<'a> {
    kinds: &'a [Option<ColumnKind>],
    cells: &'a [String],
    date: Option<NaiveDate>,
    options: &'a ImportOptions,
    mark: DecimalMark,
}

impl Row<'_> {
    /// The cell of a field; `None` if the value is unknown.
    fn cell(&self, field: Field) -> Option<(&str, Option<&'static str>)> {
        let at = self
            .kinds
            .iter()
            .position(|kind| kind.is_some_and(|kind| kind.field == field))?;
        let text = known(self.cells.get(at)?)?;
        let unit = self.kinds.get(at).copied().flatten().and_then(|kind| kind.unit);
        Some((text, unit))
    }

    fn text(&self, field: Field) -> Option<String> {
        self.cell(field).map(|(text, _)| text.to_owned())
    }

    fn is_total(&self) -> bool {
        let title = self.text(Field::Title).unwrap_or_default().to_lowercase();
        let word = title.trim_matches(|c: char| !c.is_alphanumeric());
        matches!(
            word,
            "total" | "totals" | "sum" | "average" | "weighted average" | "aggregate"
        )
    }

    /// Adds the task of the row; `is_by_hand` says whether the table has actual hours.
    fn add_to(&self, imported: &mut Imported, is_by_hand: bool, place: &str) -> Result<(), String> {
        if is_by_hand {
            imported.by_hand.push(self.by_hand()?);
            return Ok(());
        }
        let task = self.task()?;
        let stated = self.check_factors(&task).into_iter();
        imported
            .warnings
            .extend(stated.map(|text| Warning::new(place.to_owned(), text)));
        imported.tasks.push(task);
        Ok(())
    }

    fn task(&self) -> Result<Task, String> {
        if self.cells.len() != self.kinds.len() {
            return Err(format!(
                "the row has {} cells, but the header has {}",
                self.cells.len(),
                self.kinds.len()
            ));
        }
        let (work, mark) = (self.options.work, self.mark);
        let title = self.text(Field::Title).ok_or("the row has no task title")?;
        let stated = self.estimate()?;
        let hours = stated.likely();
        let (at, by) = (self.options.at, &self.options.by);
        let source = TaskSource::Import(self.options.name.clone());
        let id = self.text(Field::Id).and_then(|id| id.parse().ok());
        let id = id.unwrap_or_else(|| TaskId::from_uuid(uuid::Uuid::nil()));
        let date = self.day()?;
        let first = FirstClaim {
            at,
            by,
            title,
            date,
            hours,
            source,
        };
        let mut task = Task::new(id, first);
        task.estimate.state(Some(stated), Vec::new());
        task.agent_minutes = self.quantity(Field::AgentTime, |text| Minutes::parse_with(text, work, mark))?;
        task.supervisory_minutes =
            self.quantity(Field::Supervision, |text| Minutes::parse_with(text, work, mark))?;
        task.tokens = self.quantity(Field::Tokens, |text| Tokens::parse_with(text, mark))?;
        task.agent = self.text(Field::Agent).or_else(|| self.options.agent.clone());
        task.model = self.text(Field::Model);
        let of_person = self.text(Field::Estimator).filter(|name| !is_agent(name));
        let is_named = of_person.is_some() && self.cell(Field::Actual).is_some();
        if let Some(text) = self.text(Field::Estimator).filter(|_| !is_named) {
            task.estimate.estimator = Estimator::parse(&text).map_err(|error| error.to_string())?;
        }
        task.category = self.text(Field::Category);
        task.tags = self.tags();
        task.check().map_err(|error| error.to_string())?;
        Ok(task)
    }

    /// The hours of the estimate, with the range of their own cell or of the columns for its ends.
    fn estimate(&self) -> Result<HoursRange, String> {
        let (work, mark) = (self.options.work, self.mark);
        let stated = self
            .quantity(Field::Human, |text| HoursRange::parse_cell(text, work, mark))?
            .ok_or("the row has no human estimate")?;
        let end = |field| self.quantity(field, |text| Hours::parse_with(text, work, mark));
        let (low, high) = match (end(Field::Low)?, end(Field::High)?) {
            (None, None) => return Ok(stated),
            (Some(low), Some(high)) => (low, high),
            _ => return Err("the row has one end of a range, but not the other".to_owned()),
        };
        HoursRange::of(low, stated.likely(), high).map_err(|error| error.to_string())
    }

    /// The row of a table with actual hours.
    fn by_hand(&self) -> Result<ByHand, String> {
        let (work, mark) = (self.options.work, self.mark);
        let with_agent = [Field::AgentTime, Field::Supervision, Field::Tokens, Field::Agent];
        if with_agent.iter().any(|field| self.cell(*field).is_some()) {
            return Err("the row has actual hours of a person and figures of an agent".to_owned());
        }
        let mut task = self.task()?;
        let actual = self
            .quantity(Field::Actual, |text| Hours::parse_with(text, work, mark))?
            .ok_or("the row has no actual hours")?;
        let estimate = &mut task.estimate;
        match (self.text(Field::Person), self.text(Field::Estimator)) {
            (None, Some(name)) if !is_agent(&name) => {
                estimate.by = name;
                estimate.estimator = None;
            }
            (Some(person), _) => estimate.by = person,
            (None, _) => {}
        }
        let by_hand = ByHand::new(task, actual);
        by_hand.check().map_err(|error| error.to_string())?;
        Ok(by_hand)
    }

    fn tags(&self) -> Vec<String> {
        let text = self.text(Field::Tags).unwrap_or_default();
        let tags = text
            .split([',', ';'])
            .map(str::trim)
            .filter(|tag| !tag.is_empty());
        tags.map(str::to_owned).collect()
    }

    fn day(&self) -> Result<NaiveDate, String> {
        match (self.cell(Field::Date), self.date) {
            (Some((text, _)), _) => text
                .parse()
                .map_err(|_| format!("invalid date `{text}`; write it as `2026-03-01`")),
            (None, Some(date)) => Ok(date),
            (None, None) => Err("the row has no date".to_owned()),
        }
    }

    /// A quantity, with the unit of the heading if the cell has none.
    fn quantity<T, E: std::fmt::Display>(
        &self,
        field: Field,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Result<Option<T>, String> {
        let Some((text, unit)) = self.cell(field) else {
            return Ok(None);
        };
        let text = without_tilde(text);
        let is_bare = text.chars().all(|c| {
            c.is_ascii_digit()
                || c.is_whitespace()
                || matches!(c, '.' | ',' | '-' | '\u{2013}' | '\u{2014}' | '\'' | '\u{2019}')
        });
        let with_unit = match unit.filter(|_| is_bare) {
            Some(unit) => format!("{text}{unit}"),
            None => text.to_owned(),
        };
        parse(&with_unit).map(Some).map_err(|error| error.to_string())
    }

    /// Which stated factors do not match the row.
    fn check_factors(&self, task: &Task) -> Vec<String> {
        let stated = [
            (
                Field::Factor,
                "factor",
                task.leverage_factor(),
                task.agent_minutes,
            ),
            (
                Field::SupervisoryFactor,
                "supervisory factor",
                task.supervisory_leverage_factor(),
                task.supervisory_minutes,
            ),
        ];
        let wrong = stated.into_iter().filter_map(|(field, name, computed, minutes)| {
            let (text, _) = self.cell(field)?;
            let hours = task.estimate.hours;
            match (stated_factor(text, self.mark), computed, minutes) {
                (None, ..) => Some(format!("the {name} `{text}` is not a number")),
                (_, None, _) | (_, _, None) => Some(format!(
                    "cannot check the {name} {text}: the row has no minutes for it"
                )),
                (Some((stated, tolerance)), Some(computed), Some(minutes)) => {
                    let follows = (computed - stated).abs() <= tolerance;
                    (!follows).then(|| {
                        format!(
                            "the {name} {text} does not match its row: {hours} in {minutes} is {computed:.1}x"
                        )
                    })
                }
            }
        });
        wrong.collect()
    }
}

/// Whether an estimator is an agent, or the text for a person who is not named.
fn is_agent(name: &str) -> bool {
    match Estimator::parse(name) {
        Ok(Some(estimator)) => agents::known_spelling(&estimator.agent).is_some(),
        Ok(None) => true,
        Err(_) => false,
    }
}

/// The text of a cell; `None` if it says that the value is unknown.
fn known(cell: &str) -> Option<&str> {
    let text = cell.trim();
    let is_unknown = matches!(
        text.to_lowercase().as_str(),
        "" | "-" | "–" | "—" | "n/a" | "na" | "?"
    );
    (!is_unknown).then_some(text)
}

/// A cell without an approximation mark.
fn without_tilde(text: &str) -> &str {
    text.trim().trim_start_matches(['~', '≈']).trim()
}

/// A stated factor, and its tolerance: half a unit of the last printed digit.
fn stated_factor(text: &str, mark: DecimalMark) -> Option<(f64, f64)> {
    let text = without_tilde(text).trim_end_matches(['x', 'X', '×']).trim();
    let (number, _) = number::cut(text, mark).ok().filter(|(_, rest)| rest.is_empty())?;
    let value: f64 = number.parse().ok().filter(|value: &f64| value.is_finite())?;
    let decimals = number.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let decimals = i32::try_from(decimals).ok()?;
    Some((value, 0.5 * 10f64.powi(-decimals) + 1e-9 * value.abs()))
}

#[cfg(test)]
mod tests {
    use super::super::{ImportOptions, read};
    use super::*;

    fn imported(name: &str, text: &str) -> Result<Imported, ImportError> {
        let options = ImportOptions {
            name: name.into(),
            date: None,
            agent: Some("claude-code".into()),
            by: "Ada Example <ada@example.org>".into(),
            at: chrono::DateTime::from_timestamp(1_775_822_400, 0).unwrap(),
            work: crate::facts::quantity::WorkTime::default(),
        };
        read(text.as_bytes(), &options)
    }

    fn texts(warnings: &[Warning]) -> Vec<String> {
        warnings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn columns_come_in_any_order_and_unknown_ones_are_named() {
        let text = "mood,agent_minutes,title,human_hours,published_factor\nfine,25,Kiln,40,96\n";
        let found = imported("2026-03-01.csv", text).unwrap();
        let task = &found.tasks[0];
        assert_eq!(
            (task.title.as_str(), task.leverage_factor()),
            ("Kiln", Some(96.0))
        );
        assert_eq!(task.date.to_string(), "2026-03-01");
        assert_eq!(task.agent.as_deref(), Some("claude-code"));
        assert_eq!(
            texts(&found.warnings),
            ["2026-03-01.csv: unknown column `mood`; not imported"]
        );
    }

    #[test]
    fn markdown_as_it_is_published() {
        let text = "# 2026-04-04\n\n| # | Task | Human Est. | Claude | Sup. | Factor | Sup. Factor |\n|---|:--|--:|--:|--:|--:|--:|\n\
                    | 1 | **Kiln \\| controller** | 40h | 25 min | 5m | 96.0x | 480x |\n\
                    | 2 | Glaze `mixer` | 1,200 hours | 1h 30m | – | 800.0x | – |\n\
                    | | **Total** | 1,240h | 115m | | | |\n\ntext\n";
        let found = imported("log-2026-04-04.md", text).unwrap();
        assert_eq!(found.broken, []);
        let titles: Vec<_> = found.tasks.iter().map(|task| task.title.as_str()).collect();
        assert_eq!(titles, ["Kiln | controller", "Glaze `mixer`"]);
        assert_eq!(found.tasks[1].agent_minutes, Minutes::new(90.0));
        assert_eq!(found.tasks[1].supervisory_minutes, None);
        assert_eq!(
            texts(&found.warnings),
            ["log-2026-04-04.md:7: skipped a row of totals"]
        );
    }

    #[test]
    fn a_factor_is_compared_as_it_is_printed() {
        for (stated, wrong) in [
            ("96", false),
            ("96.0x", false),
            ("~96x", false),
            ("96.1", true),
            ("97", true),
            ("fast", true),
        ] {
            let text = format!("title,human_hours,agent_minutes,factor\nKiln,40,25,{stated}\n");
            let found = imported("2026-03-01.csv", &text).unwrap();
            assert_eq!(found.warnings.len(), usize::from(wrong), "{stated}");
        }
        let text = "title,human_hours,agent_minutes,factor\nKiln,8,7,68.6\nOven,8,7,70.0\n";
        assert_eq!(
            texts(&imported("2026-03-01.csv", text).unwrap().warnings),
            ["2026-03-01.csv:3: the factor 70.0 does not match its row: 8h in 7m is 68.6x"]
        );
    }

    #[test]
    fn a_broken_row_leaves_the_others() {
        let text =
            "title,human_hours,agent_minutes\nKiln,40,25\nOven,-4,10\nGlaze,4x,1\nShelf,8\n,8,1\nDoor,2,5\n";
        let found = imported("2026-03-01.csv", text).unwrap();
        assert_eq!(found.tasks.len(), 2);
        assert_eq!(
            texts(&found.broken),
            [
                "2026-03-01.csv:3: `-4h` is negative",
                "2026-03-01.csv:4: `4x` has an unknown unit `x`; use s, m, h, d or w",
                "2026-03-01.csv:5: the row has 2 cells, but the header has 3",
                "2026-03-01.csv:6: the row has no task title",
            ]
        );
    }

    fn hours(text: &str) -> (Vec<f64>, Vec<String>) {
        let found = imported("2026-03-01.csv", text).unwrap();
        let hours = found.tasks.iter().map(|task| task.estimate.hours.get()).collect();
        (hours, texts(&found.broken))
    }

    #[test]
    fn an_estimate_may_be_a_range_in_one_cell_or_in_three_columns() {
        let shown = |text: &str| {
            let found = imported("2026-03-01.csv", text).unwrap();
            let shown = found.tasks.iter().map(|task| task.estimate.shown());
            (
                shown.collect::<Vec<_>>(),
                texts(&found.broken),
                found.warnings.len(),
            )
        };
        let (read, broken, warnings) = shown(
            "title,human_hours\nA,24h..60h\nB,24..60\nC,24-60\nD,24..40..60\nE,24\u{2013}60h\nF,4h..4h\nG,60..24\nH,..4\n",
        );
        let range = "37.9h (24h..60h)";
        assert_eq!(read, [range, range, range, "40h (24h..60h)", range, "4h"]);
        assert_eq!(
            broken,
            [
                "2026-03-01.csv:8: the range `60..24h` is reversed: its low end is above its high end",
                "2026-03-01.csv:9: the range `..4h` has no low end; write it as `24h..60h`",
            ]
        );
        assert_eq!(warnings, 0);
        let (read, broken, warnings) = shown(
            "title,human_hours,human_hours_low,human_hours_high\nA,40,24,60\nB,40,,\nC,40,41,60\nD,40,24,\n",
        );
        assert_eq!(read, ["40h (24h..60h)", "40h"]);
        assert_eq!((broken.len(), warnings), (2, 0), "{broken:?}");
        let comma = shown("Task;Human Est. (h)\nA;4,5..6,25\nB;1,250\n");
        assert_eq!(comma.0, ["5.3h (4.5h..6.25h)", "1.25h"]);
    }

    #[test]
    fn a_comma_before_a_fraction_is_no_thousand() {
        let head = "Task;Human Est. (h);Claude (min);Factor";
        assert_eq!(hours(&format!("{head}\nKiln;0,750;25;1,8x\n")).0, [0.75]);
        // What one number shows applies to the others.
        let (found, broken) = hours(&format!(
            "{head}\nKiln;0,750;25;\nOven;1,250;25;3,0\nGlaze;1.500;25;\n"
        ));
        assert_eq!((found, broken.len()), (vec![0.75, 1.25, 1500.0], 0));
        assert_eq!(
            hours(&format!("{head}\nKiln;1,250;25;\nOven;2;5;\n")),
            (
                vec![2.0],
                vec![
                    "2026-03-01.csv:2: `1,250h` may mean 1250 or 1.250; write it without separators"
                        .to_owned()
                ]
            )
        );
        let (found, _) = hours(&format!("{head}\nKiln;1.250;25;\nOven;1.5;5;\n"));
        assert_eq!(found, [1.25, 1.5]);
        let (found, _) =
            hours("Task,Human Est. (h)\nKiln,\"1,250\"\nOven,1'250\nGlaze,1 250\nShelf,\"1.250,5\"\n");
        assert_eq!(found, [1.25, 1250.0, 1250.0, 1250.5]);
        let (found, _) = hours("Task,Human Est. (h)\nKiln,\"1,250\"\n");
        assert_eq!(found, [1250.0]);
        for odd in ["00,750", "1,23,456", "0,750,000"] {
            let (found, broken) = hours(&format!("{head}\nKiln;{odd};25;\n"));
            assert_eq!((found.len(), broken.len()), (0, 1), "{odd}");
        }
    }

    #[test]
    fn lines_are_those_that_an_editor_shows() {
        for (text, expected) in [
            ("Task,Human Est. (h)\r\nA,1\r\nB,x\r\n", 3),
            ("Task,Human Est. (h)\nA,1\nB,x\n", 3),
            ("Task,Human Est. (h)\rA,1\rB,x\r", 3),
            ("\u{feff}Task,Human Est. (h)\r\nB,x\r\n", 2),
            ("\r\n\r\nTask,Human Est. (h)\r\n\r\nA,1\r\n\r\n\r\nB,x\r\n", 8),
            ("\n\nTask,Human Est. (h)\n  \nA,1\n\n\nB,x\n", 8),
            ("Task,Human Est. (h),Note\r\nA,1,\"one\r\ntwo\"\r\nB,x,\r\n", 4),
            ("Task,Human Est. (h),Note\nA,1,\"one\n\ntwo\"\n\n\"B\",x,\n", 6),
        ] {
            let found = imported("2026-03-01.csv", text).unwrap();
            let places: Vec<_> = found.broken.iter().map(|warning| warning.place.clone()).collect();
            assert_eq!(places, [format!("2026-03-01.csv:{expected}")], "{text:?}");
        }
        let table = "\u{feff}# Log\r\n\r\n| Task | Human Est. |\r\n|--|--|\r\n| A | 1h |\r\n| B | x |\r\n";
        let found = imported("2026-03-01.md", table).unwrap();
        assert_eq!(found.broken[0].place, "2026-03-01.md:6");
        let found = imported("tasks.jsonl", "\u{feff}\r\n\r\n{}\r\n\r\n7\r\n").unwrap();
        let places: Vec<_> = found
            .broken
            .iter()
            .map(|warning| warning.place.as_str())
            .collect();
        assert_eq!(places, ["tasks.jsonl:3", "tasks.jsonl:5"]);
    }

    #[test]
    fn a_page_has_the_day_of_its_heading_unless_its_name_has_one() {
        let table = "| Task | Human |\n|--|--|\n| A | 1h |\n";
        let day = |name: &str, heading: &str| {
            let found = imported(name, &format!("# {heading}\n\n{table}"));
            found.map(|found| found.tasks[0].date.to_string())
        };
        let of = "Leverage of 2026-03-01, kiln";
        assert_eq!(day("day.md", of).unwrap(), "2026-03-01");
        assert_eq!(day("2026-04-04.md", of).unwrap(), "2026-04-04");
        for in_words in [
            "Leverage Record: March 1, 2026",
            "Log of 1 March 2026",
            "Mar 01, 2026",
        ] {
            assert_eq!(day("day.md", in_words).unwrap(), "2026-03-01", "{in_words}");
        }
        let two = day("day.md", "March 1, 2026 and March 2, 2026");
        assert_eq!(two, Err(ImportError::NoDate));
        let period = day("day.md", "Leverage from 2026-03-01 to 2026-03-02");
        assert_eq!(period, Err(ImportError::NoDate));
        for part in ["Leverage since 2026-03-01", "Leverage until 2026-03-01, kiln"] {
            assert_eq!(day("day.md", part), Err(ImportError::NoDate), "{part}");
        }
    }

    #[test]
    fn a_title_comes_back_from_a_page_as_it_was() {
        for title in [
            "Fix parse_line",
            "a * b < c > d [x] ~ & | `code_x` | \\ www.example.org http://x",
            "`one` and `two_three`",
        ] {
            let shown = crate::render::escape::markdown(title);
            let page = format!("| Task | Human |\n|--|--|\n| {shown} | 1h |\n");
            let found = imported("2026-03-01.md", &page).unwrap();
            assert_eq!(found.tasks[0].title, title, "{shown}");
        }
    }

    #[test]
    fn ids_of_a_report_stay_and_guards_go() {
        let id = "01a21cde-c366-7142-b796-3d42cea11770";
        for heading in ["task", "id"] {
            let text = format!("{heading},title,human_hours\n{id},'+ add thing,4\n");
            let found = imported("2026-03-01.csv", &text).unwrap();
            assert_eq!(found.tasks[0].id.to_string(), id);
            assert_eq!(found.tasks[0].title, "+ add thing");
            assert!(found.has_ids && found.warnings.is_empty(), "{:?}", found.warnings);
        }
        let numbered = imported("2026-03-01.csv", "id,title,human_hours\n1,Kiln,4\n").unwrap();
        assert!(!numbered.has_ids);
    }

    #[test]
    fn what_cannot_be_read_at_all_says_why() {
        let error = |name: &str, text: &str| imported(name, text).unwrap_err().to_string();
        assert_eq!(
            error("2026-03-01.csv", "a,b\n1,2\n"),
            "the header has no column for a task and a human estimate; it has `a`, `b`"
        );
        assert_eq!(error("x.csv", "\n"), "the file has no rows");
        assert_eq!(
            error("x.csv", "title,human_hours\nKiln,4\n"),
            "unknown day: neither its rows nor its name contain a date"
        );
        assert_eq!(
            error("x.md", "| a | b |\n|--|--|\n| 1 | 2 |\n"),
            "no table has columns for a task and a human estimate"
        );
        let options_error = read(
            b"title\n\xff",
            &ImportOptions {
                name: "x.csv".into(),
                date: None,
                agent: None,
                by: "A <a@b>".into(),
                at: chrono::DateTime::UNIX_EPOCH,
                work: crate::facts::quantity::WorkTime::default(),
            },
        );
        assert_eq!(options_error, Err(ImportError::NotUtf8(2)));
    }

    #[test]
    fn ids_follow_from_the_content() {
        let text = "title,human_hours\nKiln,4\nKiln,4\nOven,4\n";
        let ids = |name: &str| -> Vec<TaskId> {
            imported(name, text)
                .unwrap()
                .tasks
                .iter()
                .map(|task| task.id)
                .collect()
        };
        let found = ids("2026-03-01.csv");
        assert_eq!(found, ids("copy of 2026-03-01.csv"));
        assert_ne!(found[0], found[1]);
        assert_ne!(found, ids("2026-03-02.csv"));
    }
}
