//! `flowc completions` and `flowc man`: what shells and `man` want to know, made from the help texts.

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::Failure;
use crate::cli::Cli;
use crate::render::Report;

/// The completions of a shell.
pub fn completions(shell: Shell, report: &Report<'_>) -> Result<bool, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "flowc", &mut script);
    report.out.bytes(&script)?;
    Ok(true)
}

/// The man page: `flowc` and then every command.
pub fn man(report: &Report<'_>) -> Result<bool, Failure> {
    let mut page = Vec::new();
    let mut all = Cli::command();
    all.build();
    clap_mangen::Man::new(all.clone()).render(&mut page)?;
    for command in all.get_subcommands() {
        let name = format!("flowc {}", command.get_name());
        let man = clap_mangen::Man::new(command.clone().bin_name(name));
        man.render_synopsis_section(&mut page)?;
        man.render_description_section(&mut page)?;
        man.render_options_section(&mut page)?;
    }
    report.out.bytes(&page)?;
    Ok(true)
}
