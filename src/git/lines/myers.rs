//! Myers' search for a short edit script, from both ends at once and in linear space, with git's shortcuts.
//!
//! The two texts span a rectangle: `x` counts old lines, `y` new ones, and a diagonal `x - y` contains all points that one more
//! line on both sides leads to. From the top left and the bottom right corner, the search stores the furthest `x` on each
//! diagonal, with one more edit per round. Where both searches meet, the rectangle is cut in two, and so on.
//!
//! The shortcuts, if a round gets expensive: cut at the end of a long run of equal lines that lies far along (from [`CHEAP`]
//! edits on), or at the point furthest from its corner (from a limit that grows with the texts). A part that was cut off by a
//! real meeting, or lies before such a run, is searched without shortcuts.

use super::discard::rough_square_root;
use super::ends::{same_prefix, same_suffix};

/// No shortcut is taken with fewer edits from one end.
const CHEAP: i32 = 256;
/// A run of more equal lines than this may be a place to cut.
const LONG_RUN: i32 = 20;
/// How much further than its edits a point must have come to be a good place to cut.
const GOOD_PACE: i32 = 4;

/// The search with its buffers.
#[derive(Default)]
pub(super) struct Search {
    forward: Frontier,
    backward: Frontier,
    pending: Vec<(Area, Effort)>,
}

/// The furthest `x` on each diagonal.
#[derive(Default)]
struct Frontier {
    furthest: Vec<i32>,
    /// Where diagonal 0 is.
    zero: i32,
    /// The diagonals reached in this round: every second one from first to last.
    first: i32,
    last: i32,
}

/// A part of the rectangle: old lines `left..right`, new lines `top..bottom`.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

/// Whether a part may be cut by a shortcut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effort {
    Bounded,
    Exhaustive,
}

/// Where an area is cut, and how hard to look at the parts.
struct Cut {
    x: i32,
    y: i32,
    before: Effort,
    after: Effort,
    /// The smallest number of edits of the whole area, if both searches met here.
    edits: Option<i32>,
}

/// The classes of the lines on both sides.
#[derive(Clone, Copy)]
struct Texts<'a> {
    old: &'a [u32],
    new: &'a [u32],
}

impl Texts<'_> {
    fn same(self, x: i32, y: i32) -> bool {
        self.old[x as usize] == self.new[y as usize]
    }

    /// The area without the equal lines at its ends.
    fn shrunk(self, mut area: Area) -> Area {
        let (right, bottom) = (area.right as usize, area.bottom as usize);
        let run = run_down(&self.old[..right], &self.new[..bottom], area.left, area.top);
        area.left += run;
        area.top += run;
        let (old, new) = (&self.old[area.left as usize..], &self.new[area.top as usize..]);
        let run = run_up(old, new, area.right - area.left, area.bottom - area.top);
        area.right -= run;
        area.bottom -= run;
        area
    }
}

/// How far equal lines continue from a point. Points may be outside.
fn run_down(old: &[u32], new: &[u32], x: i32, y: i32) -> i32 {
    match (old.get(x as usize..), new.get(y as usize..)) {
        (Some([first, old @ ..]), Some([other, new @ ..])) if first == other => {
            1 + same_prefix(old, new) as i32
        }
        _ => 0,
    }
}

/// How far equal lines go back from a point. Points may be outside.
fn run_up(old: &[u32], new: &[u32], x: i32, y: i32) -> i32 {
    match (old.get(..x as usize), new.get(..y as usize)) {
        (Some([old @ .., last]), Some([new @ .., other])) if last == other => {
            1 + same_suffix(old, new) as i32
        }
        _ => 0,
    }
}

impl Frontier {
    /// Makes room. What an earlier search left there is not read.
    fn resize(&mut self, old: usize, new: usize) {
        let diagonals = old + new + 3;
        if self.furthest.len() < diagonals {
            self.furthest.resize(diagonals, 0);
        }
        self.zero = new as i32 + 1;
    }

    fn at(&self, diagonal: i32) -> i32 {
        self.furthest[(diagonal + self.zero) as usize]
    }

    fn set(&mut self, diagonal: i32, x: i32) {
        self.furthest[(diagonal + self.zero) as usize] = x;
    }

    fn start(&mut self, diagonal: i32, x: i32) {
        self.first = diagonal;
        self.last = diagonal;
        self.set(diagonal, x);
    }

    /// Widens the reach by one diagonal on each side, or narrows it at the edge of the area, and puts `outside` where
    /// the next round looks beyond it.
    fn widen(&mut self, area: Area, outside: i32) {
        if self.first > area.left - area.bottom {
            self.first -= 1;
            self.set(self.first - 1, outside);
        } else {
            self.first += 1;
        }
        if self.last < area.right - area.top {
            self.last += 1;
            self.set(self.last + 1, outside);
        } else {
            self.last -= 1;
        }
    }

    fn reached(&self, diagonal: i32) -> bool {
        (self.first..=self.last).contains(&diagonal)
    }

