//! What the manual shows is what the compiler reads.

use super::root;
use flow_compiler::{Source, read_text};

/// What is wrong with reading a text; the rules of a whole phone system aren't asked.
fn unread(text: &str) -> Vec<String> {
    let read = read_text(&[Source { name: "manual.flow", bytes: text.as_bytes() }]);
    read.diagnostics
        .iter()
        .filter(|d| d.is_unread())
        .map(|d| format!("{}: {}", d.code.as_str(), d.message))
        .collect()
}

fn page(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}

/// The blocks of a page that are marked as flows.
fn flows(page: &str) -> Vec<&str> {
    page.split("```flow\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn flows_in_the_manual_can_be_read() {
    let mut seen = 0;
    for path in ["README.md", "docs/language.md", "docs/tests.md", "docs/editors.md", "docs/ci.md"] {
        for flow in flows(&page(path)) {
            seen += 1;
            assert_eq!(unread(flow), Vec::<String>::new(), "{path}:\n{flow}");
        }
    }
    assert!(seen >= 6, "{seen} flows in the manual");
}

#[test]
fn the_first_flow_and_the_entities_of_the_manual_are_an_office_without_errors() {
    let page = page("docs/language.md");
    let flows = flows(&page);
    let pick = |sign: &str| *flows.iter().find(|flow| flow.contains(sign)).unwrap();
    let office = [pick("// Comments start"), pick("trunk carrier"), pick("test \"")].join("\n");
    let read = read_text(&[Source { name: "office.flow", bytes: office.as_bytes() }]);
    let (world, mut found) = flow_compiler::world_of(&read.project);
    found.extend(read.diagnostics);
    for graph in read.project.flows.values() {
        found.extend(flow_compiler::compile::compile(graph, &world).diagnostics);
    }
    let errors: Vec<_> = found.iter().filter(|d| d.is_error()).map(|d| &d.message).collect();
    assert!(errors.is_empty(), "{errors:?}");
    for report in flow_compiler::sim::tests(&read.project, &world) {
        assert_eq!(report.verdict, flow_compiler::sim::Verdict::Passed, "{}", report.name);
    }
}

#[test]
fn steps_of_tests_in_the_manual_can_be_read() {
    let page = page("docs/tests.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let steps: Vec<&str> = rows.filter_map(|row| row.split('`').nth(1)).collect();
    assert!(steps.len() >= 24, "{steps:?}");
    for step in steps {
        let test = format!("test \"manual\" {{\n  {step}\n}}\n");
        assert_eq!(unread(&test), Vec::<String>::new(), "{step}");
    }
}
