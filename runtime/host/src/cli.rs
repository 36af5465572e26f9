//! The command line. `flowpbx` alone serves; the other commands talk to the running server through its API.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::config::{DataArgs, Settings};

/// A phone system for offices. Call flows are drawn or written, compiled, verified, and published under way.
#[derive(Parser, Clone, Debug)]
#[command(name = "flowpbx", version)]
pub struct Cli {
    /// Where the data is, and what is logged.
    #[command(flatten)]
    pub data: DataArgs,

    /// Settings of the server.
    #[command(flatten)]
    pub settings: Settings,

    /// What to do; serve if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Subcommand, Clone, Debug)]
pub enum Command {
    /// Run the server (what `flowpbx` alone does)
    Serve,
    /// Take a folder of flows, entities and prompts into the office
    Import(ImportArgs),
    /// Make the draft of a flow live
    Publish {
        /// Key of the flow
        flow: String,
    },
    /// Make a new SIP password for an extension; the old one stops working
    Password {
        /// Number of the extension
        extension: String,
    },
    /// Show the calls that are up
    Calls,
    /// Show call records, newest first
    Cdrs {
        /// How many
        #[arg(long, default_value_t = 20, value_name = "N")]
        limit: u32,
    },
    /// Print the trace of a call, to be replayed with `flowc run --trace`
    Trace {
        /// Id of its record, or name of the call
        call: String,
    },
    /// Show how the server is
    Status,
}

/// Arguments of an import.
#[derive(Args, Clone, Debug)]
pub struct ImportArgs {
    /// The folder
    pub dir: PathBuf,
    /// Publish its flows, too
    #[arg(long)]
    pub publish: bool,
    /// Write the data folder directly; only while no server runs on it
    #[arg(long)]
    pub offline: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_word_and_takes_flags_either_way() {
        let plain = Cli::try_parse_from(["flowpbx", "--data-dir", "d", "--sip-port", "5070"]).unwrap();
        assert!(plain.command.is_none());
        assert_eq!((plain.data.data_dir, plain.settings.sip_port), (PathBuf::from("d"), 5070));
        let named =
            Cli::try_parse_from(["flowpbx", "serve", "--sip-port", "5071", "--data-dir", "d"]).unwrap();
        assert!(matches!(named.command, Some(Command::Serve)));
        assert_eq!((named.data.data_dir, named.settings.sip_port), (PathBuf::from("d"), 5071));
        let tool = ["flowpbx", "--data-dir", "d", "--http", "8099", "trace", "7"];
        assert_eq!(Cli::try_parse_from(tool).unwrap().data.http.as_deref(), Some("8099"));
        assert!(Cli::try_parse_from(["flowpbx", "import"]).is_err());
        let import = Cli::try_parse_from(["flowpbx", "import", "x", "--publish", "--data-dir", "e"]).unwrap();
        assert_eq!(import.data.data_dir, PathBuf::from("e"));
    }
}
