//! `flowc disasm`: the bytecode, or the blocks before it, as a listing that reads back.

use std::path::PathBuf;

use flow_compiler::compile::compile;
use flow_compiler::lower::lower;
use flow_vm::asm::disassemble;

use super::Failure;
use crate::input::Input;
use crate::render::Report;

pub fn run(paths: &[PathBuf], ir: bool, report: &Report<'_>) -> Result<bool, Failure> {
    let input = Input::load(paths, None)?;
    // Warnings aren't this command's result.
    if report.stops(&input.diagnostics()) {
        return report.findings(&input.found());
    }
    for (name, bytes) in &input.programs {
        let program = flow_vm::verify(bytes).map_err(|e| Failure(format!("{name}: {e}")))?;
        report.out.result(&disassemble(&program))?;
    }
    // A flow that only others call is in their programs.
    for (_, _, graph) in input.flows().filter(|(_, _, graph)| graph.is_entered()) {
        if ir {
            let Ok(ir) = lower(graph, &input.world) else { return Ok(false) };
            report.out.result(&ir.to_string())?;
        } else if let Some(program) = compile(graph, &input.world).program {
            report.out.result(&disassemble(&program))?;
        } else {
            return Ok(false);
        }
    }
    Ok(true)
}
