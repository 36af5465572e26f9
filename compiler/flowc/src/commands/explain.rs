//! `flowc explain`: the manual's paragraph of a code.

use flow_compiler::diag::Code;

use super::Failure;
use crate::render::Report;

pub fn run(code: Option<&str>, report: &Report<'_>) -> Result<bool, Failure> {
    match code {
        None => {
            let line = |c: &Code| format!("{c}  {:7}  {}\n", c.severity().to_string(), c.title());
            report.out.result(&Code::ALL.iter().map(line).collect::<String>())?;
        }
        Some(name) => {
            let known = Code::ALL.iter().find(|c| c.as_str().eq_ignore_ascii_case(name));
            let code = known
                .ok_or_else(|| Failure(format!("there is no code {name}; `flowc explain` lists all")))?;
            let text = code.explanation().lines().map(str::trim).collect::<Vec<_>>().join("\n");
            report.out.result(&format!(
                "{code}: {} ({})\n\n{}\n",
                code.title(),
                code.severity(),
                text.trim()
            ))?;
        }
    }
    Ok(true)
}
