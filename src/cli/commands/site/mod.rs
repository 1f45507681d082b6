//! `site DIR [ROOT…]`: the record as web pages, with charts, that open from a directory and from any static host.

mod args;
mod build;
mod marker;
mod notes;
mod serve;
mod watch;
mod write;

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::outcome::Outcome;
use crate::cli::output::reason;
use crate::render::escape::visible;
pub use args::Args;
use build::{Built, build};
use serve::{Server, Shown};

/// Writes the site, and shows it if asked to.
pub fn run(args: &Args, context: &mut Context) -> Result<Outcome, CommandError> {
    let folder = context.environment.directory.join(&args.folder);
    write::check(&folder)?;
    let server = args.serve.map(bind).transpose()?;
    let mut built = build(args, &folder, context)?;
    say(args, &built, context)?;
    let Some(server) = server else {
        return Ok(built.outcome);
    };
    let address = server.address()?;
    let folder = folder.canonicalize()?;
    let shown = Shown::new(folder.clone(), std::mem::take(&mut built.written.files));
    server.start(shown.clone());
    context.terminal.line(&format!(
        "Serving `{}` at http://{address}/; press Ctrl-C to stop",
        visible(&args.folder.to_string_lossy())
    ))?;
    context.terminal.flush()?;
    loop {
        built.watch.wait(built.state);
        // What changes during a build that fails is a reason for another one.
        let before = built.watch.state();
        context.environment.look_at_clock();
        match build(args, &folder, context) {
            Ok(again) => {
                built = again;
                say(args, &built, context)?;
                context.terminal.flush()?;
                shown.replace(std::mem::take(&mut built.written.files));
            }
            Err(error) => {
                // What was built before is still shown, until something changes again.
                context.terminal.error(&error);
                built.state = before;
            }
        }
    }
}

fn bind(port: u16) -> Result<Server, CommandError> {
    Server::bind(port).map_err(|error| {
        let why = match error.kind() {
            std::io::ErrorKind::AddrInUse => "it is in use".to_owned(),
            _ => reason(&error),
        };
        CommandError::failed(format!("cannot listen on port {port}: {why}"))
            .hint("`--serve` without a port takes any that is free")
    })
}

/// Prints what was written, and the warnings.
fn say(args: &Args, built: &Built, context: &mut Context) -> Result<(), CommandError> {
    let folder = args.folder.to_string_lossy();
    let line = built.written.in_words(&visible(&folder));
    context.terminal.line(&line)?;
    context.terminal.warnings(&built.warnings)?;
    for unfetched in &built.unfetched {
        context.terminal.status(unfetched)?;
    }
    Ok(())
}
