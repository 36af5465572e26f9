//! What can be typed. The doc comments are the help texts.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Checks, compiles, formats and tests call flows.
///
/// A path is a `.flow` file, a canvas (`.json`), a compiled program (`.fbc`) where one makes sense, or a folder with such
/// files and a `catalog.json`; `-` is standard input. Everything given is read together, as one phone system.
#[derive(Debug, Parser)]
#[command(name = "flowc", version, disable_help_subcommand = true, max_term_width = 100)]
pub struct Cli {
    /// Say only what was asked for.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// How findings are written.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// Treat warnings as errors.
    #[arg(long, global = true, value_name = "WHAT", value_parser = ["warnings"])]
    pub deny: Option<String>,
    #[command(subcommand)]
    pub command: Command,
}

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, with the place in the source.
    Human,
    /// One JSON document.
    Json,
    /// One SARIF 2.1.0 document, for code hosts.
    Sarif,
    /// Workflow commands, which GitHub shows at their lines.
    Github,
}

/// What can be done.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what is wrong with flows.
    Check {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// Do it again whenever a file changes, until Ctrl-C.
        #[arg(long)]
        watch: bool,
    },
    /// Compile flows to programs (`<flow>.fbc`).
    Build {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// A file for the program of a single flow (`-` is standard output), or a folder for the programs of all.
        #[arg(long, short, value_name = "PATH")]
        output: Option<PathBuf>,
    },
    /// Write text the canonical way. Standard input is answered on standard output.
    Fmt {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// Change nothing; name the files that would change.
        #[arg(long)]
        check: bool,
    },
    /// Turn text into canvases or canvases into text; nothing is lost.
    Convert {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// What to turn it into.
        #[arg(long, value_enum)]
        to: View,
        /// A folder to write to: `<flow>.json` and `catalog.json`, or `<flow>.flow`. Standard output if not given.
        #[arg(long, short, value_name = "DIR")]
        output: Option<PathBuf>,
    },
    /// List the bytecode of flows or of compiled programs.
    Disasm {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// List the blocks before emission instead.
        #[arg(long)]
        ir: bool,
    },
    /// Simulate one call, or replay the trace of a real one.
    Run {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// A step, as in a test: `at 2026-03-02 22:00`, `call "+61299998888"`, `press 1`, `phone 101 answers`. In order.
        #[arg(long = "do", value_name = "STEP", conflicts_with = "trace")]
        steps: Vec<String>,
        /// Play the caller and the phones yourself, where the steps say nothing: keys and answers are typed as the call goes.
        #[arg(long, conflicts_with = "trace")]
        live: bool,
        /// Replay this trace instead.
        #[arg(long, value_name = "FILE")]
        trace: Option<PathBuf>,
        /// Compare the replayed effects with these: a line for each, and the end on the last.
        #[arg(long, value_name = "FILE", requires = "trace")]
        effects: Option<PathBuf>,
        /// Write the trace of the simulated call here.
        #[arg(long, value_name = "FILE", conflicts_with = "trace")]
        save_trace: Option<PathBuf>,
    },
    /// Run the `test` blocks.
    Test {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// Only tests whose name has this in it.
        #[arg(long, value_name = "TEXT")]
        only: Option<String>,
        /// Say which nodes and exits no test comes to.
        #[arg(long)]
        coverage: bool,
        /// Do it again whenever a file changes, until Ctrl-C.
        #[arg(long)]
        watch: bool,
    },
    /// Say in sentences what calls would do differently: exit status 0 if nothing, 1 if something.
    ///
    /// Layout, labels, comments, order and the names of nodes don't count. `/dev/null` stands for nothing.
    Diff {
        /// The version before: a file or a folder.
        before: PathBuf,
        /// The version after: a file or a folder.
        after: PathBuf,
        /// As git's external diff driver: the arguments are what git gives one, and the exit status is 0.
        #[arg(long)]
        git: bool,
        /// What git gives besides (with `--git`).
        #[arg(hide = true, requires = "git", num_args = 0..=7)]
        more: Vec<PathBuf>,
    },
    /// Merge two versions of a file: as git's merge driver, `flowc merge %O %A %B -o %A --path %P`.
    ///
    /// Nodes, exits, fields, entities and tests are merged, not lines: there is a conflict only where both sides changed the
    /// same thing differently, and never because of where nodes stand. Exit status 1 if there is one.
    Merge {
        /// What both versions were made of.
        base: PathBuf,
        /// Our version.
        ours: PathBuf,
        /// Their version.
        theirs: PathBuf,
        /// Where the result goes; standard output if not given.
        #[arg(long, short, value_name = "FILE")]
        output: Option<PathBuf>,
        /// What the file is called, for messages.
        #[arg(long, value_name = "NAME")]
        path: Option<String>,
    },
    /// Draw flows.
    Graph {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// What to draw them as.
        #[arg(long, value_enum, default_value_t = Drawing::Svg)]
        to: Drawing,
        /// Only the flow with this key.
        #[arg(long, value_name = "KEY")]
        flow: Option<String>,
        /// A file for the picture of a single flow, or a folder for the pictures of all. Standard output if not given.
        #[arg(long, short, value_name = "PATH")]
        output: Option<PathBuf>,
    },
    /// Find every outcome of flows: how calls can end, with an example of each that `flowc test` runs.
    ///
    /// The program's every question gets every answer; callers who hang up and failures of the host aren't followed.
    Explore {
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// Only the flow with this key.
        #[arg(long, value_name = "KEY")]
        flow: Option<String>,
        /// Write only the examples, as `test` blocks.
        #[arg(long)]
        tests: bool,
    },
    /// Replay the trace of a call, and say where it parts from what was recorded.
    Replay {
        /// The trace.
        trace: PathBuf,
        /// Files and folders; the current folder if none are given.
        paths: Vec<PathBuf>,
        /// What the trace was recorded with, if that isn't what is replayed: a file, a folder or a compiled program.
        #[arg(long, value_name = "PATH")]
        recorded: Option<PathBuf>,
    },
    /// Begin a phone system in a new folder.
    New {
        /// The folder.
        folder: PathBuf,
    },
    /// Write the completions of a shell.
    Completions {
        /// The shell.
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Write the man page.
    Man,
    /// Say what a finding's code means and what to do.
    Explain {
        /// The code, e.g. `F203`; every code if none is given.
        code: Option<String>,
    },
}

/// A view of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum View {
    /// React Flow JSON.
    Json,
    /// `.flow` text.
    Text,
}

/// What a flow is drawn as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Drawing {
    /// A picture.
    Svg,
    /// A Mermaid flowchart.
    Mermaid,
    /// A graph for Graphviz.
    Dot,
}
