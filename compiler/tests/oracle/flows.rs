//! Flows made of numbers: every kind of the catalogue with its fields and exits, in an office that has one or more of
//! every entity. A new kind is in them by being in the catalogue; only a new type of field has to be learnt here.

use std::fmt::Write as _;

use flow_compiler::entity::EntityKind;
use flow_compiler::entity::catalog::Catalog;
use flow_compiler::graph::{Comments, Field, Node, Origin};
use flow_compiler::nodes::Kind;
use flow_compiler::nodes::spec::{EntityUse, FieldDefault, FieldSpec, FieldType, Unwired};
use flow_compiler::world::World;

/// The office.
pub const OFFICE: &str = r#"
flow helper {
  zone = "UTC"
  inputs = [n:number, at:time]
  exits = [ok, failed]
  entry begin: start -> first
  first: set { variable = tries  value = "n * 3 + length(text(at))"  next -> big }
  big: branch { when = "tries < 9 or n > 20"  yes -> ask  no -> inner }
  ask: collect hello { variable = label  max = 3  retries = 0  next -> ok  timeout -> failed  invalid -> failed }
  inner: subflow { flow = last  done -> failed }
  ok: return { exit = ok }
  failed: return { exit = failed }
}
flow last {
  exits = [done]
  entry begin: start -> play
  play: play_message hello { barge_in = true  next -> done  interrupted -> bye }
  done: return { exit = done }
  bye: hangup
}
trunk carrier { hosts = ["203.0.113.0/24"] }
inbound_number "+61299998888" { trunk = carrier }
extension 101 "Ann"
extension 102 "Ben" { ring_timeout = 40s }
ring_group sales { members = [101, 102] }
ring_group one { members = [102]  ring_timeout = 12s }
voicemail_box night
voicemail_box day { greeting = hello }
prompt hello { file = "hello.wav" }
queue support { members = [101, 102]  max_wait = 40s }
queue calm { members = [102] }
conference weekly { dial_in = "800" }
ivr_menu main { greeting = hello  retries = 2
  key 1
  key 2
  key *
}
ivr_menu brief { greeting = hello  timeout = 3s  retries = 0
  key 7
  key #
}
time_switch hours {
  timezone = "Europe/Berlin"
  rule open { days = mon..fri  hours = [08:00..12:00, 13:30..17:00] }
  rule late { days = [fri, sun]  hours = 22:00..02:00 }
  rule weekend { days = [sat, sun] }
  except eve { date = 2026-12-24  hours = 10:00..12:00  as = open }
  except holiday { date = 2026-12-24..2026-12-26  as = holiday }
  except party { date = 2026-12-31  hours = 20:00..03:00  as = weekend }
}
time_switch always {
  timezone = "UTC"
  rule lunch { days = mon..sun  hours = 12:00..13:00 }
}
"#;

/// Set before anything else, so that every variable has a value wherever it is read.
const VARIABLES: [(&str, &str, &[&str]); 6] = [
    ("due", "08:30", &["now.time", "due + 90min", "due - 1h", "now.time - 25s"]),
    ("left", "25s", &["now.time - due", "left + 2h", "due - 12:00", "left - 90s"]),
    (
        "tries",
        "0",
        &[
            "tries + 1",
            "tries * 7 - 3",
            "9223372036854775807 + tries",
            "length(label)",
            "length(caller.number)",
        ],
    ),
    (
        "label",
        "'x'",
        &["label + caller.name", "'Ü' + text(tries)", "text(vip) + text(line)", "label + label"],
    ),
    (
        "vip",
        "false",
        &[
            "not vip",
            "tries < 3",
            "caller.number starts_with +614",
            "label contains 'x' and vip",
            "line == called.number or vip",
        ],
    ),
    ("line", "caller.number", &["called.number", "+61411111111", "tel:101"]),
];

const CONDITIONS: &[&str] = &[
    "vip",
    "tries < 2",
    "tries >= 2 or not vip",
    "line ends_with 8888",
    "line ends_with tel:8888",
    "length(label) > 9",
    "caller.name != 'Ann'",
    "now.time >= 08:30 and now.weekday != sun",
    "now.date < 2026-12-25",
    "now.date == 2026-12-24 or due <= 17:30",
    "left > 1h",
    "called.number == +61299998888 and tries <= 3",
];

const TEMPLATES: &[&str] = &[
    "Sales: {caller.name}",
    "{tries}",
    "{{{label}}}",
    "",
    "{line}{line}{line}{line}{label}",
    "0{caller.number}",
    "{due} {left} {now.weekday} {now.date}",
];

/// Phone numbers to transfer calls to.
const PHONES: &[&str] = &["line", "caller.number", "tel:101", "tel:102", "+61411111111"];

