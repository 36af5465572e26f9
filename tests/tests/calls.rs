//! Calls through the exchange in simulated time, one behaviour a test. People and wires do what each test says.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::net::SocketAddr;
use std::time::Duration;

use flow_call::record::{CallRecord, Disposition, LegEnd};
use flow_call::{Office, Output};
use flow_media::control::{Codec, Command, Direction, Source};
use flow_sip::{ConnectionId, LegId};
use flow_tests::world::party::{Do, Manners};
use flow_tests::world::store::Mood;
use flow_tests::world::wire::Packet;
use flow_tests::world::{EXCHANGE, PartyIx, Plan, World, check, office};

const S: fn(u64) -> Duration = Duration::from_secs;
const ANN: PartyIx = PartyIx(0);
const BOB: PartyIx = PartyIx(1);

fn world() -> World {
    World::new(Plan::calm(1))
}

fn world_with(change: impl FnOnce(&mut Office)) -> World {
    let mut plan = Plan::calm(1);
    change(&mut plan.office);
    World::new(plan)
}

fn newest(w: &World, who: PartyIx) -> (PartyIx, LegId) {
    (who, w.party(who).newest().unwrap().0)
}

fn dial(w: &mut World, who: PartyIx, number: &str) {
    w.act(who, Do::Dial(number.to_owned()));
}

fn answers(after_ms: u64) -> Manners {
    Manners::Answer { after_ms, early: false }
}

/// A phone calls another, which answers; they talk.
fn talking(w: &mut World, from: PartyIx, to: PartyIx, number: &str) -> ((PartyIx, LegId), (PartyIx, LegId)) {
    w.party_mut(to).manners = answers(1_000);
    dial(w, from, number);
    w.expect("they talk", S(10), |w| {
        let (Some((a, _)), Some((b, _))) = (w.party(from).newest(), w.party(to).newest()) else {
            return false;
        };
        w.talk((from, a), (to, b))
    });
    w.wait(S(1));
    (newest(w, from), newest(w, to))
}

/// Everybody has hung up: nothing is left, and the only record is returned.
fn over(w: &mut World) -> CallRecord {
    w.expect("the call ends", S(120), |w| w.exchange.active_calls() == 0);
    rest(w);
    w.store.only().clone()
}

fn rest(w: &mut World) {
    w.wait(S(120));
    if let Err(fault) = check::at_rest(w) {
        w.fail(&fault);
    }
}

fn nodes(record: &CallRecord) -> Vec<String> {
    record.path.iter().map(|step| format!("{}.{}", step.node, step.exit.as_deref().unwrap_or("-"))).collect()
}

fn status_of_call(number: &str, mut w: World, from: PartyIx) -> (u16, CallRecord) {
    dial(&mut w, from, number);
    w.expect("the caller is refused", S(60), |w| {
        w.party(from).newest().is_some_and(|(_, leg)| leg.status.is_some_and(|status| status != 407))
    });
    let status = w.party(from).newest().unwrap().1.status.unwrap();
    (status, over(&mut w))
}

#[test]
fn a_phone_calls_another_and_hangs_up() {
    let mut w = world();
    let (a, _) = talking(&mut w, ANN, BOB, "102");
    assert!(w.party(ANN).leg(a.1).rang, "180 reached the caller");
    assert_eq!(w.party(BOB).newest().unwrap().1.caller.number, "101");
    assert_eq!(
        w.party(BOB).newest().unwrap().1.caller.name,
        "Person 101",
        "people are shown as we know them"
    );
    w.act(ANN, Do::Hangup(a.1));
    let record = over(&mut w);
    assert_eq!(record.disposition, Some(Disposition::Answered));
    assert_eq!(record.cause, "the caller hung up");
    assert_eq!(record.legs.len(), 1);
    assert_eq!(record.legs[0].end, LegEnd::Answered);
    assert!(record.legs[0].media.is_some() && record.media.is_some(), "figures of both sides");
    assert_eq!(record.flow, "102");
    assert_eq!(nodes(&record), ["in.-"]);
    assert!(w.party(BOB).newest().unwrap().1.over);
}

#[test]
fn the_callee_hangs_up_first() {
    let mut w = world();
    let (a, b) = talking(&mut w, ANN, BOB, "102");
    w.act(BOB, Do::Hangup(b.1));
    let record = over(&mut w);
    assert_eq!(record.disposition, Some(Disposition::Answered));
    assert_eq!(record.cause, "the called party hung up");
    assert_eq!(nodes(&record), ["in.answered", "over.-"]);
    assert!(w.party(ANN).leg(a.1).over);
}

#[test]
fn a_caller_who_gives_up_stops_the_ringing() {
    let mut w = world();
    w.party_mut(BOB).manners = Manners::RingOn;
    dial(&mut w, ANN, "102");
    w.expect("it rings", S(5), |w| w.party(ANN).newest().is_some_and(|(_, leg)| leg.rang));
    let a = newest(&w, ANN);
    w.act(ANN, Do::Hangup(a.1));
    w.expect("the phone stops", S(2), |w| w.party(BOB).newest().unwrap().1.over);
    let record = over(&mut w);
    assert_eq!(record.disposition, Some(Disposition::Cancelled));
    assert_eq!(record.cause, "the caller gave up before an answer");
    assert_eq!(record.legs[0].end, LegEnd::NotAnswered);
    assert_eq!(w.party(BOB).legs.len(), 1, "nothing rings afterwards");
}

#[test]
fn what_the_phone_says_reaches_the_caller() {
    for (status, expected, disposition) in [
        (486, 486, Disposition::Busy),
        (600, 486, Disposition::Busy),
        (603, 603, Disposition::Rejected),
        (500, 480, Disposition::Unavailable),
        (404, 480, Disposition::Unavailable),
    ] {
        let mut w = world();
        w.party_mut(BOB).manners = Manners::Refuse { after_ms: 500, status, ring: true };
        let (got, record) = status_of_call("102", w, ANN);
        assert_eq!(got, expected, "the phone said {status}");
        assert_eq!(record.disposition, Some(disposition), "the phone said {status}");
        assert_eq!(record.legs[0].end, LegEnd::Refused(status));
    }
}

