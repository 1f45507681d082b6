//! What the disk says about the paths in logs, remembered: a later run asks the same and sees whether anything changed.
//!
//! Everything that decides which directory belongs to which repository, apart from the repositories themselves, is asked here.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::git::Repo;
use crate::git::stamp::WayUp;

/// What is asked about a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
enum Question {
    /// Whether it is a link, and to what.
    Link,
    /// What is there, behind all links.
    Kind,
    /// Its path without links.
    Real,
    /// What git meets that looks for a repository from there on upwards.
    WayUp,
}

/// What the disk says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Answer {
    /// There is nothing.
    Nothing,
    /// Something: for [`Question::Link`] no link that leads anywhere, for [`Question::Kind`] no directory.
    Something,
    /// A directory.
    Folder,
    /// This path.
    Path(PathBuf),
    /// This sum.
    Sum([u8; 32]),
}

/// One path, whether it is a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// There is nothing.
    Absent,
    /// It is none, or leads nowhere.
    None,
    /// It leads to this path.
    To(PathBuf),
}

/// The disk, with its answers so far.
#[derive(Debug, Default)]
pub struct Disk {
    answers: RefCell<HashMap<(Question, PathBuf), Answer>>,
    /// The repository around each directory that was searched from.
    around: RefCell<HashMap<PathBuf, Option<PathBuf>>>,
    /// Whether something was found out that asking again would not tell.
    is_unsure: Cell<bool>,
}

/// Questions with their answers, to be asked again.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Testimony(Vec<(Question, PathBuf, Answer)>);

impl Testimony {
    /// Whether the disk still says the same.
    pub fn holds(&self) -> bool {
        let mut asked = self.0.iter();
        asked.all(|(question, path, answer)| ask(*question, path).as_ref() == Some(answer))
    }
}

impl Disk {
    /// Everything that was asked; `None` if that does not tell all.
    pub fn testimony(&self) -> Option<Testimony> {
        if self.is_unsure.get() {
            return None;
        }
        let answers = self.answers.borrow();
        let mut all: Vec<(Question, PathBuf, Answer)> = answers
            .iter()
            .map(|((question, path), answer)| (*question, path.clone(), answer.clone()))
            .collect();
        // Neighbors are looked up fastest one after the other.
        all.sort_unstable_by(|(one, a, _), (other, b, _)| (a, one).cmp(&(b, other)));
        Some(Testimony(all))
    }

    /// Whether a path is a link.
    pub(super) fn link(&self, path: &Path) -> Link {
        match self.ask(Question::Link, path) {
            Some(Answer::Nothing) => Link::Absent,
            Some(Answer::Path(real)) => Link::To(real),
            _ => Link::None,
        }
    }

    /// Whether something is at a path.
    pub(super) fn exists(&self, path: &Path) -> bool {
        self.ask(Question::Kind, path) != Some(Answer::Nothing)
    }

    /// Whether a directory is at a path.
    pub(super) fn is_folder(&self, path: &Path) -> bool {
        self.ask(Question::Kind, path) == Some(Answer::Folder)
    }

    /// Notes where a path leads, which somebody else found out.
    pub(super) fn note_real(&self, path: &Path) {
        self.ask(Question::Real, path);
    }

    /// The main directory of the repository that contains a directory.
    pub(super) fn around(&self, folder: &Path) -> Option<PathBuf> {
        if let Some(known) = self.around.borrow().get(folder) {
            return known.clone();
        }
        let way = WayUp::from(folder);
        let found = Repo::discover(folder).ok();
        let place = found.as_ref().and_then(|repo| repo.place().canonicalize().ok());
        match way {
            // Git finds it where it was met.
            Some(way) if way.end == place => {
                let asked = (Question::WayUp, folder.to_owned());
                self.answers.borrow_mut().insert(asked, Answer::Sum(way.sum));
            }
            _ => self.is_unsure.set(true),
        }
        let found = found.map(|repo| repo.main_folder());
        self.around.borrow_mut().insert(folder.to_owned(), found.clone());
        found
    }

    fn ask(&self, question: Question, path: &Path) -> Option<Answer> {
        let asked = (question, path.to_owned());
        if let Some(known) = self.answers.borrow().get(&asked) {
            return Some(known.clone());
        }
        let answer = ask(question, path);
        match &answer {
            Some(answer) => drop(self.answers.borrow_mut().insert(asked, answer.clone())),
            None => self.is_unsure.set(true),
        }
        answer
    }
}

fn ask(question: Question, path: &Path) -> Option<Answer> {
    Some(match question {
        Question::Link => match std::fs::read_link(path) {
            Ok(_) => path.canonicalize().map_or(Answer::Something, Answer::Path),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                Answer::Nothing
            }
            Err(_) => Answer::Something,
        },
        Question::Kind => match path.metadata() {
            Ok(found) if found.is_dir() => Answer::Folder,
            Ok(_) => Answer::Something,
            Err(_) => Answer::Nothing,
        },
        Question::Real => path.canonicalize().map_or(Answer::Nothing, Answer::Path),
        Question::WayUp => Answer::Sum(WayUp::from(path)?.sum),
    })
}
