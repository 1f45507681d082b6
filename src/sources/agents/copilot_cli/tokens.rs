//! Which tokens are counted by which source. A response has a separate record in the log of newer versions
//! (`session.usage_record`), or a row in the store; both are measured, and are one if their counts are equal. The
//! totals of a shutdown count for what neither has, spread evenly over the responses without one: estimated.
//!
//! Totals continue over resumed runs in newer versions; in others they start again with a run, or with a compaction
//! inside one. A total that fell started again. Otherwise the output of the responses decides, by which reading it is
//! nearer to.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::json;
use super::super::log::{Key, Log, Metric, Name, Stamp, What};
use super::super::value::{count, is_miscounted, text};
use super::keys::{Keys, counts, message_of};
use super::store::{self, COMPACTIONS, WITHOUT_OUTPUT, is_store};
use crate::facts::session::TokenCounts;
use crate::facts::span::Moment;

/// How much earlier than the message of a response its row may be, in milliseconds: some versions write whole seconds.
const EARLIER: i64 = 5_000;
/// How much later than its response a row may be, in milliseconds.
const LATER: i64 = 2_000;

/// A response of a model; its stamp has the time and the lane.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Response {
    call: Key,
    stamp: Stamp,
    model: Option<Name>,
    output: u64,
    /// The counts of its record.
    tokens: Option<TokenCounts>,
    /// Whether its message was logged.
    said: bool,
}

/// What a shutdown counted and no record did.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Leg {
    shutdown: Key,
    /// When the count began, unless with the session.
    since: Option<Moment>,
    end: Stamp,
    models: Vec<(Name, TokenCounts)>,
    /// The responses without a record.
    responses: Vec<Response>,
}

/// A point at which a count may have started again.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Start {
    at: Option<Moment>,
    /// How many responses of the leg came before.
    behind: usize,
}

/// The tokens of a compaction.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Compaction {
    at: Moment,
    message: Key,
    model: Name,
    tokens: TokenCounts,
}

/// The known tokens of a log so far.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Tokens {
    /// Responses since the last shutdown.
    responses: Vec<Response>,
    /// Where a count may have started again since then.
    starts: Vec<Start>,
    last_shutdown: Option<Moment>,
    /// Its totals, by model.
    totals: BTreeMap<String, TokenCounts>,
    legs: Vec<Leg>,
    /// Responses that no total counts any more.
    lost: Vec<Response>,
    compactions: Vec<Compaction>,
    /// How many of these belong to legs that are over.
    compactions_before: usize,
    /// How many responses there were when a compaction began.
    compacting: usize,
    /// Where responses are in [`Self::responses`].
    #[serde(skip)]
    index: Index,
}

/// An index of the responses in a list: a session may have any number of them.
#[derive(Debug, Default)]
struct Index {
    /// How many of the list are in it.
    known: usize,
    /// The first of each call.
    by_call: HashMap<Key, usize>,
    /// The last of each lane.
    last_of: HashMap<Option<Name>, usize>,
}

impl Index {
    /// Adds the new entries of the list.
    fn update(&mut self, responses: &[Response]) {
        for (at, response) in responses.iter().enumerate().skip(self.known) {
            self.by_call.entry(response.call).or_insert(at);
            self.last_of.insert(response.stamp.lane, at);
        }
        self.known = responses.len();
    }
}

impl Tokens {
    /// The record of a response.
    pub(super) fn record(&mut self, data: &Value, stamp: Stamp, keys: &mut Keys, log: &mut Log) {
        let usage = data.get("usage").unwrap_or(data);
        if is_none(usage) {
            return log.refuse_tokens(stamp);
        }
        let tokens = used(usage);
        let (model, message) = counted(text(usage, "/model"), tokens, stamp, keys, log);
        let id = [text(usage, "/apiCallId"), text(usage, "/accounting/usageId")];
        let call = id.iter().find(|id| !id.is_empty()).map(|id| Key::of(&[id]));
        let call = call.unwrap_or(message);
        self.index.update(&self.responses);
        let known = self.index.by_call.get(&call).copied();
        match known.and_then(|at| self.responses.get_mut(at)) {
            Some(known) => {
                known.tokens = Some(tokens);
                known.output = known.output.max(tokens.output);
            }
            None => self.responses.push(Response {
                call,
                stamp,
                model: Some(model),
                output: tokens.output,
                tokens: Some(tokens),
                said: false,
            }),
        }
    }