#[test]
fn nobody_answers() {
    let mut w = world();
    w.party_mut(BOB).manners = Manners::RingOn;
    let (status, record) = status_of_call("102", w, ANN);
    assert_eq!(status, 480);
    assert_eq!(record.disposition, Some(Disposition::Unavailable), "as the built-in program says");
    assert_eq!(nodes(&record), ["in.no_answer", "nobody.-"]);
    let rang = record.legs[0].ended_ms.unwrap() - record.legs[0].called_ms;
    assert_eq!(rang, i64::from(office::RING_MS));
}

#[test]
fn no_phone_and_do_not_disturb_are_told_at_once_and_apart() {
    let mut plan = Plan::calm(1);
    plan.phones = vec![("101", 1), ("102", 0)];
    let (status, record) = status_of_call("102", World::new(plan), ANN);
    assert_eq!((status, nodes(&record)[0].as_str()), (480, "in.unavailable"));
    assert_eq!(record.ended_ms.unwrap(), record.started_ms);

    let w = world_with(|office| office.extensions.get_mut("102").unwrap().dnd = true);
    let (status, record) = status_of_call("102", w, ANN);
    assert_eq!((status, nodes(&record)[0].as_str()), (486, "in.busy"));
    assert!(record.legs.is_empty(), "no phone rang");
}

#[test]
fn numbers_that_nothing_has() {
    for (who, number) in [(PartyIx(2), "+61255555555"), (PartyIx(2), "999"), (ANN, "105")] {
        let (status, record) = status_of_call(number, world(), who);
        assert_eq!(status, 404, "{number}");
        assert_eq!(record.disposition, Some(Disposition::NotFound));
        assert_eq!(record.dialled, number);
    }
}

#[test]
fn a_number_of_another_trunk_is_not_taken() {
    let of = |trunk: &str| {
        let trunk = trunk.to_owned();
        world_with(|office| office.numbers.get_mut(office::EARLY).unwrap().trunk = Some(trunk))
    };
    assert_eq!(status_of_call(office::EARLY, of("other"), PartyIx(2)).0, 404);
    assert_eq!(status_of_call(office::EARLY, of("carrier"), PartyIx(2)).0, 603);
    assert_eq!(status_of_call(office::EARLY, of("other"), ANN).0, 603, "our own phones may call it");
}

#[test]
fn a_number_in_the_trunks_own_form_finds_its_flow() {
    for form in ["0299998888", "61299998888", "001161299998888", office::MENU] {
        let mut w = world();
        let trunk = w.trunk();
        dial(&mut w, trunk, form);
        w.expect("the menu", S(5), |w| w.exchange.calls().any(|call| call.activity == "menu"));
        assert_eq!(w.exchange.calls().next().unwrap().flow, "main", "{form}");
    }
}

#[test]
fn a_menu_rings_a_group_and_the_first_phone_wins() {
    let mut w = world();
    w.wire.log = Some(Vec::new());
    w.media.log = Some(Vec::new());
    let trunk = w.trunk();
    w.party_mut(ANN).manners = answers(2_000);
    w.party_mut(BOB).manners = Manners::RingOn;
    dial(&mut w, trunk, office::MENU);
    w.expect("the greeting", S(5), |w| w.exchange.calls().any(|call| call.activity == "menu"));
    w.wait(S(1));
    let caller = newest(&w, trunk);
    w.act(trunk, Do::Press(caller.1, '1'));
    w.expect("phones ring", S(1), |w| w.exchange.calls().any(|call| call.activity == "ringing"));
    let ringback = |command: &Command| matches!(command, Command::Play { source: Source::Tone(_), .. });
    assert!(w.media.log.as_ref().unwrap().iter().any(ringback), "an answered caller hears ringback");
    w.expect("they talk", S(5), |w| w.party(ANN).newest().is_some_and(|(leg, _)| w.talk(caller, (ANN, leg))));
    w.wait(S(1));
    assert!(w.party(BOB).newest().unwrap().1.over, "the other phone stops");
    assert_eq!(w.party(ANN).newest().unwrap().1.caller.number, "trunk", "the outside caller's number");
    let cancel = w.wire.log.as_ref().unwrap().iter().find(|packet| packet.start_line().starts_with("CANCEL"));
    let reason = cancel.unwrap().header("Reason").unwrap();
    assert_eq!(reason, "SIP;cause=200;text=\"Call completed elsewhere\"");
    w.act(trunk, Do::Hangup(caller.1));
    let record = over(&mut w);
    assert_eq!(record.keys, "1");
    assert_eq!(nodes(&record), ["in.1", "sales.-"]);
    assert_eq!(record.disposition, Some(Disposition::Answered));
    let ends: Vec<LegEnd> = record.legs.iter().map(|leg| leg.end).collect();
    assert_eq!(ends, [LegEnd::Answered, LegEnd::Elsewhere]);
}

#[test]
fn a_group_is_busy_only_when_everybody_is() {
    let mut w = world();
    let trunk = w.trunk();
    w.party_mut(ANN).manners = Manners::Refuse { after_ms: 100, status: 486, ring: false };
    w.party_mut(BOB).manners = Manners::Refuse { after_ms: 900, status: 486, ring: true };
    dial(&mut w, trunk, office::SALES);
    let (status, record) = {
        w.expect("busy", S(5), |w| w.party(trunk).newest().unwrap().1.status.is_some());
        (w.party(trunk).newest().unwrap().1.status.unwrap(), over(&mut w))
    };
    assert_eq!((status, nodes(&record)[0].as_str()), (486, "in.busy"));

    let mut w = world();
    w.party_mut(ANN).manners = Manners::Refuse { after_ms: 100, status: 486, ring: false };
    w.party_mut(BOB).manners = answers(3_000);
    dial(&mut w, trunk, office::SALES);
    w.expect("they talk", S(5), |w| {
        w.party(BOB).newest().is_some_and(|(b, _)| w.talk(newest(w, trunk), (BOB, b)))
    });
}

