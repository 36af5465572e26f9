//! flowc: checks, compiles, formats and tests call flows.
//!
//! Exit status: 0 nothing wrong, 1 errors (with `--deny warnings` also warnings), 2 wrong use or files that can't be read.

mod cli;
mod commands;
mod input;
mod output;
mod render;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::{Cli, Command};
use crate::commands::Failure;
use crate::output::Output;

/// A graph is many small pieces: with this, a large one is checked in half the time.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Wrong use ends here, with status 2.
    let cli = Cli::parse();
    match dispatch(&cli) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(failure) => {
            output::complain(&failure.0);
            ExitCode::from(2)
        }
    }
}

/// Whether nothing was wrong.
fn dispatch(cli: &Cli) -> Result<bool, Failure> {
    let out = Output::new(cli.quiet);
    let report = render::Report::new(&out, cli.format, cli.deny.is_some());
    match &cli.command {
        Command::Check { paths, watch } => {
            again(paths, *watch, &report, &|| commands::check::run(paths, &report))
        }
        Command::Build { paths, output } => commands::build::run(paths, output.as_deref(), &report),
        Command::Fmt { paths, check } => commands::fmt::run(paths, *check, &report),
        Command::Convert { paths, to, output } => {
            commands::convert::run(paths, *to, output.as_deref(), &report)
        }
        Command::Disasm { paths, ir } => commands::disasm::run(paths, *ir, &report),
        Command::Run { paths, steps, live, trace, effects, save_trace } => match trace {
            Some(trace) => commands::replay::run(paths, trace, effects.as_deref(), &report),
            None => commands::run::run(paths, steps, *live, save_trace.as_deref(), &report),
        },
        Command::Test { paths, only, coverage, watch } => {
            let run = || commands::test::run(paths, only.as_deref(), *coverage, &report);
            again(paths, *watch, &report, &run)
        }
        Command::Diff { before, after, git: false, .. } => commands::diff::run(before, after, &report),
        Command::Diff { before, after, git: true, more } => {
            commands::diff::for_git(before, after, more, &report)
        }
        Command::Merge { base, ours, theirs, output, path } => {
            let (output, name) = (output.as_deref(), path.as_deref());
            commands::merge::run(&commands::merge::Versions { base, ours, theirs, output, name }, &report)
        }
        Command::Graph { paths, to, flow, output } => {
            commands::graph::run(paths, *to, flow.as_deref(), output.as_deref(), &report)
        }
        Command::Explore { paths, flow, tests } => {
            commands::explore::run(paths, flow.as_deref(), *tests, &report)
        }
        Command::Replay { trace, paths, recorded } => {
            commands::replay::compare(paths, trace, recorded.as_deref(), &report)
        }
        Command::New { folder } => commands::new::run(folder, &report),
        Command::Completions { shell } => commands::manual::completions(*shell, &report),
        Command::Man => commands::manual::man(&report),
        Command::Explain { code } => commands::explain::run(code.as_deref(), &report),
    }
}

/// Runs a command, with `--watch` until Ctrl-C.
fn again(
    paths: &[PathBuf],
    watch: bool,
    report: &render::Report<'_>,
    run: &dyn Fn() -> Result<bool, Failure>,
) -> Result<bool, Failure> {
    if watch { commands::watch::run(paths, report, run) } else { run() }
}