    /// The reached diagonals, from the last to the first: the order in which git breaks ties.
    fn diagonals(&self) -> impl Iterator<Item = i32> + use<> {
        (self.first..=self.last).rev().step_by(2)
    }

    /// Replaces the furthest `x` on each of these, in this order, by what `step` makes of it and of those on the diagonals below
    /// and above. Returns the first diagonal after which `step` stops, and its `x`.
    fn step(&mut self, mut step: impl FnMut(i32, i32, i32) -> (i32, bool)) -> Option<(i32, i32)> {
        let start = (self.first - 1 + self.zero) as usize;
        let end = (self.last + 1 + self.zero) as usize;
        let mut above = self.furthest[end];
        let mut diagonal = self.last;
        for pair in self.furthest[start..end].rchunks_exact_mut(2) {
            let &mut [below, _] = pair else { break };
            let (x, stops) = step(diagonal, below, above);
            pair[1] = x;
            if stops {
                return Some((diagonal, x));
            }
            above = below;
            diagonal -= 2;
        }
        None
    }
}

impl Search {
    /// Calls `removed` and `added` with the index of each line that is not part of the common sequence found.
    pub(super) fn run(
        &mut self,
        old: &[u32],
        new: &[u32],
        mut removed: impl FnMut(usize),
        mut added: impl FnMut(usize),
    ) {
        let texts = Texts { old, new };
        let limit = self.start(texts);
        while let Some((area, effort)) = self.pending.pop() {
            let area = texts.shrunk(area);
            if area.left == area.right {
                (area.top..area.bottom).for_each(|y| added(y as usize));
            } else if area.top == area.bottom {
                (area.left..area.right).for_each(|x| removed(x as usize));
            } else {
                let cut = self.cut(texts, area, effort, limit);
                self.divide(area, &cut);
            }
        }
    }

    /// How many lines `run` reports as removed, and how many as added.
    ///
    /// Where both searches met, all edits of an area are known: its parts would be searched without shortcuts, and so with as
    /// few edits as possible.
    pub(super) fn count(&mut self, old: &[u32], new: &[u32]) -> (u64, u64) {
        let texts = Texts { old, new };
        let limit = self.start(texts);
        let mut edits = 0;
        while let Some((area, effort)) = self.pending.pop() {
            let area = texts.shrunk(area);
            let (width, height) = (area.right - area.left, area.bottom - area.top);
            if width == 0 || height == 0 {
                edits += u64::from((width + height).unsigned_abs());
                continue;
            }
            let cut = self.cut(texts, area, effort, limit);
            match cut.edits {
                Some(all) => edits += u64::from(all.unsigned_abs()),
                None => self.divide(area, &cut),
            }
        }
        let (old, new) = (old.len() as u64, new.len() as u64);
        let common = (old + new).saturating_sub(edits) / 2;
        (old - common, new - common)
    }

    /// Starts with the whole rectangle. Returns how many edits are too many.
    fn start(&mut self, texts: Texts<'_>) -> i32 {
        let (old, new) = (texts.old.len(), texts.new.len());
        let whole = Area {
            left: 0,
            right: old as i32,
            top: 0,
            bottom: new as i32,
        };
        self.forward.resize(old, new);
        self.backward.resize(old, new);
        self.pending.push((whole, Effort::Bounded));
        CHEAP.max(rough_square_root(old + new + 3) as i32)
    }

    fn divide(&mut self, area: Area, cut: &Cut) {
        let before = Area {
            right: cut.x,
            bottom: cut.y,
            ..area
        };
        let after = Area {
            left: cut.x,
            top: cut.y,
            ..area
        };
        self.pending.push((after, cut.after));
        self.pending.push((before, cut.before));
    }

    /// A point that the path through an area goes by.
    fn cut(&mut self, texts: Texts<'_>, area: Area, effort: Effort, limit: i32) -> Cut {
        self.forward.start(area.left - area.top, area.left);
        self.backward.start(area.right - area.bottom, area.right);
        let odd = (area.left - area.top - area.right + area.bottom) & 1 != 0;
        let mut edits = 0;
        loop {
            edits += 1;
            let mut long_run = false;
            self.forward.widen(area, -1);
            let met = match odd {
                true => self.advance::<true>(texts, area, &mut long_run),
                false => self.advance::<false>(texts, area, &mut long_run),
            };
            if let Some(cut) = met {
                return cut.after(edits * 2 - 1);
            }
            self.backward.widen(area, i32::MAX);
            let met = match odd {
                true => self.retreat::<false>(texts, area, &mut long_run),
                false => self.retreat::<true>(texts, area, &mut long_run),
            };
            if let Some(cut) = met {
                return cut.after(edits * 2);
            }
            if effort == Effort::Exhaustive {
                continue;
            }
            if long_run && edits > CHEAP {
                let found = self.run_ahead(texts, area, edits);
                if let Some(cut) = found.or_else(|| self.run_behind(texts, area, edits)) {
                    return cut;
                }
            }
            if edits >= limit {
                return self.furthest(area);
            }
        }
    }