#[test]
fn a_declined_phone_stops_the_other_phones_of_its_user_only() {
    let mut plan = Plan::calm(1);
    plan.phones = vec![("101", 2), ("102", 1)];
    let mut w = World::new(plan);
    let (trunk, first, second, other) = (PartyIx(3), PartyIx(0), PartyIx(1), PartyIx(2));
    w.party_mut(first).manners = Manners::Refuse { after_ms: 500, status: 603, ring: true };
    w.party_mut(second).manners = Manners::RingOn;
    w.party_mut(other).manners = Manners::RingOn;
    dial(&mut w, trunk, office::SALES);
    w.wait(S(3));
    assert!(w.party(second).newest().unwrap().1.over);
    assert!(!w.party(other).newest().unwrap().1.over);
}

#[test]
fn hold_and_resume_from_either_side() {
    for holder_is_caller in [true, false] {
        let mut w = world();
        let (a, b) = talking(&mut w, ANN, BOB, "102");
        let (holder, held) = if holder_is_caller { (a, b) } else { (b, a) };
        w.act(holder.0, Do::Direct(holder.1, Direction { send: true, recv: false }));
        w.wait(S(1));
        assert!(w.hears(held, holder), "music of the holder is heard");
        assert!(!w.hears(holder, held), "who is held isn't heard");
        for party in [ANN, BOB] {
            let at = w.party(party).rtp(newest(&w, party).1).unwrap();
            w.media.silence(w.now, at, false);
        }
        w.wait(S(1));
        assert_eq!(w.exchange.active_calls(), 1, "silence on hold ends nothing");
        w.act(holder.0, Do::Direct(holder.1, Direction::BOTH));
        w.wait(S(1));
        assert!(w.talk(a, b), "resumed");
        assert_eq!(w.party(ANN).legs.values().filter(|leg| !leg.over).count(), 1, "no second call");
        w.act(ANN, Do::Hangup(a.1));
        over(&mut w);
    }
}

#[test]
fn silence_on_both_sides_ends_the_call() {
    let mut w = world();
    let (a, b) = talking(&mut w, ANN, BOB, "102");
    let at = |w: &World, leg: (PartyIx, LegId)| w.party(leg.0).rtp(leg.1).unwrap();
    let (a_at, b_at) = (at(&w, a), at(&w, b));
    w.media.silence(w.now, a_at, false);
    w.wait(S(5));
    w.media.silence(w.now, a_at, true);
    w.wait(S(5));
    w.media.silence(w.now, b_at, false);
    w.wait(S(5));
    assert_eq!(w.exchange.active_calls(), 1, "one side after the other is no dead call");
    w.media.silence(w.now, a_at, false);
    let record = over(&mut w);
    assert_eq!(record.cause, "no sound came from either side any more");
    assert!(w.party(ANN).leg(a.1).over && w.party(BOB).leg(b.1).over);
}

#[test]
fn codecs_are_shared_where_that_can_be() {
    use Codec::{Pcma, Pcmu};
    // (caller, callee, what each then uses)
    let cases: [(&[Codec], &[Codec], Codec, Codec); 5] = [
        (&[Pcmu, Pcma], &[Pcma, Pcmu], Pcmu, Pcmu),
        (&[Pcmu, Pcma], &[Pcma], Pcma, Pcma),
        (&[Pcmu], &[Pcma, Pcmu], Pcmu, Pcmu),
        (&[Pcmu], &[Pcma], Pcmu, Pcma),
        (&[Pcma], &[Pcmu], Pcma, Pcmu),
    ];
    for (caller, callee, caller_uses, callee_uses) in cases {
        let mut w = world();
        w.party_mut(ANN).codecs = caller.to_vec();
        w.party_mut(BOB).codecs = callee.to_vec();
        let (a, b) = talking(&mut w, ANN, BOB, "102");
        let uses = |w: &World, leg: (PartyIx, LegId)| {
            w.media.setup(w.party(leg.0).rtp(leg.1).unwrap()).unwrap().codec
        };
        assert_eq!((uses(&w, a), uses(&w, b)), (caller_uses, callee_uses), "{caller:?} calls {callee:?}");
    }
}

#[test]
fn a_codec_that_the_menu_settled_stays() {
    let mut w = world();
    let trunk = w.trunk();
    w.party_mut(trunk).codecs = vec![Codec::Pcmu, Codec::Pcma];
    w.party_mut(ANN).codecs = vec![Codec::Pcma, Codec::Pcmu];
    w.party_mut(ANN).manners = answers(1_000);
    dial(&mut w, trunk, office::MENU);
    w.expect("the greeting", S(5), |w| w.exchange.calls().any(|call| call.activity == "menu"));
    w.wait(S(1));
    let caller = newest(&w, trunk);
    let at = w.party(trunk).rtp(caller.1).unwrap();
    let settled = w.media.setup(at).unwrap().codec;
    w.act(trunk, Do::Press(caller.1, '2'));
    w.expect("they talk", S(5), |w| w.party(ANN).newest().is_some_and(|(leg, _)| w.talk(caller, (ANN, leg))));
    let callee = w.party(ANN).rtp(newest(&w, ANN).1).unwrap();
    assert_eq!(w.media.setup(at).unwrap().codec, settled);
    assert_eq!(w.media.setup(callee).unwrap().codec, settled, "both speak it, so nothing is transcoded");
}

