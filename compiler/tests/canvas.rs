//! React Flow JSON as canvases and strangers write it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

use flow_compiler::diag::{Diagnostic, Place, Spot};
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{FlowId, Project};
use flow_compiler::{Source, check, read_catalog, read_json, world_of, write_json};
use serde_json::{Value, json};

/// The example of requirement 5.2, as it stands there.
const REQUIRED: &str = r#"{
  "nodes": [
    { "id": "node_1", "type": "inbound_number", "position": { "x": 100, "y": 200 },
      "data": { "label": "Main Number", "entity_id": 1, "entity_type": "inbound_number", "config": {} } },
    { "id": "node_2", "type": "time_switch", "position": { "x": 400, "y": 200 },
      "data": { "label": "Business Hours", "entity_id": 1, "entity_type": "time_switch", "config": {} } },
    { "id": "node_3", "type": "voicemail", "position": { "x": 700, "y": 400 },
      "data": { "label": "After Hours VM", "entity_id": 2, "entity_type": "voicemail_box", "config": {} } }
  ],
  "edges": [
    { "id": "edge_1-2", "source": "node_1", "target": "node_2", "sourceHandle": "next", "targetHandle": "incoming" },
    { "id": "edge_2-3", "source": "node_2", "target": "node_3", "sourceHandle": "default", "targetHandle": "incoming",
      "label": "After Hours" }
  ]
}"#;

fn catalog() -> Catalog {
    let facts = read_catalog(&Source {
        name: "catalog.json",
        bytes: include_bytes!("../../examples/office-json/catalog.json"),
    });
    assert_eq!(facts.diagnostics, []);
    let mut catalog = world_of(&facts.project).0;
    catalog.fill_with(&Catalog::of_library_prompts([
        ("after-hours", ""),
        ("vm-greeting", ""),
        ("goodbye", ""),
    ]));
    catalog
}

/// The project, and every finding of reading and checking as `code place: message / help`.
fn read(json: &Value) -> (Project, Vec<String>) {
    let world = catalog();
    let text = json.to_string();
    let read = read_json(&Source { name: "flows/main.json", bytes: text.as_bytes() }, &world);
    let found: Vec<Diagnostic> = read.diagnostics.into_iter().chain(check(&read.project, &world)).collect();
    (read.project, found.iter().map(told).collect())
}

fn told(d: &Diagnostic) -> String {
    let place = match d.place().unwrap() {
        Place::Canvas { node, spot, edge } => {
            let edge = edge.as_ref().map_or(String::new(), |e| format!(" ({e})"));
            match spot {
                Spot::Node => format!("{node}{edge}"),
                Spot::Field(name) => format!("{node}.{name}{edge}"),
                Spot::Exit(name) => format!("{node}->{name}{edge}"),
                Spot::Entity => format!("{node}=entity{edge}"),
            }
        }
        Place::Json { at, .. } => format!("@{at}"),
        Place::Text(_) => "text".to_owned(),
        Place::Catalog { .. } => "catalog".to_owned(),
        Place::Project => "project".to_owned(),
    };
    let help = d.help.as_ref().map_or(String::new(), |h| format!(" / {h}"));
    format!("{} {place}: {}{help}", d.code, d.message)
}

fn node(id: &str, kind: &str, data: Value) -> Value {
    json!({ "id": id, "type": kind, "position": { "x": 0, "y": 0 }, "data": data })
}

/// A canvas whose entry leads to one node.
fn one(node: Value, edges: &[Value]) -> Value {
    let entry = json!({ "id": "in", "type": "inbound_number", "position": { "x": 0, "y": 0 },
        "data": { "entity_id": 1, "entity_type": "inbound_number", "config": {} } });
    let bye =
        json!({ "id": "bye", "type": "hangup", "position": { "x": 0, "y": 0 }, "data": { "config": {} } });
    let first = json!({ "id": "e1", "source": "in", "target": node["id"], "sourceHandle": "next", "targetHandle": "incoming" });
    let edges: Vec<Value> = std::iter::once(first).chain(edges.iter().cloned()).collect();
    json!({ "nodes": [entry, node, bye], "edges": edges })
}

fn edge(exit: &str, target: &str) -> Value {
    json!({ "id": format!("x.{exit}"), "source": "x", "target": target, "sourceHandle": exit, "targetHandle": "incoming" })
}

