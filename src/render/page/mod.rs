//! The parts of every HTML page: frame, assets, key, tiles, tables.
//!
//! [`Page::render`] alone turns markup into bytes, and so is the one door for text from repositories: maud escapes what HTML takes
//! for markup, and the door writes out what a reader could not see. Pages are whole without their script, and fetch nothing.

mod assets;
mod frame;
mod grid;
mod key;
mod prose;
mod tiles;

pub use assets::{ICON, POLICY_OF_SITE, SCRIPT, STYLE};
pub use frame::{Page, Place, Site, visible_page};
pub use grid::{Grid, Head, Td};
pub use key::{Mark, key, mark, named};
pub use prose::prose;
pub use tiles::{number, tile, tiles};
