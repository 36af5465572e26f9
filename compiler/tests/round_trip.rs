//! Text → JSON → text and JSON → text → JSON lose nothing: for generated projects, and for one rich project of which
//! every line and every member is dropped in turn, which must be noticed.
#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use flow_compiler::entity::EntityKind;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::*;
use flow_compiler::nodes::Kind;
use flow_compiler::world::Nothing;
use flow_compiler::{
    Source, read_catalog, read_json, read_text, world_of, write_catalog, write_json, write_text,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn from_text(text: &str) -> (Project, Vec<String>) {
    let read = read_text(&[Source { name: "made.flow", bytes: text.as_bytes() }]);
    let unread = read.diagnostics.iter().filter(|d| d.is_unread());
    (read.project, unread.map(|d| format!("{} {}", d.code, d.message)).collect())
}

fn from_json(text: &str) -> Project {
    read_json(&Source { name: "made.json", bytes: text.as_bytes() }, &Nothing).project
}

/// Both round trips of a project of one flow.
fn survives(project: &Project) {
    let flow = project.flows.keys().next().unwrap();
    let text = write_text(project);
    let (read, unread) = from_text(&text);
    assert_eq!(unread, Vec::<String>::new(), "{text}");
    same(project, &read, &text);
    assert_eq!(write_text(&read), text, "printing isn't idempotent");

    let canvas = write_json(project, flow, &Nothing);
    let mut back = from_json(&canvas);
    assert_eq!(write_json(&back, FlowId::from_u32(0), &Nothing), canvas);
    // A canvas has no entities; they go by the catalogue.
    back.entities = project.entities.clone();
    same(project, &back, &canvas);
    assert_eq!(write_text(&back), text, "text → JSON → text");
    let again = write_json(&from_text(&write_text(&back)).0, FlowId::from_u32(0), &Nothing);
    assert_eq!(again, canvas, "JSON → text → JSON");

    let (catalog, conflicts) = world_of(project);
    assert_eq!(conflicts, []);
    let facts = read_catalog(&Source { name: "catalog.json", bytes: write_catalog(&catalog).as_bytes() });
    let mut declared = Catalog::default();
    facts.project.entities.values().for_each(|d| assert_eq!(declared.add(d.clone()), None));
    assert!(catalog.declarations().eq(declared.declarations()), "{}", write_catalog(&catalog));
}

fn same(a: &Project, b: &Project, shown: &str) {
    for (x, y) in a.flows.values().zip(b.flows.values()) {
        assert!(x.nodes.values().eq(y.nodes.values()), "{:#?}\n{:#?}\n{shown}", x.nodes, y.nodes);
        assert!(x.edges.values().eq(y.edges.values()), "{:#?}\n{:#?}\n{shown}", x.edges, y.edges);
        assert_eq!(x, y, "{shown}");
    }
    assert!(a.entities.values().eq(b.entities.values()), "{:#?}\n{:#?}\n{shown}", a.entities, b.entities);
    assert!(a.tests.values().eq(b.tests.values()), "{:#?}\n{:#?}\n{shown}", a.tests, b.tests);
    assert!(a.says_the_same(b), "{shown}");
}

// ---- generated projects

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-z][a-z0-9_]{0,6}(-[a-z0-9]{1,3})?",
        1 => prop::sample::select(vec!["entry", "flow", "test", "layout", "edge", "node", "data", "viewport", "to", "1"])
            .prop_map(str::to_owned),
        1 => "[ -~äß✓\n\t]{1,9}",
    ]
}

fn label() -> impl Strategy<Value = String> {
    prop_oneof![2 => Just(String::new()), 1 => "[ -~äß✓\n]{1,12}"]
}

fn line() -> impl Strategy<Value = String> {
    "[ -~ä✓]{0,16}".prop_map(|s| s.trim_end().to_owned())
}