#[test]
fn early_media_of_a_single_phone_is_heard() {
    let mut w = world();
    w.party_mut(BOB).manners = Manners::Answer { after_ms: 3_000, early: true };
    dial(&mut w, ANN, "102");
    w.expect("early media", S(2), |w| {
        w.party(BOB).newest().is_some_and(|(b, _)| w.hears(newest(w, ANN), (BOB, b)))
    });
    w.wait(Duration::from_millis(500));
    assert!(w.party(ANN).newest().unwrap().1.early && !w.party(ANN).newest().unwrap().1.answered);
    w.expect("they talk", S(5), |w| w.party(ANN).newest().unwrap().1.answered);
    assert!(w.talk(newest(&w, ANN), newest(&w, BOB)));
    let a = newest(&w, ANN);
    w.wait(S(1));
    w.act(ANN, Do::Hangup(a.1));
    over(&mut w);
}

#[test]
fn a_phone_that_answers_with_several_codecs_gets_the_shared_one() {
    let mut w = world();
    w.party_mut(ANN).codecs = vec![Codec::Pcmu];
    w.party_mut(BOB).answers_all = true;
    w.party_mut(BOB).codecs = vec![Codec::Pcma, Codec::Pcmu];
    let (_, b) = talking(&mut w, ANN, BOB, "102");
    assert_eq!(w.media.setup(w.party(BOB).rtp(b.1).unwrap()).unwrap().codec, Codec::Pcmu);
}

#[test]
fn early_media_of_a_group_is_not() {
    let mut w = world();
    let trunk = w.trunk();
    for phone in [ANN, BOB] {
        w.party_mut(phone).manners = Manners::Answer { after_ms: 3_000, early: true };
    }
    dial(&mut w, trunk, office::SALES);
    w.wait(S(1));
    let leg = w.party(trunk).newest().unwrap().1;
    assert!(leg.rang && !leg.early);
}

#[test]
fn a_prompt_before_the_answer_then_a_refusal() {
    let mut w = world();
    let trunk = w.trunk();
    dial(&mut w, trunk, office::EARLY);
    w.expect("the prompt", S(2), |w| w.party(trunk).newest().unwrap().1.early);
    let at = w.party(trunk).rtp(newest(&w, trunk).1).unwrap();
    assert!(w.media.plays(at));
    w.expect("the refusal", S(5), |w| w.party(trunk).newest().unwrap().1.status == Some(603));
    let record = over(&mut w);
    assert_eq!(record.answered_ms, None);
    assert_eq!(record.disposition, Some(Disposition::Rejected));
}

/// An outside caller says nothing in the menu and comes to the mailbox; returns when the recording runs.
fn recording(w: &mut World) -> (PartyIx, LegId) {
    let trunk = w.trunk();
    w.media.log = Some(Vec::new());
    dial(w, trunk, office::MENU);
    let records = |w: &World| {
        w.media.log.as_ref().unwrap().iter().any(|command| matches!(command, Command::Record { .. }))
    };
    w.expect("a recording", S(30), records);
    newest(w, trunk)
}

#[test]
fn a_message_is_kept_whoever_ends_it() {
    // The caller hangs up, presses #, or speaks until the longest length.
    for (end, length_ms, cause) in [
        (Some(Do::Hangup as fn(LegId) -> Do), 4_000, "the caller hung up"),
        (Some(|leg| Do::Press(leg, '#')), 4_000, "the flow ended the call"),
        (None, 30_000, "the flow ended the call"),
    ] {
        let mut w = world();
        let caller = recording(&mut w);
        if let Some(end) = end {
            w.wait(S(4));
            w.act(caller.0, end(caller.1));
        }
        let record = over(&mut w);
        assert_eq!(record.cause, cause);
        assert_eq!(record.disposition, Some(Disposition::Voicemail));
        let [message] = w.store.messages.as_slice() else { panic!("{:?}", w.store.messages) };
        assert_eq!((message.mailbox.as_str(), message.caller.number.as_str()), ("night", "trunk"));
        assert!(message.duration_ms.abs_diff(length_ms) < 100, "{}", message.duration_ms);
        assert!(w.store.dropped.is_empty());
    }
}

#[test]
fn a_message_is_kept_however_slow_the_disk_is() {
    let mut w = world();
    w.media.slow_disk = S(20);
    let caller = recording(&mut w);
    w.wait(S(4));
    w.act(caller.0, Do::Hangup(caller.1));
    let record = over(&mut w);
    assert_eq!(record.disposition, Some(Disposition::Voicemail));
    assert_eq!(w.store.messages.len(), 1);
}

#[test]
fn a_message_below_two_seconds_is_thrown_away() {
    let mut w = world();
    let caller = recording(&mut w);
    w.wait(Duration::from_millis(1_500));
    w.act(caller.0, Do::Hangup(caller.1));
    let record = over(&mut w);
    assert_eq!(record.disposition, Some(Disposition::System));
    assert_eq!((w.store.messages.len(), w.store.dropped.len()), (0, 1));
}

#[test]
fn the_store_awaits_no_recording_of_a_caller_who_leaves_during_the_greeting() {
    let mut w = world();
    let trunk = w.trunk();
    dial(&mut w, trunk, office::MENU);
    w.expect("the greeting of the mailbox", S(30), |w| !w.store.pending.is_empty());
    let caller = newest(&w, trunk);
    w.act(trunk, Do::Hangup(caller.1));
    over(&mut w);
    assert!(w.store.pending.is_empty() && w.store.messages.is_empty() && w.store.dropped.is_empty());
}