/// Answers of webhooks, as text and as JSON.
const ANSWERS: &[(&str, &str)] = &[
    ("known", r#"[{"name": "known"}]"#),
    (
        r#"["known(tries: number, label: text)", "vip(vip: bool, line: phone)"]"#,
        r#"[{"name": "known", "fields": [{"name": "tries", "type": "number"}, {"name": "label", "type": "text"}]},
            {"name": "vip", "fields": [{"name": "vip", "type": "bool"}, {"name": "line", "type": "phone"}]}]"#,
    ),
];
/// Fields of a `collect` that hang together, and those that are free.
const COLLECTS: &[&str] = &[
    "variable = label  min = 2  max = 6",
    "variable = label  confirm = hello",
    "variable = tries  holds = number  min = 3  max = 3  confirm = hello",
    "variable = line  holds = phone  terminator = none  max = 10",
    "secret = \"door\"  min = 4  max = 8",
    "secret = \"door\"  terminator = \"*\"",
];
const FREE: [&str; 3] = ["timeout", "digit_timeout", "retries"];

/// Numbers that decide; when they are used up, all later ones are 0.
pub struct Choices<'c>(pub std::slice::Iter<'c, u16>);

impl Choices<'_> {
    /// One of so many.
    pub fn of(&mut self, count: usize) -> usize {
        usize::from(self.0.next().copied().unwrap_or(0)) % count.max(1)
    }

    /// One of these.
    pub fn one<'t, T: ?Sized>(&mut self, all: &[&'t T]) -> &'t T {
        all[self.of(all.len())]
    }
}

/// The kinds that nodes are made of: all but entries.
pub fn kinds() -> Vec<Kind> {
    // A `return` is for flows that others call; there is one in the office.
    let usual = |kind: &Kind| !kind.spec().is_entry() && *kind != Kind::ComeBack;
    Kind::ALL.iter().copied().filter(usual).collect()
}

/// A flow with its office, and a test that says what phones and the caller do.
pub fn text(nodes: &[Vec<u16>], script: &[u16], world: &Catalog) -> String {
    let mut text = String::from(
        "flow main {\n  zone = \"Europe/Berlin\"\n  entry in: inbound_number \"+61299998888\" -> set0\n",
    );
    for (n, (variable, first, _)) in VARIABLES.iter().enumerate() {
        let next = if n + 1 < VARIABLES.len() { format!("set{}", n + 1) } else { "n0".to_owned() };
        writeln!(text, "  set{n}: set {{ variable = {variable}  value = {first:?}  next -> {next} }}")
            .unwrap();
    }
    for (n, choices) in nodes.iter().enumerate() {
        node(&mut text, n, nodes.len(), &mut Choices(choices.iter()), world);
    }
    writeln!(text, "  n{}: hangup\n}}", nodes.len()).unwrap();
    test(&mut text, &mut Choices(script.iter()));
    text + OFFICE
}

fn node(text: &mut String, n: usize, count: usize, choices: &mut Choices<'_>, world: &Catalog) {
    let kinds = kinds();
    // A time switch has most exits, some of them for a few hours of a few days: it comes more often.
    let kind = kinds.get(choices.of(kinds.len() + 3)).copied().unwrap_or(Kind::TimeSwitch);
    let spec = kind.spec();
    write!(text, "  n{n}: {}", kind.name()).unwrap();
    let mut facts = None;
    match spec.entity {
        EntityUse::None => {}
        EntityUse::One(entity) | EntityUse::Many(entity) => {
            let key = choices.one(&world.keys(entity)).to_owned();
            facts = world.entity(entity, &key);
            write!(text, " {key:?}").unwrap();
        }
    }
    text.push_str(" {");
    let variable = choices.of(VARIABLES.len());
    if kind == Kind::Subflow {
        let given = choices.one(&["tries", "tries - 4", "0"]);
        let time = choices.one(&["due", "now.time", "now.time + left"]);
        write!(text, "  flow = helper  gives = [{given:?}, {time:?}]").unwrap();
        for exit in ["ok", "failed"] {
            write!(text, "  {exit} -> n{}", n + 1 + choices.of(count - n)).unwrap();
        }
    }
    if kind == Kind::Collect {
        write!(text, "  {}", choices.one(COLLECTS)).unwrap();
    }
    let mut made = Node { kind: Some(kind), ..Node::default() };
    let inside = choices.of(2) == 1;
    let own = [Kind::Collect, Kind::Subflow].contains(&kind);
    for field in spec.fields.iter().filter(|field| !own || FREE.contains(&field.name)) {
        if kind == Kind::Transfer && ["extension", "number"].contains(&field.name) {
            // One of the two, and never both.
            if (field.name == "extension") == inside {
                write!(text, "  {} = {}", field.name, value(kind, field, variable, choices)).unwrap();
            }
        } else if field.ty == FieldType::Answers {
            if let Some((spelled, json)) = ANSWERS.get(choices.of(ANSWERS.len() + 1)) {
                write!(text, "  {} = {spelled}", field.name).unwrap();
                let value = serde_json::from_str(json).unwrap();
                let (name, comments) = (field.name.to_owned(), Comments::default());
                made.fields.push(Field { name, value, comments, origin: Origin::default() });
            }
        } else if field.default == FieldDefault::Required || choices.of(2) == 1 {
            write!(text, "  {} = {}", field.name, value(kind, field, variable, choices)).unwrap();
        }
    }
    for (exit, spec) in kind.exits(&made, facts) {
        if spec.unwired == Unwired::Refused || choices.of(3) > 0 {
            // Calls may go back only where they spend time.
            let from = if kind.spec().waits { 0 } else { n + 1 };
            writeln!(text, "  {exit} -> n{}", from + choices.of(count + 1 - from)).unwrap();
        }
    }
    text.push_str(" }\n");
}