    /// The message of a response. One that is logged in pieces repeats its count.
    pub(super) fn message(&mut self, call: Key, output: u64, model: Option<Name>, stamp: Stamp) {
        self.index.update(&self.responses);
        let known = match self.index.by_call.get(&call) {
            Some(at) => self.responses.get_mut(*at),
            None => {
                let last = self.index.last_of.get(&stamp.lane);
                last.and_then(|at| self.responses.get_mut(*at))
                    .filter(|last| last.tokens.is_some() && !last.said)
            }
        };
        if let Some(known) = known {
            known.said = true;
            known.output = known.output.max(output);
            return;
        }
        self.responses.push(Response {
            call,
            stamp,
            model,
            output,
            tokens: None,
            said: true,
        });
    }

    /// The program resumed the session.
    pub(super) fn resumed(&mut self, at: Moment) {
        self.begin(at);
    }

    pub(super) fn compaction_began(&mut self) {
        self.compacting = self.responses.len();
    }

    /// What a compaction used, unless a record includes it.
    pub(super) fn compacted(&mut self, data: &Value, stamp: Stamp, keys: &mut Keys, log: &mut Log) {
        let used_by_it = data.get("compactionTokensUsed").filter(|used| used.is_object());
        if let Some(usage) = used_by_it {
            if is_none(usage) {
                log.refuse_tokens(stamp);
            } else if !self.has_record(data, used(usage)) {
                let (tokens, named) = (used(usage), text(usage, "/model"));
                let (model, message) = counted(named, tokens, stamp, keys, log);
                self.compactions.push(Compaction {
                    at: stamp.at,
                    message,
                    model,
                    tokens,
                });
            }
        }
        if data.get("success").and_then(Value::as_bool) != Some(false) {
            self.begin(stamp.at);
        }
    }

    fn begin(&mut self, at: Moment) {
        let behind = self.responses.len();
        self.starts.push(Start { at: Some(at), behind });
    }

    /// Whether a response since a compaction began is that of the compaction.
    fn has_record(&self, data: &Value, tokens: TokenCounts) -> bool {
        let ids = ["/requestId", "/serviceRequestId", "/apiCallId"].map(|id| Key::of(&[text(data, id)]));
        let recent = self.responses.get(self.compacting..).unwrap_or_default();
        recent
            .iter()
            .any(|response| response.tokens == Some(tokens) || ids.contains(&response.call))
    }

    /// The totals of a program run.
    pub(super) fn shutdown(&mut self, id: &str, data: &Value, stamp: Stamp, log: &mut Log) {
        if data.get("modelMetrics").is_some_and(is_miscounted) {
            return log.refuse_tokens(stamp);
        }
        let totals = totals(data);
        if totals.is_empty() {
            return;
        }
        let (goes_on, start) = self.reading(&totals);
        let mut models: BTreeMap<&str, TokenCounts> = BTreeMap::new();
        for (model, total) in &totals {
            let before = self.totals.get(model).copied().filter(|_| goes_on);
            models.insert(model, total.saturating_sub(before.unwrap_or_default()));
        }
        let responses = self.responses.split_off(start.behind);
        self.lost.append(&mut self.responses);
        self.index = Index::default();
        for response in &responses {
            let name = response.model.map(|model| log.text(model)).unwrap_or_default();
            if let (Some(left), Some(tokens)) = (models.get_mut(name), response.tokens) {
                *left = left.saturating_sub(tokens);
            }
        }
        self.take_out_compactions(&totals, goes_on, &responses, &mut models, log);
        let mut left: Vec<(Name, TokenCounts)> = Vec::new();
        for (model, tokens) in models {
            if tokens != TokenCounts::default() {
                left.push((log.name(model), tokens));
            }
        }
        self.legs.push(Leg {
            shutdown: Key::of(&[id]),
            since: start.at,
            end: stamp,
            models: left,
            responses: responses
                .into_iter()
                .filter(|response| response.tokens.is_none())
                .collect(),
        });
        self.totals = totals;
        self.last_shutdown = Some(stamp.at);
        self.starts.clear();
        (self.compacting, self.compactions_before) = (0, self.compactions.len());
    }

