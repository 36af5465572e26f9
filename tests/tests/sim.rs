//! The office from a seed: two phones, a second phone of one user, a trunk, wires that lose and reorder, people who do
//! what comes to their minds. After each step no call is forgotten; at the end nothing is left, and each call has one
//! record whose trace replays.
//!
//! `SEED=…` runs one seed; `SEEDS=…` runs that many.
#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use std::collections::BTreeMap;
use std::time::Duration;

use flow_tests::world::party::{Do, Manners, any};
use flow_tests::world::store::Mood;
use flow_tests::world::{PartyIx, Plan, World, check, office};

/// Worlds that every run of the tests looks at.
const SEEDS: u64 = 1_000;
/// After this everybody has hung up, given up or timed out.
const LONGEST: Duration = Duration::from_secs(30 * 60);

fn world(seed: u64) -> World {
    let mut plan = Plan::calm(seed);
    plan.phones = vec![("101", 2), ("102", 1)];
    let mut draw = flow_tests::world::random::Random::new(!seed);
    plan.loss_percent = [0, 0, 2, 10, 20].get(draw.below(5) as usize).copied().unwrap();
    plan.delay_ms_max = [1, 20, 150, 900].get(draw.below(4) as usize).copied().unwrap();
    plan.port_pairs = if draw.percent(10) { 3 } else { 50 };
    plan.office.extensions.get_mut("102").unwrap().dnd = draw.percent(5);
    let mut world = World::new(plan);
    world.store.mood = match draw.below(10) {
        0 => Mood::Full,
        1 => Mood::FillsUp,
        2 => Mood::Failing,
        3 => Mood::Gone,
        _ => Mood::Fine,
    };
    world.media.broken_disk = draw.percent(5);
    for party in &mut world.parties {
        party.manners = Manners::Random;
    }
    world
}

/// People call, and some give up while it rings.
fn busy_hour(world: &mut World) {
    let numbers =
        ["101", "102", "101", office::MENU, office::MENU, office::SALES, office::EARLY, "0299998888", "777"];
    let calls = 1 + world.random.below(6);
    for _ in 0..calls {
        let who = any(&mut world.random, world.parties.len());
        let number = numbers.get(world.random.below(numbers.len() as u64) as usize).copied().unwrap();
        let at = world.random.ms(0, 40_000);
        world.plan(at, who, Do::Dial(number.to_owned()));
    }
    let at = world.random.ms(1_000, 60_000);
    if world.random.percent(5) {
        world.plan(at, PartyIx(2), Do::Die);
    }
}

/// Callers who lose patience: whatever is ringing or talking at some moment is hung up.
fn impatience(world: &mut World) {
    for _ in 0..world.random.below(6) {
        let pause = world.random.ms(50, 15_000);
        world.wait(pause);
        let who = any(&mut world.random, world.parties.len());
        let open = world.party(who).legs.iter().filter(|(_, leg)| !leg.over).map(|(id, _)| *id);
        let open: Vec<_> = open.collect();
        if !open.is_empty() {
            let leg = open.get(world.random.below(open.len() as u64) as usize).copied().unwrap();
            let what = if world.random.percent(50) { Do::Hangup(leg) } else { Do::Press(leg, '1') };
            world.act(who, what);
        }
    }
}

/// What came of the calls of many worlds.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    steps: u64,
    calls: usize,
    messages: usize,
    /// How often calls became what (`disposition: cause`).
    ends: BTreeMap<String, usize>,
    /// How often phones ended how.
    legs: BTreeMap<String, usize>,
}

impl Seen {
    fn add(mut self, other: Seen) -> Seen {
        self.steps += other.steps;
        self.calls += other.calls;
        self.messages += other.messages;
        for (sum, more) in [(&mut self.ends, other.ends), (&mut self.legs, other.legs)] {
            for (name, count) in more {
                *sum.entry(name).or_default() += count;
            }
        }
        self
    }

    fn of(world: &World) -> Seen {
        let mut seen = Seen { steps: world.step, messages: world.store.messages.len(), ..Seen::default() };
        for record in world.store.records.values() {
            seen.calls += 1;
            let disposition = record.disposition.unwrap().name();
            *seen.ends.entry(format!("{disposition}: {}", record.cause)).or_default() += 1;
            for leg in &record.legs {
                *seen.legs.entry(format!("{:?}", leg.end)).or_default() += 1;
            }
        }
        seen
    }
}

fn live(seed: u64) -> Seen {
    let mut world = world(seed);
    busy_hour(&mut world);
    impatience(&mut world);
    // Callers who would wait for ever give up in the end.
    world.wait(Duration::from_secs(300));
    for index in 0..world.parties.len() {
        let legs: Vec<_> =
            world.party(PartyIx(index)).legs.iter().filter(|(_, leg)| !leg.over).map(|(id, _)| *id).collect();
        for leg in legs {
            world.act(PartyIx(index), Do::Hangup(leg));
        }
    }
    world.run(LONGEST);
    if let Err(fault) = check::at_rest(&world) {
        world.fail(&fault);
    }
    Seen::of(&world)
}

#[test]
fn a_thousand_offices_leave_nothing_behind() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    if let Some(seed) = number("SEED") {
        live(seed);
        return;
    }
    let seeds = number("SEEDS").unwrap_or(SEEDS);
    let threads: u64 = 2;
    let workers: Vec<_> = (0..threads)
        .map(|worker| {
            std::thread::spawn(move || {
                (worker..seeds).step_by(threads as usize).map(live).fold(Seen::default(), Seen::add)
            })
        })
        .collect();
    let seen = workers.into_iter().map(|worker| worker.join().unwrap()).fold(Seen::default(), Seen::add);
    println!("{seen:#?}");
    // Worlds in which nothing happens prove nothing.
    assert!(seen.calls > seeds as usize && seen.messages > 0, "{seen:#?}");
    let ends: String = seen.ends.keys().cloned().collect();
    for word in [
        "answered",
        "voicemail",
        "system",
        "busy",
        "rejected",
        "unavailable",
        "not_found",
        "cancelled",
        "failed",
    ] {
        assert!(ends.contains(word), "no call was {word}: {seen:#?}");
    }
}

#[test]
fn the_same_seed_gives_the_same_office() {
    assert_eq!(live(7), live(7));
}
