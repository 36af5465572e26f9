//! The only module that writes to the terminal. Results go to standard output, remarks to standard error.

use std::io::{self, IsTerminal, Write};

/// Where a command's results go.
#[derive(Debug)]
pub struct Output {
    color: bool,
    quiet: bool,
    terminal: bool,
}

impl Output {
    /// Colour only on a terminal, and never where `NO_COLOR` is set.
    pub fn new(quiet: bool) -> Output {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        let terminal = io::stdout().is_terminal();
        Output { color: wanted && terminal, quiet, terminal }
    }

    /// Whether results may be coloured.
    pub const fn color(&self) -> bool {
        self.color
    }

    /// Writes a result. Somebody who closes the pipe early has seen enough; that's no error.
    pub fn result(&self, text: &str) -> io::Result<()> {
        whole(io::stdout().lock(), text.as_bytes())
    }

    /// Writes a result that isn't text.
    pub fn bytes(&self, bytes: &[u8]) -> io::Result<()> {
        whole(io::stdout().lock(), bytes)
    }

    /// Empties the terminal, if it is one, for results that take the place of older ones.
    pub fn clear(&self) -> io::Result<()> {
        if self.terminal { self.result("\x1b[2J\x1b[H") } else { Ok(()) }
    }

    /// Says how it went; not with `--quiet`.
    pub fn remark(&self, text: &str) -> io::Result<()> {
        if self.quiet { Ok(()) } else { whole(io::stderr().lock(), format!("{text}\n").as_bytes()) }
    }
}

/// Says why the command couldn't do its work.
pub fn complain(text: &str) {
    // Where standard error is closed there is nobody left to tell.
    let _ = whole(io::stderr().lock(), format!("flowc: {text}\n").as_bytes());
}

fn whole(mut to: impl Write, bytes: &[u8]) -> io::Result<()> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}