    /// Whether totals include the last ones, and since when they count.
    fn reading(&self, totals: &BTreeMap<String, TokenCounts>) -> (bool, Start) {
        let none_fell = self.totals.iter().all(|(model, before)| {
            totals
                .get(model)
                .is_some_and(|total| total.max(*before) == *total)
        });
        let first = Start {
            at: self.last_shutdown,
            behind: 0,
        };
        if said(&self.responses) == 0 {
            return (none_fell, first);
        }
        let (before, now) = (output(&self.totals), output(totals));
        let outputs = outputs_from(&self.responses);
        let starts = [first].into_iter().chain(self.starts.iter().copied());
        let readings = starts.flat_map(|start| [(true, start), (false, start)]);
        let possible = readings.filter(|(goes_on, _)| none_fell || !goes_on);
        let nearest = possible.min_by_key(|(goes_on, start)| {
            let since = outputs.get(start.behind).copied().unwrap_or_default();
            let expected = since.saturating_add(if *goes_on { before } else { 0 });
            now.abs_diff(expected)
        });
        nearest.unwrap_or((none_fell, first))
    }

    /// Subtracts compactions, which count separately, from totals that include them: the output shows whether they do.
    fn take_out_compactions(
        &self,
        totals: &BTreeMap<String, TokenCounts>,
        goes_on: bool,
        responses: &[Response],
        models: &mut BTreeMap<&str, TokenCounts>,
        log: &Log,
    ) {
        let own = self
            .compactions
            .get(self.compactions_before..)
            .unwrap_or_default();
        let used: u64 = own.iter().map(|compaction| compaction.tokens.output).sum();
        let before = if goes_on { output(&self.totals) } else { 0 };
        let now = output(totals).saturating_sub(before);
        let said = said(responses);
        if used == 0 || now.abs_diff(said.saturating_add(used)) >= now.abs_diff(said) {
            return;
        }
        for compaction in own {
            if let Some(left) = models.get_mut(log.text(compaction.model)) {
                *left = left.saturating_sub(compaction.tokens);
            }
        }
    }

    /// Adds what neither records nor rows count, once all rows are known, and assigns the rows to responses.
    fn settle(&self, rows: &[Row], log: &mut Log) -> Vec<(Key, Of)> {
        self.leave_compactions_to(rows, log);
        let known: HashSet<Key> = log
            .events
            .iter()
            .filter_map(|event| message_of(&event.what))
            .collect();
        let (recorded, own): (Vec<&Row>, Vec<&Row>) =
            rows.iter().partition(|row| known.contains(&row.message));
        let mut of: Vec<(Key, Of)> = recorded.iter().map(|row| (row.message, Of::Record)).collect();
        for leg in &self.legs {
            leg.count(&own, log);
        }
        let mut open = OpenRows::of(&own);
        let mut take = |response: &Response, log: &Log| {
            let row = open.take(response.stamp.at, response.model.map(|model| log.text(model)))?;
            of.push((row.message, Of::Response(response.stamp.at)));
            Some(row)
        };
        for response in self.legs.iter().flat_map(|leg| &leg.responses) {
            take(response, log);
        }
        let uncounted = self.lost.iter().chain(&self.responses);
        let mut is_short = false;
        for response in uncounted.filter(|response| response.tokens.is_none()) {
            match take(response, log) {
                Some(row) if row.without_output => response.push_output(log),
                Some(_) => {}
                None => is_short = true,
            }
        }
        if is_short {
            self.tell_shortness(rows.is_empty(), log);
        }
        // What belongs to a response has its position: at one instant the order decides what is part of a turn.
        log.events.sort_by_key(|event| event.stamp.line);
        of
    }

