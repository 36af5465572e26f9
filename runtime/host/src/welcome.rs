//! What the server prints when it starts: where it is, who may register, what to dial.

use std::fmt::Write;
use std::net::SocketAddr;
use std::path::Path;

use flow_store::{Extension, IvrMenu, NewSecret, Reader};

/// Most rows of one kind that are listed.
const ROWS_MAX: usize = 12;

/// Where the server is.
#[derive(Clone, Copy, Debug)]
pub struct Places<'a> {
    /// The data folder.
    pub data_dir: &'a Path,
    /// Where phones reach it.
    pub sip: SocketAddr,
    /// Where the API is.
    pub http: SocketAddr,
}

/// The text. `secrets` are passwords that were made just now, and are shown this once.
///
/// # Errors
/// When the store can't be read.
pub fn text(reader: &Reader, places: Places<'_>, secrets: &[NewSecret]) -> flow_store::Result<String> {
    let mut out = String::new();
    // Writing to a String can't fail.
    let _ = writeln!(out, "FlowPBX {} is up. Data: {}", env!("CARGO_PKG_VERSION"), places.data_dir.display());
    let _ = writeln!(out, "  SIP   {} (UDP and TCP)", places.sip);
    let _ = writeln!(out, "  HTTP  http://{}/api/v1/health", places.http);
    phones(&mut out, reader, secrets, places.data_dir)?;
    numbers(&mut out, reader)?;
    let dir = places.data_dir.display();
    let _ = writeln!(out, "\nThen, in another terminal:");
    let _ = writeln!(out, "  flowpbx --data-dir {dir} cdrs             what happened");
    let _ = writeln!(out, "  flowpbx --data-dir {dir} trace ID         one call, step by step");
    let _ = writeln!(out, "  flowpbx --data-dir {dir} import DIR --publish   change the flows; calls go on");
    Ok(out)
}

fn phones(
    out: &mut String,
    reader: &Reader,
    secrets: &[NewSecret],
    data_dir: &Path,
) -> flow_store::Result<()> {
    let extensions = reader.all_entities::<Extension>()?;
    if extensions.is_empty() {
        let _ = writeln!(out, "\nThe office is empty. Fill it: flowpbx import DIR --publish");
        return Ok(());
    }
    let _ = writeln!(out, "\nPhones (register at the SIP address above):");
    for extension in extensions.iter().take(ROWS_MAX) {
        let made = secrets.iter().find(|s| s.extension == extension.key);
        let password = made.map_or("(shown when it was made)", |s| s.secret.reveal());
        let _ = writeln!(
            out,
            "  {:6} {:16} user {}  password {password}",
            extension.key, extension.label, extension.sip_username
        );
    }
    more(out, extensions.len());
    let hint =
        if secrets.is_empty() { "A new password:" } else { "Passwords are shown this once. A new one:" };
    let _ = writeln!(out, "  {hint} flowpbx --data-dir {} password EXTENSION", data_dir.display());
    Ok(())
}

fn numbers(out: &mut String, reader: &Reader) -> flow_store::Result<()> {
    let routes = reader.number_routes()?;
    if !routes.is_empty() {
        let _ = writeln!(out, "\nNumbers to dial, from a phone or the trunk:");
    }
    for route in routes.iter().take(ROWS_MAX) {
        let _ = writeln!(out, "  {} -> flow {}", route.number, route.flow);
    }
    more(out, routes.len());
    for menu in reader.all_entities::<IvrMenu>()?.iter().take(ROWS_MAX) {
        let keys: Vec<String> = menu.options.0.iter().map(|o| format!("{} {}", o.key, o.label)).collect();
        let name = if menu.label.is_empty() { &menu.key } else { &menu.label };
        let _ = writeln!(out, "  keys of {name}: {}", keys.join(", "));
    }
    Ok(())
}

fn more(out: &mut String, count: usize) {
    if count > ROWS_MAX {
        let _ = writeln!(out, "  … and {} more", count - ROWS_MAX);
    }
}