fn value(kind: Kind, field: &FieldSpec, variable: usize, choices: &mut Choices<'_>) -> String {
    let (name, _, values) = VARIABLES[variable];
    match field.ty {
        FieldType::Bool => choices.one(&["true", "false"]).to_owned(),
        FieldType::Int { min, max } => [min, max, (min + max) / 2][choices.of(3)].to_string(),
        FieldType::Seconds { min, max } => format!("{}s", [min, max, (min + max) / 2][choices.of(3)]),
        // The first word is the usual one; others may want a call that isn't answered.
        FieldType::Word(words) => words[choices.of(2 * words.len()).saturating_sub(words.len())].to_owned(),
        FieldType::Variable => name.to_owned(),
        FieldType::Expr if kind == Kind::Set => format!("{:?}", choices.one(values)),
        FieldType::Expr if kind == Kind::Transfer => format!("{:?}", choices.one(PHONES)),
        FieldType::Expr => format!("{:?}", choices.one(CONDITIONS)),
        FieldType::Ref(EntityKind::Extension) => choices.one(&["101", "102"]).to_owned(),
        FieldType::Url => choices.one(&["\"https://crm.example/x\"", "\"http://localhost\""]).to_owned(),
        FieldType::Template => format!("{:?}", choices.one(TEMPLATES)),
        FieldType::Text { .. }
        | FieldType::Ref(_)
        | FieldType::Refs(_)
        | FieldType::Networks
        | FieldType::Zone
        | FieldType::Weekdays
        | FieldType::Hours
        | FieldType::Dates
        | FieldType::Dial
        | FieldType::Answers
        | FieldType::Inputs
        | FieldType::Names
        | FieldType::Flow
        | FieldType::Exprs
        | FieldType::Exit => panic!(
            "no node has had a field such as `{}` of `{}` yet: say what it may be",
            field.name,
            kind.name()
        ),
    }
}

/// A caller's script. It expects nothing: what must come of it is what the oracle says.
fn test(text: &mut String, choices: &mut Choices<'_>) {
    text.push_str("test \"a call\" {\n");
    writeln!(
        text,
        "  at 2026-{}",
        choices.one(&["03-02 10:00", "12-24 11:59", "12-25 09:00", "01-04 01:30", "03-29 02:30"])
    )
    .unwrap();
    let from = ["", " from \"+61411111111\"", " from \"+61299998888\""][choices.of(3)];
    writeln!(text, "  call \"+61299998888\"{from}").unwrap();
    if choices.of(2) == 1 {
        text.push_str("  caller_name \"Ann Österreich\"\n");
    }
    if choices.of(2) == 1 {
        text.push_str("  secret door 0471\n");
    }
    for extension in ["101", "102"] {
        let does = [
            "",
            "answers after 4s",
            "answers after 50s",
            "busy",
            "declines",
            "unavailable",
            "do_not_disturb",
        ][choices.of(7)];
        if !does.is_empty() {
            writeln!(text, "  phone {extension} {does}").unwrap();
        }
    }
    for mailbox in ["night", "day"] {
        let does = ["", "full", "fails"][choices.of(3)];
        if !does.is_empty() {
            writeln!(text, "  mailbox {mailbox} {does}").unwrap();
        }
    }
    let lines =
        ["queue support full", "queue calm no_answer", "conference weekly full", "conference weekly refuses"];
    for line in lines.into_iter().chain(["line \"+61411111111\" fails"]) {
        if choices.of(5) == 1 {
            writeln!(text, "  {line}").unwrap();
        }
    }
    for _ in 0..choices.of(12) {
        let step = [
            "press 1",
            "press 7",
            "press 9 *",
            "press #",
            "wait",
            "draw no",
            "draw yes no",
            "digits 0471#",
            "hang_up",
        ][choices.of(9)];
        writeln!(text, "  {step}").unwrap();
        if step == "hang_up" {
            break;
        }
    }
    text.push_str("}\n");
}