    /// Notes that some responses are in no count. If no response is counted, the counts of compactions would be
    /// misleading.
    fn tell_shortness(&self, without_rows: bool, log: &mut Log) {
        let compactions: HashSet<Key> = self
            .compactions
            .iter()
            .map(|compaction| compaction.message)
            .collect();
        let of_compaction =
            |what: &What| message_of(what).is_some_and(|message| compactions.contains(&message));
        let counted = |what: &What| message_of(what).is_some() && !of_compaction(what);
        if without_rows && !log.events.iter().any(|event| counted(&event.what)) {
            log.events.retain(|event| !of_compaction(&event.what));
        } else if let Some(stamp) = log.events.last().map(|event| event.stamp) {
            log.push(stamp, What::Estimated(Metric::Tokens));
        }
    }

    /// A compaction with a row is counted there, even if the two differ.
    fn leave_compactions_to(&self, rows: &[Row], log: &mut Log) {
        let of_compactions: Vec<&Row> = rows.iter().filter(|row| row.is_compaction).collect();
        let mut of_compactions = OpenRows::of(&of_compactions);
        let counted: HashSet<Key> = rows.iter().map(|row| row.message).collect();
        let mut left: HashSet<Key> = HashSet::new();
        for compaction in &self.compactions {
            let is_same = counted.contains(&compaction.message);
            if !is_same && of_compactions.take(compaction.at, None).is_some() {
                left.insert(compaction.message);
            }
        }
        if !left.is_empty() {
            let is_left = |what: &What| message_of(what).is_some_and(|message| left.contains(&message));
            log.events.retain(|event| !is_left(&event.what));
        }
    }
}

impl Leg {
    /// Counts what the shutdown has beyond the rows of its period.
    fn count(&self, rows: &[&Row], log: &mut Log) {
        let within =
            |row: &&&Row| self.since.is_none_or(|since| row.at > since) && row.at <= self.end.at.plus(LATER);
        for (model, tokens) in &self.models {
            let counted = rows.iter().filter(within);
            let counted = counted.filter(|row| row.model == log.text(*model));
            let counted = counted.fold(TokenCounts::default(), |sum, row| sum + row.tokens);
            self.spread(*model, tokens.saturating_sub(counted), log);
        }
    }

    /// Spreads the tokens of a model evenly over its responses: over all if none is known to be of that model, at the
    /// end if there are none at all.
    fn spread(&self, model: Name, tokens: TokenCounts, log: &mut Log) {
        if tokens == TokenCounts::default() {
            return;
        }
        log.push(self.end, What::Estimated(Metric::Tokens));
        let all = self.responses.iter();
        let own = all.clone().filter(|response| response.model == Some(model));
        let mut stamps: Vec<Stamp> = own.map(|response| response.stamp).collect();
        if stamps.is_empty() {
            stamps.extend(all.map(|response| response.stamp));
        }
        if stamps.is_empty() {
            stamps.push(self.end);
        }
        let named = log.text(model).to_owned();
        for (number, (stamp, tokens)) in stamps.iter().zip(parts(tokens, stamps.len())).enumerate() {
            let id = [&self.shutdown.0.to_string(), &*named, &number.to_string()];
            let what = What::Usage {
                message: Some(Key::of(&id)),
                request: None,
                model,
                tokens,
            };
            log.push(*stamp, what);
        }
    }
}

impl Response {
    /// The output that the message has, for a row without one.
    fn push_output(&self, log: &mut Log) {
        let tokens = TokenCounts {
            output: self.output,
            ..TokenCounts::default()
        };
        let model = self.model.unwrap_or_else(|| log.name("unknown"));
        let what = What::Usage {
            message: Some(Key::of(&["output", &self.call.0.to_string()])),
            request: None,
            model,
            tokens,
        };
        log.push(self.stamp, what);
    }
}

