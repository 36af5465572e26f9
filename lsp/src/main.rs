//! `flow-lsp`: the language server on standard input and output.

use std::process::ExitCode;

use lsp_server::Connection;

/// A graph is many small pieces, made anew at each key.
#[global_allocator]
static HEAP: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Editors add `--stdio`; it's the only way there is.
    let wrong = std::env::args().skip(1).find(|a| a != "--stdio");
    match wrong.as_deref() {
        Some("--version" | "-V") => return said(&format!("flow-lsp {}\n", env!("CARGO_PKG_VERSION")), 0),
        Some("--help" | "-h") => return said(HELP, 0),
        Some(_) => return said(HELP, 2),
        None => {}
    }
    let (connection, threads) = Connection::stdio();
    let served = flow_lsp::server::serve(&connection);
    drop(connection);
    // A writer whose editor is gone has nothing left to say.
    let _ = threads.join();
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

const HELP: &str = "flow-lsp: the language server of FlowPBX call flows (.flow), for editors. It talks the Language Server\n\
                    Protocol on standard input and output; docs/editors.md says how editors start it.\n";

fn said(text: &str, code: u8) -> ExitCode {
    use std::io::Write as _;
    // Nobody reads it: nothing to do about that.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(code)
}