    /// One more edit from the top left corner. Stops where the other search was met, if this one must notice.
    fn advance<const MEETS: bool>(
        &mut self,
        texts: Texts<'_>,
        area: Area,
        long_run: &mut bool,
    ) -> Option<Cut> {
        let (old, new) = (
            &texts.old[..area.right as usize],
            &texts.new[..area.bottom as usize],
        );
        let backward = &self.backward;
        let mut longest = 0;
        let met = self.forward.step(|diagonal, below, above| {
            let start = if below >= above { below + 1 } else { above };
            let run = run_down(old, new, start, start - diagonal);
            let x = start + run;
            longest = longest.max(run);
            (
                x,
                MEETS && backward.reached(diagonal) && backward.at(diagonal) <= x,
            )
        });
        *long_run |= longest > LONG_RUN;
        met.map(|(diagonal, x)| Cut::met(x, x - diagonal))
    }

    /// One more edit from the bottom right corner.
    fn retreat<const MEETS: bool>(
        &mut self,
        texts: Texts<'_>,
        area: Area,
        long_run: &mut bool,
    ) -> Option<Cut> {
        let (left, top) = (area.left, area.top);
        let (old, new) = (&texts.old[left as usize..], &texts.new[top as usize..]);
        let forward = &self.forward;
        let mut longest = 0;
        let met = self.backward.step(|diagonal, below, above| {
            let start = if below < above { below } else { above - 1 };
            let run = run_up(old, new, start - left, start - diagonal - top);
            let x = start - run;
            longest = longest.max(run);
            (x, MEETS && forward.reached(diagonal) && x <= forward.at(diagonal))
        });
        *long_run |= longest > LONG_RUN;
        met.map(|(diagonal, x)| Cut::met(x, x - diagonal))
    }

    /// The end of a long run that brought the forward search far.
    fn run_ahead(&self, texts: Texts<'_>, area: Area, edits: i32) -> Option<Cut> {
        let middle = area.left - area.top;
        let mut best = 0;
        let mut cut = None;
        for diagonal in self.forward.diagonals() {
            let x = self.forward.at(diagonal);
            let y = x - diagonal;
            let progress = (x - area.left) + (y - area.top) - (diagonal - middle).abs();
            let inside =
                area.left + LONG_RUN <= x && x < area.right && area.top + LONG_RUN <= y && y < area.bottom;
            if progress > GOOD_PACE * edits
                && progress > best
                && inside
                && (1..=LONG_RUN).all(|back| texts.same(x - back, y - back))
            {
                best = progress;
                cut = Some(Cut::guessed(x, y, Effort::Exhaustive, Effort::Bounded));
            }
        }
        cut
    }

    /// The start of a long run that brought the backward search far.
    fn run_behind(&self, texts: Texts<'_>, area: Area, edits: i32) -> Option<Cut> {
        let middle = area.right - area.bottom;
        let mut best = 0;
        let mut cut = None;
        for diagonal in self.backward.diagonals() {
            let x = self.backward.at(diagonal);
            let y = x - diagonal;
            let progress = (area.right - x) + (area.bottom - y) - (diagonal - middle).abs();
            let inside =
                area.left < x && x <= area.right - LONG_RUN && area.top < y && y <= area.bottom - LONG_RUN;
            if progress > GOOD_PACE * edits
                && progress > best
                && inside
                && (0..LONG_RUN).all(|on| texts.same(x + on, y + on))
            {
                best = progress;
                cut = Some(Cut::guessed(x, y, Effort::Bounded, Effort::Exhaustive));
            }
        }
        cut
    }

    /// The point furthest from its corner, of both searches.
    fn furthest(&self, area: Area) -> Cut {
        let (mut ahead, mut ahead_x) = (-1, -1);
        for diagonal in self.forward.diagonals() {
            let x = self
                .forward
                .at(diagonal)
                .min(area.right)
                .min(area.bottom + diagonal);
            let sum = x + x - diagonal;
            if ahead < sum {
                (ahead, ahead_x) = (sum, x);
            }
        }
        let (mut behind, mut behind_x) = (i32::MAX, i32::MAX);
        for diagonal in self.backward.diagonals() {
            let x = self.backward.at(diagonal).max(area.left).max(area.top + diagonal);
            let sum = x + x - diagonal;
            if sum < behind {
                (behind, behind_x) = (sum, x);
            }
        }
        if area.right + area.bottom - behind < ahead - (area.left + area.top) {
            Cut::guessed(ahead_x, ahead - ahead_x, Effort::Exhaustive, Effort::Bounded)
        } else {
            Cut::guessed(behind_x, behind - behind_x, Effort::Bounded, Effort::Exhaustive)
        }
    }
}

impl Cut {
    fn met(x: i32, y: i32) -> Self {
        Self::guessed(x, y, Effort::Exhaustive, Effort::Exhaustive)
    }

    fn after(self, edits: i32) -> Self {
        Self {
            edits: Some(edits),
            ..self
        }
    }

    fn guessed(x: i32, y: i32, before: Effort, after: Effort) -> Self {
        Self {
            x,
            y,
            before,
            after,
            edits: None,
        }
    }
}