/// Rows that are not assigned yet, by their instants: a window of time has at most thousands of these, however many
/// rows there are.
struct OpenRows<'row> {
    rows: Vec<&'row Row>,
    all: Instants,
    by_model: HashMap<&'row str, Instants>,
}

/// The positions of rows in their list, by instant.
type Instants = BTreeMap<Moment, BTreeSet<usize>>;

impl<'row> OpenRows<'row> {
    fn of(rows: &[&'row Row]) -> Self {
        let mut open = Self {
            rows: rows.to_vec(),
            all: Instants::new(),
            by_model: HashMap::new(),
        };
        for (place, row) in rows.iter().enumerate() {
            let of_model = open.by_model.entry(&row.model).or_default();
            for instants in [of_model, &mut open.all] {
                instants.entry(row.at).or_default().insert(place);
            }
        }
        open
    }

    /// Takes the first row in the list that may belong to something at an instant, of a model or of any.
    fn take(&mut self, at: Moment, model: Option<&str>) -> Option<&'row Row> {
        let instants = match model {
            Some(model) => self.by_model.get(model)?,
            None => &self.all,
        };
        let near = instants.range(at.plus(-EARLIER)..=at.plus(LATER));
        let place = near.filter_map(|(_, places)| places.first()).min().copied()?;
        let row = *self.rows.get(place)?;
        let of_model = self.by_model.get_mut(row.model.as_str());
        for instants in of_model.into_iter().chain([&mut self.all]) {
            if let Some(places) = instants.get_mut(&row.at) {
                places.remove(&place);
                if places.is_empty() {
                    instants.remove(&row.at);
                }
            }
        }
        Some(row)
    }
}

/// Notes the tokens of a response, with its model and its key.
fn counted(named: &str, tokens: TokenCounts, stamp: Stamp, keys: &mut Keys, log: &mut Log) -> (Name, Key) {
    let model = match (named, log.carried.model) {
        ("", Some(model)) => model,
        ("", None) => log.name("unknown"),
        (named, _) => log.name(named),
    };
    let message = keys.message((log.text(stamp.session), log.text(model)), tokens, stamp.key);
    let what = What::Usage {
        message: Some(message),
        request: None,
        model,
        tokens,
    };
    log.push(stamp, what);
    (model, message)
}

/// What a row of the store is of.
enum Of {
    /// A response that has a record in the log, which counts.
    Record,
    /// One that was logged at that moment.
    Response(Moment),
}

/// A row of the store.
struct Row {
    at: Moment,
    model: String,
    tokens: TokenCounts,
    message: Key,
    is_compaction: bool,
    without_output: bool,
}

/// Adds to each log what follows only from all of them together.
pub(super) fn settle(logs: &mut [(PathBuf, Log)], state: impl Fn(&Log) -> Option<Tokens>) {
    let mut rows: HashMap<String, Vec<Row>> = HashMap::new();
    for (_, log) in logs.iter().filter(|(path, _)| is_store(path)) {
        collect_rows(log, &mut rows);
    }
    let mut with_events: HashSet<String> = HashSet::new();
    let mut of: HashMap<Key, Of> = HashMap::new();
    for (_, log) in logs.iter_mut().filter(|(path, _)| !is_store(path)) {
        let session = log.carried.stamp.map(|stamp| log.text(stamp.session).to_owned());
        let Some(session) = session else { continue };
        if let Some(tokens) = state(log) {
            of.extend(tokens.settle(rows.get(&session).map_or(&[], Vec::as_slice), log));
        }
        with_events.insert(session);
    }
    for (_, log) in logs.iter_mut().filter(|(path, _)| is_store(path)) {
        place_rows(&of, log);
    }
    store::name_what_is_missing(logs, |session| with_events.contains(session));
}

