use super::*;
use crate::{Source, read_text, world_of};

fn picture(text: &str) -> Picture {
    let read = read_text(&[Source { name: "main.flow", bytes: text.as_bytes() }]);
    let world = world_of(&read.project).0;
    Picture::of(read.project.flows.values().next().unwrap(), &world).unwrap()
}

const LOOP: &str = "flow main \"A & <b> \\\"c\\\" -->\" {\n  entry in: inbound_number \"+61299998888\" -> menu\n  \
    menu: ivr_menu m {\n    1 \"one | two\" -> ann\n    timeout -> menu\n    invalid -> bye\n  }\n  \
    ann: extension 101 {\n    answered -> bye\n    no_answer -> menu\n  }\n  bye: hangup\n  lost: hangup\n}\n";

#[test]
fn the_same_flow_gives_the_same_picture() {
    assert_eq!(svg(&picture(LOOP)), svg(&picture(LOOP)));
}

#[test]
fn text_never_becomes_markup() {
    let picture = picture(LOOP);
    let (svg, mermaid, dot) = (svg(&picture), mermaid(&picture), dot(&picture));
    assert!(svg.contains("A &amp; &lt;b&gt; &quot;c&quot; --&gt;"), "{svg}");
    assert!(mermaid.contains("|\"1  one #124; two\"|"), "{mermaid}");
    assert!(dot.starts_with("digraph \"A & <b> \\\"c\\\" -->\" {"), "{dot}");
}

#[test]
fn lines_that_lead_back_and_nodes_without_calls_are_told_apart() {
    let picture = picture(LOOP);
    let svg = svg(&picture);
    assert_eq!(svg.matches("class=\"line back\"").count(), 2, "{svg}");
    assert_eq!(svg.matches("no call comes here").count(), 1, "{svg}");
}

#[test]
fn programs_get_the_same_places() {
    let placed = places(&picture(LOOP));
    let names: Vec<_> = placed.nodes.iter().map(|card| card.node.as_str()).collect();
    assert_eq!(names, ["in", "menu", "ann", "bye", "lost"]);
    let inside =
        |card: &PlacedCard| card.x + card.width <= placed.width && card.y + card.height <= placed.height;
    assert!(placed.nodes.iter().all(inside), "{placed:?}");
    assert!(svg(&picture(LOOP)).contains("<g data-node=\"menu\">"));
}

#[test]
fn cards_never_overlap() {
    let picture = picture(LOOP);
    let places = layout::layout(&picture).places;
    for (n, (x, y)) in places.iter().enumerate() {
        for (m, (u, v)) in places.iter().enumerate().skip(n + 1) {
            let (h, k) = (layout::height(&picture.cards[n]), layout::height(&picture.cards[m]));
            assert!(x != u || y + h <= *v || v + k <= *y, "{n} and {m} overlap");
        }
    }
}

const ABOUT: &str = "flow main \"About\" {\n  entry in: inbound_number \"+61299998888\" -> who\n  \
    who: branch { when = \"caller.number starts_with +614\" yes -> note no -> box }\n  \
    note: set { variable = lang value = \"'vi'\" next -> oncall }\n  \
    oncall \"Nurse\": transfer { number = \"+61411999999\" failed -> box }\n  \
    box \"Nurse\": voicemail nurse -> bye\n  bye: hangup\n}\n";

#[test]
fn cards_tell_what_is_decided_and_where_calls_are_sent() {
    let picture = picture(ABOUT);
    let cards: Vec<_> =
        picture.cards.iter().map(|card| (card.title.as_str(), card.subtitle.as_str())).collect();
    assert_eq!(
        cards,
        [
            ("in", "inbound number +61299998888"),
            ("who", "branch caller.number starts_with +614"),
            ("note", "set lang = 'vi'"),
            ("Nurse (oncall)", "transfer to +61411999999"),
            ("Nurse (box)", "voicemail nurse"),
            ("bye", "hangup"),
        ]
    );
    let svg = svg(&picture);
    assert!(svg.contains(">failed</text>"), "the only exit of a transfer isn't the way on: {svg}");
    assert_eq!(svg.matches(">next</text>").count(), 0, "{svg}");
}
