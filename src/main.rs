//! `git leverage`: the process. What it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    git_leverage::main()
}