/// Moves rows to their responses; a row that was written in whole seconds might come before the prompt.
fn place_rows(of: &HashMap<Key, Of>, log: &mut Log) {
    let find = |what: &What| of.get(&message_of(what)?);
    log.events
        .retain(|event| !matches!(find(&event.what), Some(Of::Record)));
    for event in &mut log.events {
        if let Some(Of::Response(at)) = find(&event.what) {
            event.stamp.at = *at;
        }
    }
}

fn collect_rows(log: &Log, rows: &mut HashMap<String, Vec<Row>>) {
    let list = |name: &str| -> HashSet<Key> {
        let keys: Option<Vec<Key>> = log.carried.noted(name).and_then(json::kept);
        keys.into_iter().flatten().collect()
    };
    let (compactions, without_output) = (list(COMPACTIONS), list(WITHOUT_OUTPUT));
    for event in &log.events {
        if let What::Usage {
            message: Some(message),
            model,
            tokens,
            ..
        } = &event.what
        {
            rows.entry(log.text(event.stamp.session).to_owned())
                .or_default()
                .push(Row {
                    at: event.stamp.at,
                    model: log.text(*model).to_owned(),
                    tokens: *tokens,
                    message: *message,
                    is_compaction: compactions.contains(message),
                    without_output: without_output.contains(message),
                });
        }
    }
}

/// Whether one of the counts of a response is invalid.
fn is_none(usage: &Value) -> bool {
    let counts = usage.as_object().into_iter().flatten();
    let counts = counts.filter(|(name, _)| {
        name.ends_with("Tokens") || ["input", "output", "cachedInput"].contains(&name.as_str())
    });
    let counts: serde_json::Map<String, Value> = counts
        .map(|(name, count)| (name.clone(), count.clone()))
        .collect();
    is_miscounted(&Value::Object(counts))
}

/// The counts of a response, in one of two forms. Cache reads and writes are part of the input, reasoning of the
/// output.
fn used(usage: &Value) -> TokenCounts {
    let either = |names: [&str; 2]| names.iter().map(|name| count(usage, name)).max().unwrap_or(0);
    counts(
        either(["/inputTokens", "/input"]),
        either(["/cacheReadTokens", "/cachedInput"]),
        count(usage, "/cacheWriteTokens"),
        either(["/outputTokens", "/output"]),
    )
}

/// The totals of a shutdown, by model; without models that have no tokens.
fn totals(data: &Value) -> BTreeMap<String, TokenCounts> {
    let metrics = data.get("modelMetrics").and_then(Value::as_object);
    let totals = metrics.into_iter().flatten().map(|(model, metric)| {
        let usage = metric.get("usage").unwrap_or(&Value::Null);
        (model.clone(), used(usage))
    });
    totals
        .filter(|(_, tokens)| *tokens != TokenCounts::default())
        .collect()
}

/// The output in totals.
fn output(totals: &BTreeMap<String, TokenCounts>) -> u64 {
    let outputs = totals.values().map(|tokens| tokens.output);
    outputs.fold(0, u64::saturating_add)
}

/// The output of the responses from each on.
fn outputs_from(responses: &[Response]) -> Vec<u64> {
    let mut sum = 0_u64;
    let mut outputs: Vec<u64> = Vec::with_capacity(responses.len());
    for response in responses.iter().rev() {
        sum = sum.saturating_add(response.output);
        outputs.push(sum);
    }
    outputs.reverse();
    outputs
}

/// The output of responses.
fn said(responses: &[Response]) -> u64 {
    let outputs = responses.iter().map(|response| response.output);
    outputs.fold(0, u64::saturating_add)
}

/// `tokens` in this many parts that differ by at most one of each kind and add up to it.
pub(super) fn parts(tokens: TokenCounts, number: usize) -> impl Iterator<Item = TokenCounts> {
    let number = number.max(1) as u64;
    (0..number).map(move |part| {
        let of = |count: u64| count / number + u64::from(part < count % number);
        TokenCounts {
            input: of(tokens.input),
            cache_write: of(tokens.cache_write),
            cache_read: of(tokens.cache_read),
            output: of(tokens.output),
        }
    })
}