#[test]
fn a_full_or_broken_mailbox_is_an_exit() {
    for (mood, exit) in
        [(Mood::Full, "night.full"), (Mood::Failing, "night.failed"), (Mood::Gone, "night.failed")]
    {
        let mut w = world();
        w.store.mood = mood;
        let trunk = w.trunk();
        dial(&mut w, trunk, office::MENU);
        w.expect("the mailbox", S(30), |w| w.exchange.calls().any(|call| call.activity == "voicemail"));
        let record = over(&mut w);
        assert_eq!(nodes(&record)[..2], ["in.timeout", exit]);
        assert_eq!(record.disposition, Some(Disposition::System), "{mood:?}");
    }
    for mood in [Mood::FillsUp, Mood::Failing] {
        let mut w = world();
        let caller = recording(&mut w);
        w.store.mood = mood;
        w.wait(S(4));
        w.act(caller.0, Do::Press(caller.1, '#'));
        let record = over(&mut w);
        assert_ne!(record.disposition, Some(Disposition::Voicemail), "{mood:?}");
    }
    let mut w = world();
    w.media.broken_disk = true;
    let trunk = w.trunk();
    dial(&mut w, trunk, office::MENU);
    let record = over(&mut w);
    assert!(nodes(&record).contains(&"night.failed".to_owned()));
}

#[test]
fn keys_pressed_ahead_and_during_the_greeting_count() {
    let mut w = world();
    let trunk = w.trunk();
    w.party_mut(ANN).manners = Manners::RingOn;
    dial(&mut w, trunk, office::MENU);
    w.expect("the greeting", S(5), |w| w.exchange.calls().any(|call| call.activity == "menu"));
    let caller = newest(&w, trunk);
    w.expect("the 200", S(5), |w| w.party(trunk).leg(caller.1).answered);
    w.act(trunk, Do::Press(caller.1, '2'));
    w.expect("it rings", S(1), |w| w.exchange.calls().any(|call| call.activity == "ringing"));
    let at = w.party(trunk).rtp(caller.1).unwrap();
    assert!(w.media.plays(at), "the greeting gave way to ringback");
    w.act(trunk, Do::Hangup(caller.1));
    assert_eq!(over(&mut w).keys, "2");
}

#[test]
fn a_lost_ack_costs_nothing_and_no_ack_ends_the_call() {
    let mut w = world();
    let mut left = 3;
    w.wire.lose = Some(Box::new(move |packet: &Packet| {
        let lost = packet.start_line().starts_with("ACK ") && left > 0;
        left -= i32::from(lost);
        lost
    }));
    let (a, b) = talking(&mut w, ANN, BOB, "102");
    w.wait(S(60));
    assert!(w.talk(a, b), "still up after 32 s");
    w.act(ANN, Do::Hangup(a.1));
    over(&mut w);

    let mut w = world();
    let from = w.party(ANN).at;
    w.wire.lose =
        Some(Box::new(move |packet: &Packet| packet.from == from && packet.start_line().starts_with("ACK ")));
    w.party_mut(BOB).manners = answers(100);
    dial(&mut w, ANN, "102");
    let record = over(&mut w);
    assert_eq!(record.cause, "the caller's phone stopped responding");
    assert!(w.party(BOB).newest().unwrap().1.over);
}

#[test]
fn publishing_changes_the_next_call_not_this_one() {
    let mut w = world();
    let trunk = w.trunk();
    dial(&mut w, trunk, office::MENU);
    w.wait(S(1));
    let before = w.exchange.calls().next().unwrap().program_hash;
    let mut changed = (**w.exchange.office()).clone();
    let sales = changed.numbers[office::SALES].clone();
    changed.numbers.insert(office::MENU.to_owned(), sales);
    let old = std::sync::Arc::clone(w.exchange.office());
    w.exchange.set_office(std::sync::Arc::new(changed));
    w.party_mut(ANN).manners = Manners::RingOn;
    let first = newest(&w, trunk);
    dial(&mut w, trunk, office::MENU);
    w.wait(S(1));
    let second = newest(&w, trunk);
    let calls: Vec<_> = w.exchange.calls().collect();
    assert_eq!((calls[0].program_hash.as_str(), calls[0].activity), (before.as_str(), "menu"));
    assert_eq!((calls[1].flow.as_str(), calls[1].activity), ("sales-line", "ringing"));
    w.act(trunk, Do::Press(first.1, '2'));
    w.wait(S(1));
    assert_eq!(w.exchange.calls().next().unwrap().activity, "ringing", "the old program goes on");
    w.exchange.set_office(old);
    for leg in [first, second] {
        w.act(trunk, Do::Hangup(leg.1));
    }
    rest(&mut w);
}

#[test]
fn too_many_calls_are_refused() {
    let w = world_with(|office| office.trunks.get_mut("carrier").unwrap().channels_max = 1);
    let mut w = w;
    let trunk = w.trunk();
    w.party_mut(ANN).manners = Manners::RingOn;
    dial(&mut w, trunk, office::SALES);
    w.wait(S(1));
    dial(&mut w, trunk, office::SALES);
    w.wait(S(1));
    assert_eq!(w.party(trunk).newest().unwrap().1.status, Some(503), "one channel");

    let mut plan = Plan::calm(1);
    plan.port_pairs = 1;
    let mut w = World::new(plan);
    dial(&mut w, trunk, office::MENU);
    w.wait(S(1));
    dial(&mut w, trunk, office::MENU);
    w.wait(S(1));
    assert_eq!(w.party(trunk).newest().unwrap().1.status, Some(503), "one port");
    let first = w.party(trunk).legs.keys().next().copied().unwrap();
    w.act(trunk, Do::Press(first, '2'));
    w.wait(S(1));
    assert_eq!(w.exchange.calls().next().unwrap().activity, "voicemail", "no port to ring: unavailable");

    let mut w = world();
    w.exchange.drain();
    dial(&mut w, trunk, office::MENU);
    w.wait(S(1));
    assert_eq!(w.party(trunk).newest().unwrap().1.status, Some(503), "being stopped");
    rest(&mut w);
}