/// Comments of a line.
fn beside() -> impl Strategy<Value = Comments> {
    (vec(line(), 0..2), option::of(line())).prop_map(|(before, after)| Comments {
        before,
        after,
        tail: vec![],
    })
}

/// Comments of a block.
fn around() -> impl Strategy<Value = Comments> {
    (beside(), vec(line(), 0..2)).prop_map(|(c, tail)| Comments { tail, ..c })
}

/// Answers of a webhook, as text can spell them and as it can't.
fn answers() -> impl Strategy<Value = Value> {
    let field = ("[a-z_]{1,4}", prop::sample::select(vec!["text", "number", "phone", "bool", "date"]));
    let field = (field, any::<bool>()).prop_map(|((name, ty), turned)| match turned {
        true => json!({ "type": ty, "name": name }),
        false => json!({ "name": name, "type": ty }),
    });
    let answer = ("[a-z-]{1,4}", option::of(vec(field, 0..3))).prop_map(|(name, fields)| match fields {
        Some(fields) => json!({ "name": name, "fields": fields }),
        None => json!({ "name": name }),
    });
    prop_oneof![
        3 => vec(answer, 0..4).prop_map(Value::from),
        1 => prop::sample::select(vec!["known(a: text)", "known", "known(", "a(b:text,c:number)", "https://x.example/"])
            .prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        "[ -~`äß✓\n]{0,9}".prop_map(Value::from),
        prop::sample::select(vec!["true", "25s", "1m", "12", "normal", "mon..fri", "08:30..17:00"])
            .prop_map(Value::from),
        vec(
            prop::sample::select(vec![
                "caller.name",
                "'x' + text(n)",
                "tel:101",
                "2",
                "name:text",
                "n:number"
            ]),
            0..3
        )
        .prop_map(Value::from),
        answers(),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((name(), inner), 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn members(reserved: &'static [&'static str]) -> impl Strategy<Value = Map<String, Value>> {
    let members = vec((name(), value()), 0..3);
    prop_oneof![
        3 => Just(Map::new()),
        1 => members.prop_map(move |m| m.into_iter().filter(|(n, _)| !reserved.contains(&n.as_str())).collect()),
    ]
}

fn fields() -> impl Strategy<Value = Vec<Field>> {
    let known = prop::sample::select(vec![
        "ring",
        "timeout",
        "barge_in",
        "early",
        "cause",
        "hosts",
        "days",
        "hours",
        "answers",
        "url",
        "method",
        "extension",
        "number",
        "wait",
        "members",
        "dial_in",
        "pin",
        "strategy",
        "variable",
        "holds",
        "terminator",
        "confirm",
        "secret",
        "when",
        "value",
        "flow",
        "gives",
        "exit",
    ]);
    let name = prop_oneof![2 => known.prop_map(str::to_owned), 1 => name()];
    vec((name, value(), beside()), 0..3).prop_map(|fields| {
        let mut seen = std::collections::HashSet::new();
        let fields = fields.into_iter().filter(|(n, ..)| seen.insert(n.clone()));
        fields
            .map(|(name, value, comments)| Field { name, value, comments, origin: Origin::default() })
            .collect()
    })
}

fn node() -> impl Strategy<Value = Node> {
    let kinds = Kind::ALL.iter().map(|k| k.name().to_owned()).collect::<Vec<_>>();
    let kind = prop_oneof![5 => prop::sample::select(kinds), 1 => name().prop_map(|n| format!("x{n}"))];
    let point = (any::<i16>(), -1e6..1e6f64);
    let data =
        members(&["label", "entity_id", "entity_type", "entity_key", "more_entities", "config", "comments"]);
    let extra = members(&["id", "type", "position", "data"]);
    let remarks = (around(), beside());
    (name(), kind, label(), vec(name(), 0..3), fields(), option::of(point), data, extra, remarks).prop_map(
        |(name, kind_name, label, entities, fields, at, data, extra, (comments, layout_comments))| {
            let kind = Kind::by_name(&kind_name);
            let many = match kind.map(|k| k.spec().entity) {
                Some(flow_compiler::nodes::spec::EntityUse::Many(_)) => 3,
                Some(flow_compiler::nodes::spec::EntityUse::One(_)) => 1,
                Some(flow_compiler::nodes::spec::EntityUse::None) => 1,
                None => 2,
            };
            let entity = |key| EntityRef { key: Some(key), id: None, origin: Origin::default() };
            let position = at.map(|(x, y)| Point { x: f64::from(x), y });
            let layout_comments = if position.is_some() { layout_comments } else { Comments::default() };
            Node {
                name,
                kind,
                kind_name,
                label,
                entities: entities.into_iter().take(many).map(entity).collect(),
                fields,
                position,
                data,
                extra,
                comments,
                layout_comments,
                ..Node::default()
            }
        },
    )
}

/// Fields at the head of a flow. Others than these couldn't be read there; a canvas has them as notes.
fn heads() -> impl Strategy<Value = Vec<Field>> {
    let names = FLOW_FIELDS.iter().map(|f| f.name.to_owned()).collect::<Vec<_>>();
    vec((prop::sample::select(names), value(), beside()), 0..4).prop_map(|fields| {
        let mut seen = std::collections::HashSet::new();
        let fields = fields.into_iter().filter(|(n, ..)| seen.insert(n.clone()));
        fields
            .map(|(name, value, comments)| Field { name, value, comments, origin: Origin::default() })
            .collect()
    })
}

type EdgeParts =
    (usize, String, Option<usize>, (Option<String>, Option<String>), String, Map<String, Value>, Comments);

fn edge() -> impl Strategy<Value = EdgeParts> {
    let exit = prop_oneof![
        3 => prop::sample::select(vec!["next", "default", "answered", "no_answer", "1", "*", "#", "timeout"])
            .prop_map(str::to_owned),
        1 => name(),
    ];
    let extra = members(&["id", "source", "target", "sourceHandle", "targetHandle", "label", "data"]);
    let ids = (option::of("[ -~]{1,8}"), option::of(name().prop_map(|n| format!("in-{n}"))));
    (0..50usize, exit, option::weighted(0.9, 0..50usize), ids, label(), extra, beside())
}

fn test() -> impl Strategy<Value = Test> {
    let words = || "[a-z]{1,6}(-[a-z]{1,3})?";
    let step = prop_oneof![
        (0..20_000i32, 0..86_400u32, option::of("[A-Z][a-z]{1,6}/[A-Z][a-z]{1,6}")).prop_map(
            |(day, second, zone)| {
                StepKind::At { date: flow_compiler::entity::Date { day }, second, zone }
            }
        ),
        ("\\+[1-9][0-9]{6,12}", option::of("\\+[1-9][0-9]{6,12}"))
            .prop_map(|(number, from)| StepKind::Call { number, from }),
        vec(prop::sample::select(flow_vm::effect::Key::ALL.to_vec()), 1..4).prop_map(StepKind::Press),
        vec(prop::sample::select(flow_vm::effect::Key::ALL.to_vec()), 1..9).prop_map(StepKind::Digits),
        (words(), vec(prop::sample::select(flow_vm::effect::Key::ALL[..10].to_vec()), 1..9))
            .prop_map(|(secret, digits)| StepKind::Secret { secret, digits }),
        Just(StepKind::Wait),
        Just(StepKind::HangUp),
        words().prop_map(StepKind::CallerName),
        vec(any::<bool>(), 1..4).prop_map(StepKind::Draw),
        words().prop_map(|extension| StepKind::Phone { extension, does: PhoneDoes::DoNotDisturb }),
        words().prop_map(|text| StepKind::Expect(Expect::Shows { text })),
        words().prop_map(|text| StepKind::Expect(Expect::Sends { text })),
        (words(), words(), vec((words(), words()), 0..3)).prop_map(|(node, answer, fields)| {
            StepKind::Webhook { node, does: WebhookDoes::Replies { answer, fields } }
        }),
        words().prop_map(|node| StepKind::Webhook { node, does: WebhookDoes::Fails }),
        words().prop_map(|node| StepKind::Webhook { node, does: WebhookDoes::TimesOut }),
        (words(), prop::sample::select(flow_vm::effect::QueueEnd::ALL[1..].to_vec()))
            .prop_map(|(queue, ends)| StepKind::Queue { queue, ends }),
        (words(), prop::sample::select(vec![ConferenceDoes::Full, ConferenceDoes::Refuses]))
            .prop_map(|(conference, does)| StepKind::Conference { conference, does }),
        words().prop_map(|number| StepKind::LineFails { number }),
        (words(), 0..600u32).prop_map(|(extension, after_s)| StepKind::Phone {
            extension,
            does: PhoneDoes::Answers { after_s }
        }),
        words().prop_map(|mailbox| StepKind::Mailbox { mailbox, does: MailboxDoes::Full }),
        (prop::sample::select(Kind::ALL.to_vec()), option::of((words(), option::of(words())))).prop_map(
            |(kind, e)| {
                let (entity, exit) = e.map_or((None, None), |(entity, exit)| (Some(entity), exit));
                StepKind::Expect(Expect::Node { kind, entity, exit })
            }
        ),
        (name(), option::of(name())).prop_map(|(node, exit)| StepKind::Expect(Expect::Named { node, exit })),
        "[a-z0-9-]{1,4}/[a-z/-]{1,4}".prop_map(|node| StepKind::Expect(Expect::Named { node, exit: None })),
        prop::sample::select(flow_vm::effect::Cause::ALL.to_vec())
            .prop_map(|c| StepKind::Expect(Expect::End(c))),
    ];
    let step =
        (step, beside()).prop_map(|(what, comments)| Step { what, comments, origin: Origin::default() });
    (label(), vec(step, 0..5), around()).prop_map(|(name, steps, comments)| Test {
        name,
        steps,
        comments,
        origin: Origin::default(),
    })
}

fn declaration() -> impl Strategy<Value = Declaration> {
    const RESERVED: [&str; 8] = ["id", "key", "name", "comments", "keys", "rules", "exceptions", "parts"];
    let word = prop_oneof![3 => prop::sample::select(vec!["rule", "except", "key"]).prop_map(str::to_owned), 1 => "[a-z]{2,5}"];
    let free = |fields: Vec<Field>| {
        fields
            .into_iter()
            .filter(|f| !RESERVED.contains(&f.name.as_str()) && f.name != "word")
            .collect::<Vec<_>>()
    };
    let part = (word, name(), label(), fields(), around());
    let part = part.prop_map(move |(word, key, label, fields, comments)| {
        let fields = free(fields);
        // Without a block there is no end of one to comment on.
        Part { word, key, label, fields, comments, origin: Origin::default() }
    });
    (prop::sample::select(EntityKind::ALL.to_vec()), name(), label(), fields(), vec(part, 0..3), around())
        .prop_map(move |(kind, key, label, fields, mut parts, comments)| {
            let mut seen = std::collections::HashSet::new();
            parts.retain(|p| seen.insert((p.word.clone(), p.key.clone())));
            Declaration {
                unread: Unread::default(),
                kind,
                key,
                label,
                id: None,
                fields: free(fields),
                parts,
                comments,
                origin: Origin::default(),
            }
        })
}

prop_compose! {
    fn flow()(
        key in "[a-z]{1,8}",
        (flow_label, fields) in (label(), option::weighted(0.6, heads())),
        nodes in vec(node(), 0..8),
        edges in vec(edge(), 0..12),
        view in option::of((any::<i16>(), -1e3..1e3f64, 0.1..4.0f64)),
        (extra, notes) in (
            members(&["nodes", "edges", "viewport", "flowpbx"]),
            members(&["format", "key", "label", "inputs", "exits", "zone", "comments", "layout_comments", "tests", "head", "tail"]),
        ),
        (comments, layout_comments) in (around(), around()),
        stray in option::of(value()),
    ) -> Graph {
        let fields = fields.unwrap_or_default();
        let mut graph =
            Graph { key, label: flow_label, fields, extra, notes, comments, layout_comments, ..Graph::default() };
        let mut seen = std::collections::HashSet::new();
        for node in nodes.into_iter().filter(|n| seen.insert(n.name.clone())) {
            graph.nodes.push(node);
        }
        let count = graph.nodes.len();
        let mut ids = std::collections::HashSet::new();
        let mut order: std::collections::HashMap<(usize, String), bool> = std::collections::HashMap::new();
        for (source, exit, target, (id, handle), label, extra, comments) in edges {
            if count == 0 { break }
            let source = source % count;
            order.insert((source, exit.clone()), true);
            let name = &graph.nodes[NodeId::from_u32(u32::try_from(source).unwrap())].name;
            let id = id.filter(|id| *id != format!("{name}.{exit}") && ids.insert(id.clone()));
            let target = match target {
                Some(t) => Target::Node(NodeId::from_u32(u32::try_from(t % count).unwrap())),
                None => Target::Missing("no such node".into()),
            };
            let source = NodeId::from_u32(u32::try_from(source).unwrap());
            graph.edges.push(Edge {
                source, exit, target, id, label, target_handle: handle, extra, comments,
                origin: Origin::default(), exit_origin: Origin::default(), target_origin: Origin::default(),
            });
        }
        graph.viewport = view.map(|(x, y, zoom)| Viewport { at: Point { x: f64::from(x), y }, zoom });
        graph.strays.extend(stray.filter(|v| !v.is_object()).map(|json| Stray { edge: false, json }));
        graph
    }
}

prop_compose! {
    fn project()(
        flow in flow(),
        (head, tail) in (vec(line(), 0..2), vec(line(), 0..2)),
        tests in vec(test(), 0..3),
        entities in vec(declaration(), 0..4),
    ) -> Project {
        let mut project = Project::default();
        // A file that holds nothing but comments has no block to set the first of them apart from.
        project.files.push(SourceFile { head, tail, ..SourceFile::default() });
        project.flows.push(flow);
        let mut seen = std::collections::HashSet::new();
        for e in entities.into_iter().filter(|e| seen.insert((e.kind, e.key.clone()))) {
            project.entities.push(e);
        }
        for test in tests {
            project.tests.push(test);
        }
        project
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn generated_projects_survive(project in project()) {
        survives(&project);
    }

    /// Of several flows in one text each has a canvas of its own.
    #[test]
    fn generated_flows_of_one_text_survive(mut project in project(), more in vec(flow(), 1..3)) {
        for (n, flow) in more.into_iter().enumerate() {
            let key = format!("{}-{n}", flow.key);
            project.flows.push(Graph { key, ..flow });
        }
        let text = write_text(&project);
        let (read, unread) = from_text(&text);
        prop_assert_eq!(unread, Vec::<String>::new(), "{}", text);
        same(&project, &read, &text);
        prop_assert_eq!(write_text(&read), text, "printing isn't idempotent");
        for (id, flow) in &project.flows {
            let canvas = write_json(&project, id, &Nothing);
            let back = from_json(&canvas);
            prop_assert_eq!(back.flows.values().next(), Some(flow), "{}", canvas);
            prop_assert_eq!(write_json(&back, FlowId::from_u32(0), &Nothing), canvas);
        }
    }
}

// ---- a rich project, of which nothing may be dropped

const RICH: &str = include_str!("round_trip/rich.flow");

#[test]
fn the_rich_project_survives() {
    let (rich, unread) = from_text(RICH);
    assert_eq!(unread, Vec::<String>::new());
    assert_eq!(write_text(&rich), RICH, "round_trip/rich.flow isn't canonical");
    survives(&rich);
}

#[test]
fn every_line_counts() {
    let (rich, _) = from_text(RICH);
    for (number, line) in RICH.lines().enumerate().filter(|(_, l)| !l.trim().is_empty()) {
        let without: Vec<_> =
            RICH.lines().enumerate().filter(|(n, _)| *n != number).map(|(_, l)| l).collect();
        let (read, unread) = from_text(&without.join("\n"));
        let files =
            |p: &Project| p.files.values().map(|f| (f.head.clone(), f.tail.clone())).collect::<Vec<_>>();
        let noticed = !unread.is_empty() || !read.says_the_same(&rich) || files(&read) != files(&rich);
        assert!(noticed, "nobody misses line {}: {line}", number + 1);
    }
}

#[test]
fn every_member_counts() {
    let (rich, _) = from_text(RICH);
    let flow = FlowId::from_u32(0);
    let canvas: Value = serde_json::from_str(&write_json(&rich, flow, &Nothing)).unwrap();
    let whole = from_json(&canvas.to_string());
    let mut dropped = 0;
    for pointer in pointers(&canvas) {
        let mut less = canvas.clone();
        drop_at(&mut less, &pointer);
        let read = from_json(&less.to_string());
        let heads =
            |p: &Project| p.files.values().map(|f| (f.head.clone(), f.tail.clone())).collect::<Vec<_>>();
        // These are the values that reading takes for granted.
        let usual = match pointer.rsplit('/').next().unwrap() {
            "format" | "entity_type" => true,
            "targetHandle" => canvas.pointer(&pointer) == Some(&json!("incoming")),
            "config" => canvas.pointer(&pointer) == Some(&json!({})),
            "data" => canvas.pointer(&pointer) == Some(&json!({ "config": {} })),
            "sourceHandle" => canvas.pointer(&pointer) == Some(&json!("next")) || plain(&canvas, &pointer),
            "id" => usual_id(&canvas, &pointer),
            _ => false,
        };
        let noticed = !read.says_the_same(&whole) || heads(&read) != heads(&whole);
        assert!(noticed || usual, "nobody misses {pointer}");
        dropped += usize::from(noticed);
    }
    assert!(dropped > 100, "only {dropped} members were missed");
}

/// The only exit of a kind may go without its name.
fn plain(canvas: &Value, pointer: &str) -> bool {
    let source = &canvas.pointer(pointer.strip_suffix("/sourceHandle").unwrap()).unwrap()["source"];
    let node = canvas["nodes"].as_array().unwrap().iter().find(|n| n["id"] == *source).unwrap();
    let kind = node["type"].as_str().and_then(Kind::by_name);
    kind.and_then(|k| k.spec().plain_exit()).map(|e| e.name) == canvas.pointer(pointer).unwrap().as_str()
}

fn usual_id(canvas: &Value, pointer: &str) -> bool {
    let edge = canvas.pointer(pointer.strip_suffix("/id").unwrap()).unwrap();
    edge["id"].as_str()
        == Some(&format!(
            "{}.{}",
            edge["source"].as_str().unwrap_or(""),
            edge["sourceHandle"].as_str().unwrap_or("")
        ))
}

fn pointers(value: &Value) -> Vec<String> {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(m) => m.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect(),
        Value::Array(a) => a.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    };
    let below = children.iter().flat_map(|(k, v)| pointers(v).into_iter().map(move |p| format!("/{k}{p}")));
    children.iter().map(|(k, _)| format!("/{k}")).chain(below).collect()
}

fn drop_at(value: &mut Value, pointer: &str) {
    let (parent, last) = pointer.rsplit_once('/').unwrap();
    match value.pointer_mut(parent).unwrap() {
        Value::Object(m) => drop(m.shift_remove(&last.replace("~1", "/").replace("~0", "~"))),
        Value::Array(a) => drop(a.remove(last.parse().unwrap())),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            panic!("{pointer} leads into a leaf")
        }
    }
}
