//! What can be done from a text: cures, notes, tests and calls.

use std::path::Path;

use flow_compiler::diag::{Diagnostic, Place};
use flow_compiler::edit::folder::{Found, Office};
use flow_compiler::edit::lenses::{Lens, Run};
use flow_compiler::edit::{actions, hints, lenses};
use flow_compiler::sim::{self, Script, Verdict};
use flow_compiler::{Source, compile, read_text};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, CodeActionResponse, CodeLens,
    CodeLensParams, Command, ExecuteCommandParams, InlayHint, InlayHintLabel, InlayHintParams,
    InlayHintTooltip, Uri,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::desk::{Desk, Shelf, View};
use crate::position::Lines;
use crate::requests::Refusal;
use crate::{ask, convert};

/// Runs a test.
pub const RUN_TEST: &str = "flow.runTest";
/// Makes a call.
pub const SIMULATE: &str = "flow.simulate";

/// `textDocument/codeAction`
pub fn code_actions(
    desk: &mut Desk,
    params: CodeActionParams,
) -> Result<Option<CodeActionResponse>, Refusal> {
    let wanted = |kind: &CodeActionKind| {
        let only = params.context.only.as_deref();
        only.is_none_or(|only| only.iter().any(|o| kind.as_str().starts_with(o.as_str())))
    };
    Ok(desk.view(&params.text_document.uri, |view, shelf, folder| {
        let lines = Lines::of(view.text);
        let range = lines.bytes(view.text, params.range);
        let mut found: CodeActionResponse = Vec::new();
        if wanted(&CodeActionKind::QUICKFIX) {
            let cures = actions::actions(view.office, view.name, &range).into_iter();
            found.extend(cures.map(|action| {
                let cured = cured(view, shelf, folder, action.cures, &lines);
                CodeActionOrCommand::CodeAction(CodeAction {
                    title: action.title.to_owned(),
                    kind: Some(CodeActionKind::QUICKFIX),
                    diagnostics: cured.map(|d| vec![d]),
                    edit: Some(ask::workspace_edit(shelf, folder, action.edits)),
                    is_preferred: Some(true),
                    ..CodeAction::default()
                })
            }));
        }
        let all = actions::all(view.office, view.name);
        if !all.is_empty() && wanted(&CodeActionKind::SOURCE_FIX_ALL) {
            found.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: "Make all safe fixes in this file".to_owned(),
                kind: Some(CodeActionKind::SOURCE_FIX_ALL),
                edit: Some(ask::workspace_edit(shelf, folder, all)),
                ..CodeAction::default()
            }));
        }
        found
    }))
}

fn cured(
    view: View<'_>,
    shelf: &Shelf,
    folder: &Path,
    cured: &Diagnostic,
    lines: &Lines,
) -> Option<lsp_types::Diagnostic> {
    let (unit, _) = view.office.file(view.name)?;
    let (_, range) = view.office.locate(unit, cured.place()?)?;
    let found = Found { unit, diagnostic: cured };
    Some(convert::finding(view.office, found, shelf, folder, (view.text, lines, range)))
}