#[test]
fn ended_from_outside() {
    let mut w = world();
    let (a, b) = talking(&mut w, ANN, BOB, "102");
    let call = w.exchange.calls().next().unwrap().call;
    let (now, wall) = (w.now, w.wall_ms());
    assert!(w.exchange.hangup(now, wall, call));
    let record = over(&mut w);
    assert_eq!(record.cause, "ended by an operator");
    assert_eq!(record.disposition, Some(Disposition::Answered));
    assert!(w.party(ANN).leg(a.1).over && w.party(BOB).leg(b.1).over);

    let mut w = world();
    let caller = recording(&mut w);
    w.wait(S(3));
    let (now, wall) = (w.now, w.wall_ms());
    w.exchange.shutdown(now, wall);
    let record = over(&mut w);
    assert_eq!(record.cause, "the phone system was stopped");
    assert_eq!(w.store.messages.len(), 1, "what was said is kept");
    assert!(w.party(caller.0).leg(caller.1).over);
}

#[test]
fn a_port_that_another_program_has() {
    let mut w = world();
    w.media.taken_ports = (10_000..10_200).collect();
    let (status, record) = status_of_call("102", w, ANN);
    assert_eq!((status, record.disposition), (503, Some(Disposition::Failed)));
}

/// A caller whose INVITE has no offer, written by hand: the exchange offers in its 200, the ACK answers.
struct Late {
    from: SocketAddr,
    tag: String,
}

impl Late {
    fn request(&self, method: &str, number: &str, cseq: u32, body: &str) -> String {
        let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let branch = format!("z9hG4bK-late-{method}-{cseq}");
        format!(
            "{method} sip:{number}@10.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP {0};branch={branch}\r\nMax-Forwards: 70\r\n\
             From: <sip:late@{0}>;tag=late\r\nTo: <sip:{number}@10.0.0.1>{1}\r\nCall-ID: late\r\n\
             CSeq: {cseq} {2}\r\nContact: <sip:late@{0}>\r\n{kind}Content-Length: {3}\r\n\r\n{body}",
            self.from,
            self.tag,
            method,
            body.len(),
        )
    }

    /// Sends the INVITE and waits for the 200, whose body is returned.
    fn invite(w: &mut World, number: &str) -> (Late, String) {
        w.wire.log = Some(Vec::new());
        let mut late = Late { from: "192.0.2.77:5060".parse().unwrap(), tag: String::new() };
        let invite = late.request("INVITE", number, 1, "");
        w.raw(late.from, &invite);
        let answer = |w: &World| {
            let mut log = w.wire.log.as_ref().unwrap().iter();
            log.rfind(|p| p.to == late.from && p.start_line().contains(" 200 ")).cloned()
        };
        w.expect("the 200", S(5), |w| answer(w).is_some());
        let ok = answer(w).unwrap();
        late.tag = format!(";tag={}", ok.header("To").unwrap().split("tag=").nth(1).unwrap());
        (late, ok.text().split("\r\n\r\n").nth(1).unwrap().to_owned())
    }
}

const LATE_RTP: &str = "192.0.2.77:4000";
const LATE_SDP: &str = "v=0\r\no=- 1 1 IN IP4 192.0.2.77\r\ns=-\r\nc=IN IP4 192.0.2.77\r\nt=0 0\r\n\
                        m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";

#[test]
fn an_invite_without_an_offer_gets_ours() {
    let mut w = world();
    let (late, offer) = Late::invite(&mut w, office::MENU);
    assert!(offer.contains("m=audio 1") && offer.contains("PCMU") && offer.contains("PCMA"), "{offer}");
    assert_eq!(
        w.exchange.calls().next().unwrap().activity,
        "answering",
        "nobody is spoken to before the ACK"
    );
    w.raw(late.from, &late.request("ACK", office::MENU, 1, LATE_SDP));
    w.expect("the menu", S(1), |w| w.exchange.calls().any(|call| call.activity == "menu"));
    let setup = w.media.setup(LATE_RTP.parse().unwrap()).unwrap();
    assert_eq!((setup.codec, setup.payload_type), (Codec::Pcmu, 0));
    w.raw(late.from, &late.request("BYE", office::MENU, 2, ""));
    assert_eq!(over(&mut w).cause, "the caller hung up");

    // Answered by a phone.
    let mut w = world();
    w.party_mut(ANN).manners = answers(500);
    let (late, _) = Late::invite(&mut w, office::SALES);
    w.raw(late.from, &late.request("ACK", office::SALES, 1, LATE_SDP));
    w.wait(S(1));
    let ann = w.party(ANN).rtp(newest(&w, ANN).1).unwrap();
    assert!(w.media.hears(ann, LATE_RTP.parse().unwrap()) && w.media.hears(LATE_RTP.parse().unwrap(), ann));
    w.raw(late.from, &late.request("BYE", office::SALES, 2, ""));
    over(&mut w);
}

#[test]
fn a_press_told_by_info_and_by_telephone_event_is_one_key() {
    let mut w = world_with(|facts| facts.numbers.get_mut(office::MENU).unwrap().entry = office::two_keys());
    let (late, offer) = Late::invite(&mut w, office::MENU);
    w.raw(late.from, &late.request("ACK", office::MENU, 1, LATE_SDP));
    w.expect("the menu", S(1), |w| w.exchange.calls().any(|call| call.activity == "menu"));
    let port = offer.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let press = |w: &mut World, cseq| {
        let info = late.request("INFO", office::MENU, cseq, "Signal=9\r\nDuration=160\r\n");
        w.raw(late.from, &info.replace("application/sdp", "application/dtmf-relay"));
        let now = w.now;
        w.media.press(now, port, '9');
        w.wait(S(2));
    };
    press(&mut w, 2);
    assert_eq!(w.exchange.calls().next().unwrap().activity, "menu", "the second one");
    press(&mut w, 3);
    let record = over(&mut w);
    assert_eq!((record.keys.as_str(), record.cause.as_str()), ("99", "the flow ended the call"));
}

