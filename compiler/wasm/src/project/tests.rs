use super::*;
use crate::call::Session;

const FLOW: &str = "flow main {\n  entry in: inbound_number \"+61299998888\" -> menu\n  menu: ivr_menu m {\n    \
    1 -> ann\n    tiemout -> bye\n    invalid -> bye\n  }\n  ann: extension 101 { no_answer -> sorry }\n  sorry: play_message goodbye -> bye\n  bye: hangup\n}\n";
const FACTS: &str = "inbound_number \"+61299998888\"\nextension 101 \"Ann\"\n\
    ivr_menu m \"Ménü\" { greeting = goodbye  key 1 \"Ann\" }\n";

fn file(name: &str, text: &str) -> reply::File {
    reply::File { name: name.to_owned(), text: text.to_owned() }
}

fn folder(flow: &str) -> Folder {
    Folder::new(vec![file("main.flow", flow), file("facts.flow", FACTS)])
}

fn apply(text: &str, fix: &reply::Fix) -> String {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    for edit in fix.edits.iter().rev() {
        let reply::Place::Text(range) = &edit.place else { panic!("{edit:?}") };
        units.splice(range.from as usize..range.to as usize, edit.with.encode_utf16());
    }
    String::from_utf16(&units).unwrap()
}

#[test]
fn a_finding_knows_its_node_and_its_fix_cures_it() {
    let flow = FLOW.replace("flow main {", "// 𝄞 é\nflow main {");
    let folder = folder(&flow);
    let found = folder.check();
    let slip = found.iter().find(|f| f.code == "F103").unwrap();
    assert_eq!(slip.about, Some(reply::NodeName { flow: "main".to_owned(), node: "menu".to_owned() }));
    let cured = apply(&flow, slip.fix.as_ref().unwrap());
    assert!(cured.contains("    timeout -> bye\n"), "{cured}");
    assert_eq!(super::tests::folder(&cured).check(), Vec::new());
}

#[test]
fn a_flow_with_errors_makes_no_program_and_no_call() {
    let folder = folder(FLOW);
    assert!(folder.program("main").unwrap_err().contains("no exit"), "{:?}", folder.program("main"));
    let call = reply::NewCall { number: "+61299998888".to_owned(), ..reply::NewCall::default() };
    assert!(Session::start(&folder, &call).is_err());
    assert_eq!(folder.program("other").unwrap_err(), "there is no flow `other`");
}

#[test]
fn a_call_is_stepped_and_replayed() {
    let folder = folder(&FLOW.replace("tiemout", "timeout"));
    let call = reply::NewCall {
        number: "+61299998888".to_owned(),
        name: "A \"B\"".to_owned(),
        at: "2026-03-02 10:00 Australia/Sydney".to_owned(),
        ..reply::NewCall::default()
    };
    let mut session = Session::start(&folder, &call).unwrap();
    assert_eq!(session.view().question.unwrap().kind, "menu");
    assert!(session.answer("key x", None).is_err());
    session.answer("key 1", None).unwrap();
    let question = session.view().question.unwrap();
    assert!(
        question.choices.iter().any(|c| c.answer == "ring no_answer" && c.usual_ms == 30_000),
        "{question:?}"
    );
    session.answer("ring no_answer", None).unwrap();
    session.answer("done", None).unwrap();
    let view = session.view();
    assert_eq!((view.end.as_deref(), view.question), (Some("hangup normal"), None));
    let replayed = folder.replay(&session.trace()).unwrap();
    assert!(replayed.whole && replayed.same_program, "{replayed:?}");
}

#[test]
fn both_views_come_of_each_other() {
    let folder = folder(&FLOW.replace("tiemout", "timeout"));
    let canvases = folder.to_json().unwrap();
    let mut files = canvases.flows;
    files.push(canvases.catalog);
    let canvas = Folder::new(files);
    assert_eq!(canvas.check(), Vec::new());
    assert_eq!(canvas.program("main").unwrap().encode(), folder.program("main").unwrap().encode());
    assert_eq!(folder.diff(&canvas), Vec::new());
    let text = Folder::new(canvas.to_text().unwrap());
    assert_eq!(text.program("main").unwrap().encode(), folder.program("main").unwrap().encode());
}

#[test]
fn text_that_cannot_be_read_is_not_formatted() {
    let broken = Folder::new(vec![file("main.flow", "flow main {"), file("facts.flow", FACTS)]);
    assert!(broken.format("main.flow").is_err());
    assert!(broken.format("facts.flow").is_ok());
    assert!(broken.format("other.flow").is_err());
}

#[test]
fn editors_ask_by_offset_and_by_node_and_field() {
    let flow = FLOW.replace("tiemout", "timeout");
    let folder = folder(&flow);
    let offset = u32::try_from(flow.find("ann\n").unwrap()).unwrap();
    let at = reply::Pointer::Text { file: "main.flow".to_owned(), offset };
    let names: Vec<_> = folder.complete(&at).unwrap().items.into_iter().map(|item| item.label).collect();
    assert!(names.contains(&"sorry".to_owned()), "{names:?}");
    assert!(folder.hover(&at).unwrap().unwrap().contains("extension"));
    assert_eq!(folder.definition(&at).unwrap().len(), 1);
    let edits = folder.rename(&at, "anna").unwrap();
    assert_eq!(edits.len(), 2, "{edits:?}");
    let spot = flow_compiler::diag::Spot::Exit("no_answer".to_owned());
    let on = reply::Pointer::Canvas { flow: "main".to_owned(), node: "ann".to_owned(), spot };
    let names: Vec<_> = folder.complete(&on).unwrap().items.into_iter().map(|item| item.label).collect();
    assert!(names.contains(&"bye".to_owned()), "{names:?}");
    assert!(folder.hints("main.flow").is_ok());
    assert!(folder.hover(&reply::Pointer::Text { file: "other.flow".to_owned(), offset: 0 }).is_err());
}