#[test]
fn the_required_example_is_read_and_written_as_it_was() {
    let required: Value = serde_json::from_str(REQUIRED).unwrap();
    let (project, found) = read(&required);
    // It leads the rule's exit nowhere, which is worth a word.
    let unwired = "F218 node_2->business: callers of `business` (Mon–Fri 08:30–17:00) go where `default` goes, to `node_3`: `node_2` doesn't lead the rule's exit anywhere / add `business -> NODE` to `node_2`; `business -> node_3`, if `node_3` is meant";
    assert_eq!(found, [unwired]);
    let graph = project.flows.values().next().unwrap();
    assert_eq!(graph.key, "main");
    let keys: Vec<_> = graph.nodes.values().map(|n| n.entity_key().unwrap()).collect();
    assert_eq!(keys, ["+61299998888", "office-hours", "sales"]);

    let mut written: Value =
        serde_json::from_str(&write_json(&project, FlowId::from_u32(0), &catalog())).unwrap();
    assert_eq!(
        written.as_object_mut().unwrap().shift_remove("flowpbx").unwrap(),
        json!({ "format": 1, "key": "main" })
    );
    for node in written["nodes"].as_array_mut().unwrap() {
        assert!(node["data"].as_object_mut().unwrap().shift_remove("entity_key").is_some());
    }
    assert_eq!(written, required);
}

#[test]
fn what_only_a_running_canvas_needs_is_dropped_and_the_rest_is_kept() {
    let mut x = node("x", "hangup", json!({ "config": {} }));
    x["measured"] = json!({ "width": 1 });
    x["selected"] = json!(true);
    x["dragging"] = json!(false);
    x["parentId"] = json!("group");
    let mut canvas = one(x, &[]);
    canvas["viewport"] = json!({ "x": 1.5, "y": -2, "zoom": 0.75 });
    canvas["theme"] = json!("dark");
    canvas["flowpbx"] = json!({ "format": 1, "note": "mine" });
    let (project, found) = read(&canvas);
    assert!(found.iter().all(|f| f.starts_with("F202 bye")), "{found:?}");
    let written: Value =
        serde_json::from_str(&write_json(&project, FlowId::from_u32(0), &catalog())).unwrap();
    let x = written["nodes"][1].as_object().unwrap();
    assert_eq!(x.keys().collect::<Vec<_>>(), ["id", "type", "position", "data", "parentId"]);
    assert_eq!(written["viewport"], canvas["viewport"]);
    assert_eq!(written["theme"], json!("dark"));
    assert_eq!(written["flowpbx"]["note"], json!("mine"));
}

/// A canvas with one thing wrong, and what is said of it.
fn says(node: Value, edges: &[Value], expected: &[&str]) {
    let (_, found) = read(&one(node, edges));
    let about: Vec<_> = found.iter().filter(|f| !f.starts_with("F2")).collect();
    assert_eq!(about, expected);
}

#[test]
fn findings_are_on_the_node_field_or_exit() {
    let ann = |config: Value| {
        node("x", "extension", json!({ "entity_id": 1, "entity_type": "extension", "config": config }))
    };
    says(
        node("x", "voice-mail", json!({ "entity_id": 1, "config": {} })),
        &[],
        &["F101 x.type: there is no node kind `voice-mail` / did you mean `voicemail`?"],
    );
    says(
        ann(json!({ "rings": 20 })),
        &[edge("no_answer", "bye")],
        &["F102 x.rings: an `extension` has no field `rings` / did you mean `ring`?"],
    );
    says(
        ann(json!({})),
        &[edge("no_anwser", "bye"), edge("no_answer", "bye")],
        &["F103 x->no_anwser (x.no_anwser): `x` has no exit `no_anwser` / did you mean `no_answer`?"],
    );
    says(
        ann(json!({ "ring": "20s" })),
        &[edge("no_answer", "bye")],
        &[
            "F105 x.ring: `ring` must be a time such as `25s` or `2m` (in JSON a number of seconds) / did you mean `20`?",
        ],
    );
    says(
        ann(json!({ "ring": 601 })),
        &[edge("no_answer", "bye")],
        &[
            "F106 x.ring: `ring` must be from 1s to 600s / what `ring` is for: how long to ring; the extension's own, if not given",
        ],
    );
    says(
        ann(json!({})),
        &[edge("no_answer", "gone")],
        &[
            "F108 x->no_answer (x.no_answer): there is no node `gone` to go to / lead it to a node of this flow, or add the node",
        ],
    );
    says(
        ann(json!({})),
        &[
            edge("no_answer", "bye"),
            json!({ "id": "e9", "source": "x", "target": "in", "sourceHandle": "no_answer" }),
        ],
        &[
            "F117 x->no_answer (e9): `in` is an entry: no call comes to it from another node / lead it to the node that the entry leads to",
            "F109 x->no_answer (e9): two edges leave `no_answer` of `x` / a call takes one way only: keep one of them",
        ],
    );
    says(
        node("x", "extension", json!({ "config": {} })),
        &[edge("no_answer", "bye")],
        &["F111 x=entity: `x` doesn't say which extension / choose an extension, or add one"],
    );
    says(
        node("x", "extension", json!({ "entity_id": 77, "entity_type": "extension" })),
        &[edge("no_answer", "bye")],
        &["F104 x=entity: there is no extension with the id 77 / it may have been deleted; choose another"],
    );
    says(
        node("x", "extension", json!({ "entity_id": 1, "entity_type": "ring_group" })),
        &[edge("no_answer", "bye")],
        &[
            "F112 x=entity: an `extension` works with an extension, not with a `ring_group` / `entity_type` is `extension`",
        ],
    );
    says(
        node("x", "extension", json!({ "entity_id": 1, "entity_type": "extension", "entity_key": "102" })),
        &[edge("no_answer", "bye")],
        &[
            "F121 x=entity: `x` names `102`, but the id 1 is that of `101` / `102` counts; choose the extension again",
        ],
    );
    says(
        node("x", "extension", json!({ "entity_id": 1, "entity_type": "extension", "lable": "Ann" })),
        &[edge("no_answer", "bye")],
        &["F118 x: `lable` in the data of `x` is kept, but does nothing / did you mean `label`?"],
    );
}