#[test]
fn an_ack_without_the_answer_to_our_offer_ends_the_call() {
    let mut w = world();
    let (late, _) = Late::invite(&mut w, office::MENU);
    w.raw(late.from, &late.request("ACK", office::MENU, 1, ""));
    w.wait(S(1));
    let bye =
        w.wire.log.as_ref().unwrap().iter().find(|p| p.to == late.from && p.start_line().starts_with("BYE "));
    let cseq = bye.unwrap().header("CSeq").unwrap();
    let via = bye.unwrap().header("Via").unwrap();
    let ok = format!(
        "SIP/2.0 200 OK\r\nVia: {via}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: late\r\nCSeq: {cseq}\r\n\
         Content-Length: 0\r\n\r\n",
        bye.unwrap().header("From").unwrap(),
        bye.unwrap().header("To").unwrap(),
    );
    w.raw(late.from, &ok);
    let record = over(&mut w);
    assert_eq!(record.cause, "the caller's phone speaks none of our codecs");
    assert_eq!(record.disposition, Some(Disposition::Failed));
}

#[test]
fn an_unanswered_group_leads_to_the_mailbox() {
    let mut w = world();
    let trunk = w.trunk();
    for phone in [ANN, BOB] {
        w.party_mut(phone).manners = Manners::RingOn;
    }
    dial(&mut w, trunk, office::SALES);
    w.expect("the mailbox", S(40), |w| w.exchange.calls().any(|call| call.activity == "voicemail"));
    w.wait(Duration::from_millis(500));
    assert!(w.party(trunk).newest().unwrap().1.answered);
    for phone in [ANN, BOB] {
        assert!(w.party(phone).newest().unwrap().1.over, "no phone rings any more");
    }
    w.wait(S(10));
    let caller = newest(&w, trunk);
    w.act(trunk, Do::Hangup(caller.1));
    let record = over(&mut w);
    assert_eq!(nodes(&record), ["in.no_answer", "night.-"]);
    assert_eq!(record.disposition, Some(Disposition::Voicemail));
}

#[test]
fn the_phone_that_calls_does_not_ring_itself() {
    let mut w = world();
    w.party_mut(BOB).manners = Manners::RingOn;
    dial(&mut w, ANN, office::SALES);
    w.expect("it rings", S(5), |w| w.party(BOB).newest().is_some());
    w.wait(S(1));
    assert!(w.party(ANN).legs.values().all(|leg| !leg.incoming));
}

/// Flows that look at a phone, draw lots and set the caller id, by programs of a few ops.
mod values {
    use std::sync::Arc;

    use flow_call::office::{Entry, Number};
    use flow_vm::builder::{Builder, StatusTargets};
    use flow_vm::effect::{CallerPart, Cause};
    use flow_vm::value::{Fact, Operator};

    use super::*;

    const NUMBER: &str = "+61288880000";

    /// The sample office with one more number, which enters this program.
    fn world_of(seed: u64, program: impl FnOnce(&mut Builder)) -> World {
        let mut b = Builder::new();
        let start = b.label();
        b.entry("in", start);
        let node = b.node("in");
        b.begin(node);
        b.bind(start);
        b.enter(node);
        program(&mut b);
        let program = Arc::new(flow_vm::verify(&b.finish().unwrap()).unwrap());
        let entry = Entry { flow: "values".to_owned(), program, entry: "in".to_owned() };
        let mut plan = Plan::calm(seed);
        plan.office.numbers.insert(NUMBER.to_owned(), Number { trunk: None, entry });
        World::new(plan)
    }

    /// Looks at an extension: 480 no device or no such extension, 603 do not disturb, 486 on a call, 404 free.
    fn looks_at(extension: &'static str) -> World {
        world_of(1, |b| {
            b.status(extension);
            let (away, dnd, busy, free) = (b.label(), b.label(), b.label(), b.label());
            b.switch_status(StatusTargets {
                unregistered: away,
                do_not_disturb: dnd,
                on_call: busy,
                free,
                failed: away,
            });
            let ends = [
                (away, Cause::Unavailable),
                (dnd, Cause::Rejected),
                (busy, Cause::Busy),
                (free, Cause::NotFound),
            ];
            for (at, cause) in ends {
                b.bind(at);
                b.hangup(cause);
            }
        })
    }

    #[test]
    fn phones_are_shown_what_the_flow_set_and_records_keep_the_caller() {
        let mut w = world_of(1, |b| {
            b.push_text("Sales: ");
            b.push_fact(Fact::CallerNumber);
            b.apply(Operator::ToText);
            b.apply(Operator::Concat);
            b.set_caller_id(CallerPart::Name);
            b.push_text("0411");
            b.set_caller_id(CallerPart::Number);
            b.ring_extension("102", 20_000);
            b.hangup(Cause::Normal);
        });
        w.wire.log = Some(Vec::new());
        talking(&mut w, ANN, BOB, NUMBER);
        let log = w.wire.log.take().unwrap();
        let bob = w.party(BOB).at;
        let invite = log.iter().find(|p| p.to == bob && p.start_line().starts_with("INVITE ")).unwrap();
        for header in ["From", "P-Asserted-Identity"] {
            let value = invite.header(header).unwrap();
            assert!(value.starts_with("\"Sales: 101\" <sip:0411@"), "{header}: {value}");
        }
        let (_, leg) = newest(&w, ANN);
        w.act(ANN, Do::Hangup(leg));
        let record = over(&mut w);
        assert_eq!(record.caller.number, "101");
        assert!(record.trace.contains("caller \"101\""), "{}", record.trace);
    }

