//! The marks that tell how a number came to be, and their key.

use maud::{Markup, html};

use crate::render::document::Basis;

/// How a number came to be. Hollow is said, solid was read; a circle is an amount, a diamond a ratio.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mark {
    /// Somebody states it.
    Claimed,
    /// Read from git or from an agent's log.
    Measured,
    /// A ratio of claims.
    Derived,
    /// A ratio with measured minutes.
    DerivedMeasured,
    /// Inferred by a rule.
    Estimated,
}

impl Mark {
    /// The class of its shape and color.
    pub fn class(self) -> &'static str {
        match self {
            Self::Claimed => "claimed",
            Self::Measured => "measured",
            Self::Derived | Self::DerivedMeasured => "derived",
            Self::Estimated => "estimated",
        }
    }

    /// Its basis.
    pub fn word(self) -> &'static str {
        match self {
            Self::DerivedMeasured => Self::Derived.word(),
            _ => self.class(),
        }
    }
}

impl From<Basis> for Mark {
    fn from(basis: Basis) -> Self {
        match basis {
            Basis::Claimed => Self::Claimed,
            Basis::Measured => Self::Measured,
            Basis::Derived => Self::Derived,
            Basis::Estimated => Self::Estimated,
        }
    }
}

/// The mark in front of a word or a number. The words nearby say the same, so readers of screens do not hear it.
pub fn mark(mark: Mark) -> Markup {
    let solid = if mark == Mark::DerivedMeasured {
        " solid"
    } else {
        ""
    };
    html! { span class={ "m " (mark.class()) (solid) } aria-hidden="true" {} }
}

/// A name, or a word in its place if there is nothing to see of it.
pub fn named(name: &str) -> &str {
    if name.trim().is_empty() { "(blank)" } else { name }
}

/// All marks with their meaning.
pub fn key() -> Markup {
    let marks = [
        (Mark::Claimed, "claimed by a person"),
        (Mark::Measured, "measured in git or an agent’s log"),
        (Mark::Derived, "factor of claims"),
        (Mark::DerivedMeasured, "factor over measured minutes"),
        (Mark::Estimated, "estimated by a rule"),
    ];
    html! {
        ul.code-key {
            @for (kind, meaning) in marks { li { (mark(kind)) (meaning) } }
            li { span.u { "–" } " unknown" }
        }
    }
}