#[test]
fn other_shapes_are_kept_as_holes() {
    let cases = [
        (json!([]), "F007 @0: a flow is a JSON object with `nodes` and `edges`"),
        (json!({ "nodes": {}, "edges": [] }), "F007 @9: `nodes` is a list"),
        (json!({ "nodes": [] }), "F007 @0: there is no list `edges`"),
        (json!({ "nodes": [1], "edges": [] }), "F007 @10: what stands where node 1 belongs is no object"),
        (
            json!({ "nodes": [{ "type": "hangup" }], "edges": [] }),
            "F007 @10: node 1 has no `id` that can be used (a text of up to 200 bytes)",
        ),
        (json!({ "nodes": [{ "id": "a" }], "edges": [] }), "F007 a.type: node `a` has no `type`"),
        (
            json!({ "nodes": [], "edges": [{ "id": "e", "source": "a", "target": "b" }] }),
            "F116 (e): this edge leaves `a`, which doesn't exist",
        ),
        (
            json!({ "nodes": [], "edges": [], "flowpbx": { "format": 2 } }),
            "F008 @43: this flow has format 2; this compiler reads up to 1",
        ),
        (
            json!({ "nodes": [], "edges": [], "flowpbx": { "tests": ["test \"t\" {\n  shout\n}"] } }),
            "F011 .tests[0]: `shout` is no step of a test",
        ),
        (
            json!({ "nodes": [node("a", "hangup", json!(7))], "edges": [] }),
            "F007 a.data: `data` of `a` is an object",
        ),
    ];
    for (canvas, expected) in cases {
        let (project, found) = read(&canvas);
        assert!(
            found.iter().any(|f| f.replace(": (", ": ").replace("  ", " ") == expected
                || f == expected
                || f.starts_with(&format!("{expected} / "))),
            "{expected}\n{found:#?}"
        );
        // What couldn't be understood is written back.
        let written = write_json(&project, FlowId::from_u32(0), &catalog());
        for kept in ["\"type\": \"hangup\"", "\"source\": \"a\""] {
            assert!(
                !canvas.to_string().contains(&kept.replace(": ", ":")) || written.contains(kept),
                "{written}"
            );
        }
    }
}

#[test]
fn what_others_call_comments_is_kept() {
    let x = node("x", "hangup", json!({ "comments": "ask Ann", "config": {} }));
    let (project, found) = read(&one(x, &[]));
    assert!(
        found.iter().any(|f| f.starts_with("F118 x: `comments` in the data of `x` is kept")),
        "{found:?}"
    );
    let written = write_json(&project, FlowId::from_u32(0), &catalog());
    assert!(written.contains("\"comments\": \"ask Ann\""), "{written}");
}