    #[test]
    fn a_phone_is_looked_at_without_being_rung() {
        assert_eq!(status_of_call(NUMBER, looks_at("102"), ANN).0, 404, "free");
        assert_eq!(
            status_of_call(NUMBER, looks_at("101"), ANN).0,
            486,
            "the caller's own phone is on this call"
        );
        assert_eq!(status_of_call(NUMBER, looks_at("199"), ANN).0, 480, "no such extension");
    }

    #[test]
    fn a_phone_is_on_a_call_while_somebody_talks_on_it() {
        let mut w = looks_at("102");
        let (_, (bob, leg)) = talking(&mut w, ANN, BOB, "102");
        let trunk = w.trunk();
        let status = |w: &mut World| {
            dial(w, trunk, NUMBER);
            w.wait(S(5));
            w.party(trunk).newest().unwrap().1.status
        };
        assert_eq!(status(&mut w), Some(486));
        w.act(bob, Do::Hangup(leg));
        w.wait(S(5));
        assert_eq!(status(&mut w), Some(404));
    }

    #[test]
    fn lots_are_drawn_from_the_seed() {
        let drawn = |seed, percent| {
            let w = world_of(seed, |b| {
                b.chance(percent);
                let (yes, no) = (b.label(), b.label());
                b.switch_chance(yes, no, no);
                b.bind(yes);
                b.hangup(Cause::Busy);
                b.bind(no);
                b.hangup(Cause::Rejected);
            });
            status_of_call(NUMBER, w, ANN).0
        };
        let half: Vec<u16> = (0..20).map(|seed| drawn(seed, 50)).collect();
        assert!(half.contains(&486) && half.contains(&603), "{half:?}");
        assert_eq!(half, (0..20).map(|seed| drawn(seed, 50)).collect::<Vec<_>>());
        assert!((0..10).all(|seed| drawn(seed, 0) == 603 && drawn(seed, 100) == 486));
    }
}

#[test]
fn another_line_of_the_phone_that_calls_rings() {
    let mut plan = Plan::calm(1);
    plan.phones = vec![("101", 1)];
    plan.lines = vec!["102"];
    let mut w = World::new(plan);
    w.party_mut(ANN).manners = Manners::RingOn;
    dial(&mut w, ANN, "102");
    w.expect("the other line", S(2), |w| w.party(ANN).legs.values().any(|leg| leg.incoming));
}

#[test]
fn phones_ring_audibly_after_a_prompt_before_the_answer() {
    let mut w = world();
    let trunk = w.trunk();
    for phone in [ANN, BOB] {
        w.party_mut(phone).manners = Manners::RingOn;
    }
    dial(&mut w, trunk, office::GREETED);
    w.expect("it rings", S(5), |w| w.party(BOB).newest().is_some());
    w.wait(S(1));
    let at = w.party(trunk).rtp(newest(&w, trunk).1).unwrap();
    assert!(w.media.plays(at), "its own phone listens to us by now and makes no ringback");
    w.party_mut(BOB).manners = Manners::Wait;
    let b = newest(&w, BOB);
    w.act(BOB, Do::Answer(b.1));
    let caller = newest(&w, trunk);
    w.expect("they talk", S(2), |w| w.talk(caller, b));
    assert!(!w.media.plays(at));
}

#[test]
fn calls_that_go_in_a_circle_run_out_of_hops() {
    let mut w = world();
    w.party_mut(BOB).manners = Manners::RingOn;
    w.wire.log = Some(Vec::new());
    let trunk = w.trunk();
    dial(&mut w, trunk, office::SALES);
    w.expect("it rings", S(5), |w| w.party(BOB).newest().is_some());
    let hops = |packet: &Packet| packet.header("Max-Forwards").unwrap();
    let log = w.wire.log.take().unwrap();
    let invites: Vec<String> =
        log.iter().filter(|p| p.start_line().starts_with("INVITE ")).map(hops).collect();
    assert_eq!(invites, ["70", "69", "69"]);
}

/// What a phone says to an INVITE that it takes.
fn taken(invite: &Packet) -> String {
    let line = |name: &str| format!("{name}: {}\r\n", invite.header(name).unwrap());
    let to = format!("To: {};tag={}\r\n", invite.header("To").unwrap(), invite.to.port());
    let head = ["Via", "From", "Call-ID", "CSeq"].map(line).concat();
    let body =
        "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nc=IN IP4 10.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
    format!(
        "SIP/2.0 200 OK\r\n{head}{to}Contact: <sip:x@{}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        invite.to,
        body.len()
    )
}

#[test]
fn of_two_answers_read_at_once_one_is_hung_up() {
    let mut w = world();
    let trunk = w.trunk();
    for phone in [ANN, BOB] {
        w.party_mut(phone).manners = Manners::RingOn;
    }
    w.wire.log = Some(Vec::new());
    dial(&mut w, trunk, office::SALES);
    w.expect("both ring", S(5), |w| w.party(ANN).newest().is_some() && w.party(BOB).newest().is_some());
    let log = w.wire.log.take().unwrap();
    let ours = |p: &&Packet| p.from == EXCHANGE && p.start_line().starts_with("INVITE ");
    let answers: String = log.iter().filter(ours).map(taken).collect();
    // Both phones are behind one stream of one proxy, and a single read brings both answers.
    let (now, wall_ms, stream) = (w.now, w.wall_ms(), ConnectionId(1));
    w.exchange.sip_stream_opened(now, wall_ms, stream, "10.0.0.9:5060".parse().unwrap());
    assert!(w.exchange.sip_stream_data(now, wall_ms, stream, answers.as_bytes()));
    let mut said = Vec::new();
    while let Some(output) = w.exchange.poll() {
        if let Output::Sip(transmit) = output {
            said.push(String::from_utf8(transmit.bytes).unwrap().split(' ').next().unwrap().to_owned());
        }
    }
    said.sort();
    assert_eq!(said, ["ACK", "ACK", "BYE", "SIP/2.0"], "the last answers the caller");
}
