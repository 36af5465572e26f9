//! `flowpbx`: the server, and the commands that talk to it.

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;
use flowpbx::cli::{Cli, Command, ImportArgs};
use flowpbx::client::Client;
use flowpbx::config::DataArgs;
use flowpbx::{folder, serve, setup};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = match EnvFilter::builder().parse(&cli.data.log_level) {
        Ok(filter) => filter,
        Err(e) => return wrong_use(&format!("--log-level {}: {e}", cli.data.log_level)),
    };
    let colour = std::io::stderr().is_terminal();
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(colour).with_writer(std::io::stderr).init();
    match cli.command {
        None | Some(Command::Serve) => {
            if let Err(why) = cli.settings.check() {
                return wrong_use(&why);
            }
            finish(serve::run(&cli.data, &cli.settings, print).map(|()| String::new()))
        }
        Some(Command::Import(args)) => finish(import(&cli.data, &args)),
        Some(Command::Publish { flow }) => finish(ask(&cli.data, |c| c.publish(&flow))),
        Some(Command::Password { extension }) => finish(ask(&cli.data, |c| c.password(&extension))),
        Some(Command::Calls) => finish(ask(&cli.data, Client::calls)),
        Some(Command::Cdrs { limit }) => finish(ask(&cli.data, |c| c.cdrs(limit))),
        Some(Command::Trace { call }) => finish(ask(&cli.data, |c| c.trace(&call))),
        Some(Command::Status) => finish(ask(&cli.data, Client::status)),
    }
}

fn import(data: &DataArgs, args: &ImportArgs) -> Result<String, String> {
    if args.offline {
        let mut store = setup::open(&data.data_dir).map_err(|e| e.to_string())?;
        return setup::import(&mut store, &args.dir, args.publish).map(|r| r.1).map_err(|e| e.to_string());
    }
    let files = folder::read(&args.dir)?;
    ask(data, |client| client.import(&files, args.publish))
}

fn ask(
    data: &DataArgs,
    question: impl FnOnce(&Client) -> flowpbx::client::Printed,
) -> Result<String, String> {
    let client = Client::find(&data.data_dir, data.http.as_deref());
    client.and_then(|c| question(&c)).map_err(|e| e.to_string())
}

/// Prints and says how it went: 0 done, 1 refused or failed.
fn finish(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(text) => {
            print(&text);
            ExitCode::SUCCESS
        }
        Err(why) => {
            complain(&why);
            ExitCode::from(1)
        }
    }
}

/// Exit status 2, as clap has it.
fn wrong_use(why: &str) -> ExitCode {
    complain(why);
    ExitCode::from(2)
}

/// Prints to people. A reader that has gone (`| head`) is no error.
fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(why: &str) {
    let _ = writeln!(std::io::stderr().lock(), "flowpbx: {why}");
}
