//! The worker side: this program, started to read one repository after the other and to answer for each.

use std::io::{self, Read, Write};
use std::num::NonZero;

use rayon::ThreadPool;

use super::super::one::Order;
use super::answer::Answer;
use super::confine::Confined;
use super::frame;
use super::request::{Asked, Request};
use crate::sources::inventory::Siblings;
use crate::sources::store::recording;

/// The maximum length of a request: one path, and its options.
const LONGEST: u64 = 1 << 20;

/// The configuration of this process.
#[derive(Debug)]
pub struct Task {
    request: Request,
    confined: Confined,
    /// The threads used for the last repository, reused if the next one needs as many.
    pool: Option<ThreadPool>,
    siblings: Siblings,
}

impl Task {
    /// Reads the options for all repositories, and gives up unneeded privileges.
    pub fn new(request: &str) -> io::Result<Self> {
        let request: Request = serde_json::from_str(request)?;
        let confined = Confined::new()?;
        recording::begin();
        Ok(Self {
            request,
            confined,
            pool: None,
            siblings: Siblings::default(),
        })
    }

    /// Settings of git config, such as which replacements to use.
    pub fn overrides(&self) -> &[(String, String)] {
        self.request.overrides()
    }

    /// Reads each repository that `input` requests, within its limits, and writes the results, until the input ends.
    pub fn run(mut self, mut input: impl Read, mut output: impl Write) -> io::Result<()> {
        while let Some(asked) = frame::read(&mut input, LONGEST)? {
            let asked: Asked = postcard::from_bytes(&asked).map_err(io::Error::other)?;
            self.confined.begin(&asked.limits)?;
            let answer = self.answer(&asked)?.encode().map_err(io::Error::other)?;
            frame::write(&mut output, &answer)?;
        }
        Ok(())
    }

    fn answer(&mut self, asked: &Asked) -> io::Result<Answer> {
        let pool = match self.pool.take() {
            Some(pool) if pool.current_num_threads() == asked.threads.get() => pool,
            _ => threads(asked.threads)?,
        };
        let read = |order: &Order<'_>| order.read_here(&asked.path);
        let found = pool.install(|| self.request.with_order(asked.threads, &self.siblings, read));
        self.pool = Some(pool);
        Ok(Answer {
            found,
            recorded: recording::take(),
            is_spent: self.confined.is_spent(&asked.limits),
        })
    }
}

fn threads(threads: NonZero<usize>) -> io::Result<ThreadPool> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads.get());
    pool.build().map_err(io::Error::other)
}
