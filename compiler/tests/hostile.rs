//! Whatever is read, the readers come back: with a project, with findings, in bounded time and memory.

use std::fmt::Write as _;

use flow_compiler::diag::Code;
use flow_compiler::world::Nothing;
use flow_compiler::{
    Source, check, limits, read_catalog, read_json, read_text, world_of, write_json, write_text,
};
use proptest::prelude::*;

fn text_codes(bytes: &[u8]) -> Vec<Code> {
    let read = read_text(&[Source { name: "hostile.flow", bytes }]);
    let _ = check(&read.project, &Nothing);
    let _ = write_text(&read.project);
    read.diagnostics.iter().map(|d| d.code).collect()
}

fn json_codes(bytes: &[u8]) -> Vec<Code> {
    let source = Source { name: "hostile.json", bytes };
    let read = read_json(&source, &Nothing);
    let _ = check(&read.project, &Nothing);
    let _ = write_text(&read.project);
    read.project.flows.keys().for_each(|f| drop(write_json(&read.project, f, &Nothing)));
    let facts = read_catalog(&source);
    let _ = world_of(&facts.project);
    read.diagnostics.iter().map(|d| d.code).collect()
}

#[test]
fn deep_nesting() {
    let n = 200_000;
    assert!(!text_codes("{".repeat(n).as_bytes()).is_empty());
    assert!(!text_codes("flow a {".repeat(n / 8).as_bytes()).is_empty());
    assert!(!text_codes(format!("flow a {{ x: y {}", "{ z: y ".repeat(n / 8)).as_bytes()).is_empty());
    assert!(!text_codes(format!("trunk a {{ hosts = {}", "[".repeat(n)).as_bytes()).is_empty());
    assert!(!text_codes(format!("flow a {{ x: y {{ z = `{}` }} }}", "[".repeat(n)).as_bytes()).is_empty());
    assert_eq!(json_codes("[".repeat(n).as_bytes()), [Code::TooLarge]);
    assert_eq!(json_codes("{\"a\":".repeat(n).as_bytes()), [Code::TooLarge]);
}

#[test]
fn not_utf8() {
    assert_eq!(text_codes(b"flow main {\n  a: hangup // \xff\xfe\n}\n"), [Code::NotUtf8]);
    assert_eq!(json_codes(b"{\"nodes\": [\"\xff\"], \"edges\": []}"), [Code::JsonSyntax]);
}