/// `textDocument/inlayHint`
pub fn hints(desk: &mut Desk, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>, Refusal> {
    Ok(desk
        .view(&params.text_document.uri, |view, _, _| {
            let lines = Lines::of(view.text);
            let range = lines.bytes(view.text, params.range);
            let hints = hints::in_file(view.office, view.file?).into_iter();
            let shown = hints.filter(|h| range.contains(&h.at) || range.end == h.at).map(|hint| InlayHint {
                position: lines.position(view.text, hint.at),
                label: InlayHintLabel::String(hint.label),
                kind: None,
                text_edits: None,
                tooltip: Some(InlayHintTooltip::String(hint.detail)),
                padding_left: Some(true),
                padding_right: None,
                data: None,
            });
            Some(shown.collect())
        })
        .flatten())
}

/// `textDocument/codeLens`
pub fn lenses(desk: &mut Desk, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>, Refusal> {
    let uri = params.text_document.uri;
    Ok(desk
        .view(&uri, |view, _, _| {
            let lines = Lines::of(view.text);
            let lens = |Lens { at, title, run }| {
                let (command, argument) = match run {
                    Run::Test(name) => (RUN_TEST, json!({ "uri": uri, "test": name })),
                    Run::Call(number) => (SIMULATE, json!({ "uri": uri, "number": number })),
                };
                CodeLens {
                    range: lines.range(view.text, &at),
                    command: Some(Command {
                        title,
                        command: command.to_owned(),
                        arguments: Some(vec![argument]),
                    }),
                    data: None,
                }
            };
            Some(lenses::lenses(view.office, view.file?).into_iter().map(lens).collect())
        })
        .flatten())
}

/// What a command is given: a document of the folder, and what to run.
#[derive(Debug, Deserialize)]
struct Argument {
    uri: Uri,
    /// A test by its name; all of the folder, if none is named.
    #[serde(default)]
    test: Option<String>,
    /// The number to call.
    #[serde(default)]
    number: Option<String>,
    /// Further steps of the call, as in a test.
    #[serde(default)]
    steps: Vec<String>,
}

/// `workspace/executeCommand`
pub fn command(desk: &mut Desk, params: ExecuteCommandParams) -> Result<Option<Value>, Refusal> {
    let argument = params.arguments.into_iter().next().unwrap_or_default();
    let argument: Argument = serde_json::from_value(argument)
        .map_err(|error| Refusal::failed(format!("the command's argument can't be read: {error}")))?;
    let uri = argument.uri.clone();
    let done = desk.view(&uri, |view, shelf, folder| match params.command.as_str() {
        RUN_TEST => Ok(run_tests(view.office, shelf, folder, argument.test.as_deref())),
        SIMULATE => simulate(view.office, &argument),
        other => Err(format!("there is no command `{other}`")),
    });
    match done {
        Some(Ok(value)) => Ok(Some(value)),
        Some(Err(why)) => Err(Refusal::failed(why)),
        None => Err(Refusal::failed("this document isn't a flow that is open")),
    }
}

fn run_tests(office: &Office, shelf: &Shelf, folder: &Path, only: Option<&str>) -> Value {
    let project = &office.text.project;
    let place = |place: &Place| {
        let (name, range) = office.locate(&office.text, place)?;
        convert::location(shelf, folder, name, &range)
    };
    let tests = project.tests.values().filter(|t| only.is_none_or(|name| t.name == name));
    let reports = tests.map(|test| match sim::test(test, project, &office.world) {
        Verdict::Passed => json!({ "test": test.name, "passed": true, "at": place(&test.origin.place()) }),
        Verdict::NotRun { place: at, why } => {
            json!({ "test": test.name, "passed": false, "at": place(&at), "why": why })
        }
        Verdict::Failed { place: at, expected, happened, story } => json!({
            "test": test.name, "passed": false, "at": place(&at),
            "expected": expected, "happened": happened, "call": story,
        }),
    });
    json!({ "tests": reports.collect::<Vec<_>>() })
}

/// One call: the lines of what happens in it.
fn simulate(office: &Office, argument: &Argument) -> Result<Value, String> {
    let number = argument.number.as_deref().ok_or("which number is called?")?;
    let call = format!("call {}", Value::from(number));
    let steps: String = std::iter::once(&call).chain(&argument.steps).map(|s| format!("  {s}\n")).collect();
    // The steps are a test without a name in any file, so that they read as tests do.
    let text = format!("test \"the call\" {{\n{steps}}}\n");
    let read = read_text(&[Source { name: "the call", bytes: text.as_bytes() }]);
    if let Some(wrong) = read.diagnostics.first() {
        return Err(wrong.message.clone());
    }
    let test = read.project.tests.values().next().ok_or("the steps make no call")?;
    let project = &office.text.project;
    let script = Script::of(test, project, &office.world).map_err(|error| error.to_string())?;
    let graph = project.flows.get(script.flow).ok_or("the flow is gone")?;
    if office.text.diagnostics.iter().any(|d| d.is_unread() && d.is_error()) {
        return Err("something in this folder can't be read: repair that first".to_owned());
    }
    let compiled = compile::compile(graph, &office.world);
    let program = compiled.program.ok_or_else(|| format!("the flow `{}` has errors", graph.key))?;
    let outcome = sim::run(&program, graph, &script, &office.world);
    let outcome = outcome.ok_or_else(|| format!("the machine refused to run `{}`", graph.key))?;
    Ok(json!({ "flow": graph.key, "call": outcome.told(graph) }))
}