#[test]
fn tests_that_cannot_be_read_are_kept() {
    let tests = json!(["test \"t\" {\n  shout\n}", "test \"u\" {\n  wait\n}\n"]);
    let canvas = json!({ "nodes": [], "edges": [], "flowpbx": { "tests": tests } });
    let (project, _) = read(&canvas);
    let written: Value =
        serde_json::from_str(&write_json(&project, FlowId::from_u32(0), &catalog())).unwrap();
    assert_eq!(written["flowpbx"]["tests"], json!(["test \"u\" {\n  wait\n}\n"]));
    assert_eq!(written["flowpbx"]["unread_tests"], json!(["test \"t\" {\n  shout\n}"]));
    let (_, again) = read(&written);
    assert!(again.iter().any(|f| f.starts_with("F011")), "{again:?}");
}

/// Each `‸` is where a finding must be, in the order of the findings.
#[test]
fn findings_about_json_point_into_it() {
    let canvases = [
        "  ‸[]",
        "{\"nodes\": [‸1, {\"id\": \"a\", \"type\": \"hangup\"}, ‸\"b\", ‸{\"type\": \"]\\\"\"}], \"edges\": [‸[{}]]}",
        "\n‸{\"edges\": []}",
        "{\"nodes\": [],\n \"edges\": ‸7, \"flowpbx\": ‸[]}",
        "{\"nodes\": [], \"edges\": [], \"flowpbx\": {\"key\": \"é\", \"format\": ‸9}}",
        "{\"nodes\": [{\"id\": \"a\", ‸\"id\" : {\"id\": 1}, \"type\": \"hangup\"}], \"edges\": [], ‸\"edges\": []}",
        "{\"nodes\": [],\n  \"edges\": [‸}",
        "{\"nodes\": [\"a‸\u{1}\"]}",
        "{\"nodes\": []} ‸x",
    ];
    for marked in canvases {
        let (text, places) = unmarked(marked);
        let read = read_json(&Source { name: "main.json", bytes: text.as_bytes() }, &catalog());
        assert_eq!(json_places(&read.diagnostics), places, "{marked}\n{:#?}", read.diagnostics);
    }
    let catalogs = [
        "‸[]",
        "{\"extension\": [‸4, {\"key\": \"101\"}, ‸{\"name\": \"Ann\"}], ‸\"extensoin\": [], \"voicemail_box\": ‸{}}",
        "{\"flowpbx\": {\"format\": ‸9}}",
    ];
    for marked in catalogs {
        let (text, places) = unmarked(marked);
        let read = read_catalog(&Source { name: "catalog.json", bytes: text.as_bytes() });
        assert_eq!(json_places(&read.diagnostics), places, "{marked}\n{:#?}", read.diagnostics);
        assert_eq!(read.project.files.values().next().unwrap().text, text);
    }
}

fn unmarked(marked: &str) -> (String, Vec<usize>) {
    let mut text = String::new();
    let mut places = Vec::new();
    for (number, part) in marked.split('‸').enumerate() {
        if number > 0 {
            places.push(text.len());
        }
        text.push_str(part);
    }
    (text, places)
}

fn json_places(found: &[Diagnostic]) -> Vec<usize> {
    let places = found.iter().filter_map(|d| match d.place()? {
        Place::Json { at, .. } => usize::try_from(*at).ok(),
        Place::Canvas { .. } | Place::Text(_) | Place::Catalog { .. } | Place::Project => None,
    });
    places.collect()
}

#[test]
fn what_others_keep_in_positions_and_the_viewport_stays() {
    let mut x = node("x", "hangup", json!({ "config": {} }));
    x["position"]["z"] = json!(7);
    let mut canvas = one(x, &[]);
    canvas["viewport"] = json!({ "x": 1, "y": 2, "zoom": 1, "locked": true });
    let (project, _) = read(&canvas);
    let written = write_json(&project, FlowId::from_u32(0), &catalog());
    let json: Value = serde_json::from_str(&written).unwrap();
    let nodes = json["nodes"].as_array().unwrap();
    let x = nodes.iter().find(|n| n["id"] == "x").unwrap();
    assert_eq!(x["position"], json!({ "x": 0, "y": 0, "z": 7 }));
    assert_eq!(json["viewport"], canvas["viewport"]);
    // By the other view, too.
    let text = flow_compiler::write_text(&project);
    let back = flow_compiler::read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]);
    assert_eq!(back.diagnostics, []);
    assert_eq!(write_json(&back.project, FlowId::from_u32(0), &catalog()), written);
}