#[test]
fn members_given_twice() {
    let codes =
        json_codes(br#"{"nodes": [{"id": "a", "id": "b", "type": "hangup"}], "edges": [], "edges": []}"#);
    assert_eq!(codes, [Code::JsonDuplicateMember, Code::JsonDuplicateMember]);
}

#[test]
fn huge_numbers() {
    let nines = "9".repeat(100_000);
    for number in ["1e999999", nines.as_str(), "-1e-999999", "0.00000000000000000000000000000000000000000001"]
    {
        text_codes(
            format!(
                "flow a {{\n  x: extension 1 {{ ring = {number} }}\n}}\nlayout a {{\n  x {nines},0\n}}\n"
            )
            .as_bytes(),
        );
        json_codes(
            format!(r#"{{"nodes":[{{"id":"a","type":"extension","position":{{"x":{number},"y":0}},"data":{{"entity_id":{number},"config":{{"ring":{number}}}}}}}],"edges":[]}}"#)
                .as_bytes(),
        );
        text_codes(
            format!("test \"t\" {{\n  at {number}-01-01 10:00\n  phone 1 answers after {number}s\n}}\n")
                .as_bytes(),
        );
    }
}

#[test]
fn files_larger_than_the_limits() {
    let long = " ".repeat(limits::TEXT_FILE_BYTES_MAX + 1);
    assert_eq!(text_codes(long.as_bytes()), [Code::TooLarge]);
    let name = "n".repeat(100_000);
    assert!(
        text_codes(format!("flow {name} {{\n  {name}: hangup\n}}\n").as_bytes()).contains(&Code::TooLarge)
    );
}

#[test]
fn more_findings_than_the_limits() {
    let mut text = String::from("flow main {\n");
    for n in 0..limits::DIAGNOSTICS_MAX * 3 {
        writeln!(text, "  n{n}: x{n} {{ a -> m{n} }}").unwrap();
    }
    text.push_str("}\n");
    let read = read_text(&[Source { name: "many.flow", bytes: text.as_bytes() }]);
    let found = check(&read.project, &Nothing);
    assert_eq!(found.len(), limits::DIAGNOSTICS_MAX + 1);
    assert_eq!(found.last().unwrap().code, Code::MoreFindings);
}

/// A flow of which every part is allowed and the whole is far too large: each node has the exits of one long switch.
#[test]
fn more_exits_than_the_limits() {
    let mut text = String::from("time_switch t {\n  timezone = \"UTC\"\n");
    for n in 0..limits::LIST_MAX {
        writeln!(text, "  rule r{n} {{ days = mon }}").unwrap();
    }
    text.push_str("}\nflow main {\n");
    for n in 0..limits::EXITS_MAX / limits::LIST_MAX + 1 {
        writeln!(text, "  n{n}: time_switch t").unwrap();
    }
    text.push_str("}\n");
    let read = read_text(&[Source { name: "many.flow", bytes: text.as_bytes() }]);
    assert!(read.diagnostics.is_empty());
    let (world, _) = world_of(&read.project);
    assert_eq!(check(&read.project, &world).iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

/// Few exits, many times: each node would have a table of its own.
#[test]
fn more_times_than_the_limits() {
    let mut text = String::from("time_switch t {\n  timezone = \"UTC\"\n");
    let hours = vec!["08:00..09:00"; limits::LIST_MAX].join(", ");
    writeln!(text, "  rule r {{ days = mon hours = [{hours}] }}\n}}\nflow main {{").unwrap();
    (0..limits::EXITS_MAX / limits::LIST_MAX + 1)
        .for_each(|n| writeln!(text, "  n{n}: time_switch t").unwrap());
    text.push_str("}\n");
    let read = read_text(&[Source { name: "many.flow", bytes: text.as_bytes() }]);
    assert!(read.diagnostics.is_empty());
    let (world, _) = world_of(&read.project);
    assert_eq!(check(&read.project, &world).iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

#[test]
fn more_parts_than_the_limits() {
    let rules = limits::PARTS_MAX + 1;
    let mut text = String::from("time_switch t {\n");
    (0..rules).for_each(|n| writeln!(text, "  rule r{n} {{ days = mon }}").unwrap());
    text.push_str("}\n");
    assert_eq!(text_codes(text.as_bytes()), [Code::TooLarge]);
    let parts: Vec<_> = (0..rules).map(|n| serde_json::json!({ "key": format!("r{n}") })).collect();
    let json = serde_json::json!({ "time_switch": [{ "key": "t", "rules": parts }] }).to_string();
    let read = read_catalog(&Source { name: "catalog.json", bytes: json.as_bytes() });
    assert_eq!(read.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

/// Slips by the ten thousand, each with thousands of names to be near to: the first hundred get a suggestion.
#[test]
fn slips_without_end() {
    let mut text = String::from("time_switch t {\n  timezone = \"UTC\"\n");
    for n in 0..limits::LIST_MAX {
        writeln!(text, "  rule rule{n} {{ days = mon }}").unwrap();
        writeln!(text, "  except e{n} {{ date = 2026-12-25 as = rule_x{n} }}").unwrap();
    }
    text.push_str("}\nflow main {\n  a: time_switch t {\n");
    (0..20_000).for_each(|n| writeln!(text, "    rule_y{n} -> a").unwrap());
    text.push_str("  }\n");
    (0..20_000).for_each(|n| writeln!(text, "  n{n}: time_switch t{n}").unwrap());
    text.push_str("}\n");
    (0..20_000)
        .for_each(|n| writeln!(text, "layout man{n} {{ a 0,0 }}\nlayout main {{ n{n} {n},0 }}").unwrap());
    let read = read_text(&[Source { name: "slips.flow", bytes: text.as_bytes() }]);
    let (world, _) = world_of(&read.project);
    let found = check(&read.project, &world);
    assert_eq!(found.len(), limits::DIAGNOSTICS_MAX + 1);
    let suggested =
        found.iter().filter(|d| d.help.as_ref().is_some_and(|h| h.starts_with("did you"))).count();
    assert!((1..=limits::SUGGESTIONS_MAX).contains(&suggested), "{suggested}");
}

#[test]
fn layouts_of_one_flow_become_one() {
    let text = "flow main {\n  a: hangup\n  b: hangup\n}\n\nlayout main {\n  a 1,2\n}\n\nlayout main {\n  b 3,4\n}\n";
    let read = read_text(&[Source { name: "two.flow", bytes: text.as_bytes() }]);
    assert!(read.diagnostics.is_empty());
    let file = read.project.files.keys().next().unwrap();
    let printed = flow_compiler::format_file(&read.project, file);
    assert_eq!(printed.matches("layout main").count(), 1, "{printed}");
    assert!(printed.contains("a 1,2") && printed.contains("b 3,4"), "{printed}");
}

#[test]
fn an_error_behind_a_thousand_warnings_stops_a_compilation() {
    let mut json = String::from("{\"edges\": [], \"nodes\": [");
    for n in 0..=limits::DIAGNOSTICS_MAX {
        write!(json, "{{\"id\":\"n{n}\",\"type\":\"hangup\",\"data\":{{\"mine\":1}}}},").unwrap();
    }
    json.push_str("{\"id\":\"last\",\"type\":\"hangpu\",\"data\":{}}]}");
    let read = read_json(&Source { name: "main.json", bytes: json.as_bytes() }, &Nothing);
    let graph = read.project.flows.values().next().unwrap();
    let compiled = flow_compiler::compile::compile(graph, &Nothing);
    assert!(compiled.diagnostics.iter().any(|d| d.code == Code::UnknownKind));
    assert!(compiled.program.is_none());
}

#[test]
fn more_nodes_than_the_limits() {
    let mut json = String::from("{\"edges\": [], \"nodes\": [");
    for n in 0..=limits::NODES_MAX {
        write!(json, "{{\"id\":\"{n}\",\"type\":\"hangup\"}},").unwrap();
    }
    json.push_str("{}]}");
    let read = read_json(&Source { name: "many.json", bytes: json.as_bytes() }, &Nothing);
    assert_eq!(read.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
    // Nothing more is said of what wasn't read, and no program is made of it.
    assert!(check(&read.project, &Nothing).is_empty());
    let flow = read.project.flows.values().next().unwrap();
    let compiled = flow_compiler::compile::compile(flow, &Nothing);
    assert_eq!(compiled.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
    assert!(compiled.program.is_none());
}

/// JSON that is small on disk and large in memory: values, members of one object, elements of one list, tests.
#[test]
fn more_json_than_the_limits() {
    let lists = format!("[{}]", "0,".repeat(limits::NODES_MAX - 1) + "0");
    let values = (0..=limits::JSON_VALUES_MAX / limits::NODES_MAX).map(|n| format!("\"{n}\":{lists}"));
    let values = format!("{{{}}}", values.collect::<Vec<_>>().join(","));
    assert_eq!(json_codes(values.as_bytes()), [Code::TooLarge]);
    let members: Vec<_> = (0..=limits::JSON_MEMBERS_MAX).map(|n| format!("\"{n}\":0")).collect();
    assert_eq!(json_codes(format!("{{{}}}", members.join(",")).as_bytes()), [Code::TooLarge]);
    let list = format!("[{}0]", "0,".repeat(limits::NODES_MAX));
    assert_eq!(json_codes(list.as_bytes()), [Code::TooLarge]);
    let test = serde_json::json!("test \"t\" {\n  expect end normal\n}\n");
    let tests = vec![test; limits::JSON_TESTS_MAX + 1];
    let json = serde_json::json!({ "nodes": [], "edges": [], "flowpbx": { "tests": tests } }).to_string();
    assert_eq!(json_codes(json.as_bytes()), [Code::TooLarge]);
}

/// Text that is small on disk and large as a tree.
#[test]
fn more_words_than_the_limits() {
    for piece in ["x ", "}", "\n", "//\n", "\"", "a:b "] {
        let text = piece.repeat(limits::TEXT_PIECES_MAX + 1);
        assert_eq!(text_codes(text.as_bytes()), [Code::TooLarge], "{piece:?}");
    }
    // Together they are too many; each file by itself isn't.
    let half = "// a b\n".repeat(limits::TEXT_PIECES_MAX / 5);
    let file = |name| Source { name, bytes: half.as_bytes() };
    assert!(read_text(&[file("a.flow")]).diagnostics.is_empty());
    let both = read_text(&[file("a.flow"), file("b.flow")]);
    assert_eq!(both.diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::TooLarge]);
}

fn codes_of(text: &str) -> (Vec<Code>, bool) {
    let read = read_text(&[Source { name: "large.flow", bytes: text.as_bytes() }]);
    assert!(read.diagnostics.is_empty(), "{:?}", read.diagnostics);
    let (world, _) = world_of(&read.project);
    let made = read.project.flows.values().map(|flow| flow_compiler::compile::compile(flow, &world).program);
    (check(&read.project, &world).iter().map(|d| d.code).collect(), made.flatten().count() == 1)
}

/// One entry more than a program has, and as many: the check says what making the program would say.
#[test]
fn more_entries_than_a_program_has() {
    let flow = |entries: u32| {
        let mut text = String::from("flow main {\n  bye: hangup\n");
        (0..entries).for_each(|n| {
            writeln!(text, "  entry e{n}: inbound_number \"+612{n:08}\" -> bye").unwrap();
        });
        text.push_str("}\n");
        (0..entries).for_each(|n| writeln!(text, "inbound_number \"+612{n:08}\"").unwrap());
        text
    };
    let most = flow_vm::limits::ENTRIES_MAX;
    assert_eq!(codes_of(&flow(most)), (vec![], true));
    assert_eq!(codes_of(&flow(most + 1)), (vec![Code::TooLargeFlow], false));
}

#[test]
fn half_typed_text_keeps_the_rest() {
    let rich = include_str!("round_trip/rich.flow");
    for (end, _) in rich.char_indices().step_by(3) {
        let read = read_text(&[Source { name: "half.flow", bytes: rich.get(..end).unwrap().as_bytes() }]);
        let nodes = read.project.flows.values().map(|f| f.nodes.len()).sum::<usize>();
        // Once a node's line is whole, it is there, whatever follows.
        assert!(nodes >= 1 || !rich.get(..end).unwrap().contains("// straight on"), "at {end}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn spoilt_text_is_read(cuts in prop::collection::vec((0..4_000usize, 0..4usize, "[ -~\n]{0,4}"), 1..8)) {
        let mut text = include_str!("round_trip/rich.flow").to_owned();
        for (at, length, with) in cuts {
            let at = (0..=at.min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap();
            let end = (at..=(at + length).min(text.len())).rev().find(|n| text.is_char_boundary(*n)).unwrap();
            text.replace_range(at..end, &with);
        }
        let read = read_text(&[Source { name: "spoilt.flow", bytes: text.as_bytes() }]);
        // What was read whole is printed whole.
        if !read.diagnostics.iter().any(|d| d.is_unread()) {
            let printed = write_text(&read.project);
            let again = read_text(&[Source { name: "printed.flow", bytes: printed.as_bytes() }]);
            prop_assert!(!again.diagnostics.iter().any(|d| d.is_unread()), "{:?}\n{}", again.diagnostics, printed);
            prop_assert_eq!(write_text(&again.project), printed);
        }
    }

    #[test]
    fn spoilt_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..200), at in 0..3_000usize) {
        let mut text = include_bytes!("round_trip/rich.flow").to_vec();
        let at = at.min(text.len());
        text.splice(at..(at + bytes.len()).min(text.len()), bytes.clone());
        text_codes(&text);
        text_codes(&bytes);
        json_codes(&bytes);
        let mut json = include_bytes!("../../examples/office-json/main.json").to_vec();
        let at = at.min(json.len());
        json.splice(at..(at + bytes.len() / 20).min(json.len()), bytes.iter().take(bytes.len() / 20).copied());
        json_codes(&json);
    }

    #[test]
    fn any_json_is_read(json in json()) {
        json_codes(json.to_string().as_bytes());
    }
}

/// JSON of about the shape of a canvas, with anything anywhere.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value;
    let words =
        ["id", "a", "b", "hangup", "extension", "ivr_menu", "next", "incoming", "101", "test \"t\" {\n}\n"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        prop::sample::select(words.to_vec()).prop_map(Value::from),
        ".{0,5}".prop_map(Value::from),
    ];
    let names = [
        "nodes",
        "edges",
        "viewport",
        "flowpbx",
        "id",
        "type",
        "position",
        "data",
        "config",
        "label",
        "entity_id",
        "entity_key",
        "entity_type",
        "more_entities",
        "source",
        "target",
        "sourceHandle",
        "targetHandle",
        "x",
        "y",
        "zoom",
        "comments",
        "before",
        "after",
        "tail",
        "fields",
        "tests",
        "format",
        "key",
        "extension",
        "rules",
        "parts",
        "word",
        "name",
    ];
    leaf.prop_recursive(6, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(names.to_vec()), inner), 0..8)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    })
}
