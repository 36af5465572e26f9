//! Tells Zed how to start `flow-lsp`.

use zed_extension_api::settings::LspSettings;
use zed_extension_api::{Command, Extension, LanguageServerId, Result, Worktree, register_extension};

/// What to start, if the settings name nothing else.
const SERVER: &str = "flow-lsp";

struct Flow;

impl Extension for Flow {
    fn new() -> Flow {
        Flow
    }

    /// The program named in Zed's settings (`lsp.flow-lsp.binary`), else the one in PATH.
    fn language_server_command(&mut self, server: &LanguageServerId, worktree: &Worktree) -> Result<Command> {
        let binary = LspSettings::for_worktree(server.as_ref(), worktree)?.binary;
        let (path, arguments) = binary.map_or((None, None), |binary| (binary.path, binary.arguments));
        let command = path.or_else(|| worktree.which(SERVER)).ok_or_else(|| {
            format!(
                "There is no `{SERVER}` in PATH, so Zed can't check flows. Put it there, or write where it is into \
                 Zed's settings: \"lsp\": {{ \"{SERVER}\": {{ \"binary\": {{ \"path\": \"…\" }} }} }}"
            )
        })?;
        Ok(Command { command, args: arguments.unwrap_or_default(), env: worktree.shell_env() })
    }
}

register_extension!(Flow);
