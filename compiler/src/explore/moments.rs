//! The moments at which a call comes that make a difference: one for every way in which the flow's time switches decide
//! together, and for every one in which its conditions on the clock do.

use std::collections::{BTreeSet, HashMap};

use flow_vm::effect::LocalTime;
use flow_vm::value::{MomentType, Value};

use super::conditions::{Conditions, Known};
use crate::diff::hours::exit;
use crate::entity::{EntityFacts, Hours, TimeSwitch};
use crate::graph::Graph;
use crate::world::World;
use crate::zone;

/// Monday 2026-03-02, and the hour of a call where nothing asks for the time.
const MONDAY: i32 = 20_514;
const TEN: u16 = 600;
/// Seconds of a day.
const DAY_S: i32 = 86_400;
/// Moments that are looked at in each zone.
const CANDIDATES_MAX: usize = 20_000;
/// Exceptions of one switch that are looked at.
const EXCEPTIONS_MAX: usize = 200;

/// Moments in milliseconds since 1970 UTC, each with what the time switches decide then; one at least.
pub(super) fn of(graph: &Graph, world: &dyn World, conditions: &Conditions<'_>) -> Vec<(i64, Vec<String>)> {
    let switches: Vec<&TimeSwitch> = switches(graph, world);
    let mut found: HashMap<(Vec<String>, Vec<Value>), (usize, i64)> = HashMap::new();
    let own = zone(graph, world);
    let mut zones: Vec<&str> = vec![own.as_str()];
    for zone in switches.iter().map(|s| s.timezone.as_str()).chain(conditions.zones()) {
        if !zones.contains(&zone) {
            zones.push(zone);
        }
    }
    let candidates = candidates(&switches, conditions);
    let usual = LocalTime { day: MONDAY, second: u32::from(TEN) * 60 };
    let all = zones.iter().flat_map(|zone| candidates.iter().map(move |at| (*zone, *at)));
    for (order, (zone, at)) in [(own.as_str(), usual)].into_iter().chain(all).enumerate() {
        let Some(wall_ms) = zone::wall_ms(zone, at) else { continue };
        let decided = switches.iter().map(|s| decides(s, wall_ms)).collect();
        let told = conditions.told(&Known { wall_ms: Some(wall_ms), ..Known::default() });
        found.entry((decided, told)).or_insert((order, wall_ms));
    }
    let mut moments: Vec<_> =
        found.into_iter().map(|((decided, _), (order, wall_ms))| (order, wall_ms, decided)).collect();
    moments.sort_unstable();
    moments.into_iter().map(|(_, wall_ms, decided)| (wall_ms, decided)).collect()
}

/// The zone in which a flow's tests are written.
pub(super) fn zone(graph: &Graph, world: &dyn World) -> String {
    crate::expr::zone_of(graph, world).unwrap_or_else(|| "UTC".to_owned())
}

fn switches<'a>(graph: &Graph, world: &'a dyn World) -> Vec<&'a TimeSwitch> {
    let mut found: Vec<&TimeSwitch> = Vec::new();
    for node in graph.nodes.values() {
        let facts = node.kind.and_then(|k| world.entity(k.spec().entity.kind()?, node.entity_key()?));
        if let Some(EntityFacts::TimeSwitch(switch)) = facts
            && !found.iter().any(|known| known.key == switch.key)
        {
            found.push(switch);
        }
    }
    found
}

/// The beginnings and ends of everything that the switches know and that conditions compare the clock with, on the days
/// of a week, on exceptions, and on the dates of conditions and those beside them.
fn candidates(switches: &[&TimeSwitch], conditions: &Conditions<'_>) -> Vec<LocalTime> {
    let edges = |hours: &[Hours]| {
        hours.iter().flat_map(|h| [h.start, h.end % 1_440]).map(|m| u32::from(m) * 60).collect::<Vec<u32>>()
    };
    let mut seconds: Vec<u32> = vec![0, u32::from(TEN) * 60];
    let mut days: Vec<i32> = (MONDAY..MONDAY + 7).collect();
    let near = |n: i32, step: i32| [n - step, n, n + step];
    let times = conditions.moments(MomentType::Time).flat_map(|at| near(at, 60));
    seconds.extend(times.filter_map(|second| u32::try_from(second.rem_euclid(DAY_S)).ok()));
    days.extend(conditions.moments(MomentType::Date).flat_map(|day| near(day, 1)));
    for switch in switches {
        seconds.extend(switch.rules.iter().flat_map(|r| edges(&r.hours)));
        for exception in switch.exceptions.iter().take(EXCEPTIONS_MAX) {
            seconds.extend(edges(&exception.hours));
            days.extend([exception.from.day, exception.to.day]);
        }
    }
    let mut known = BTreeSet::new();
    days.retain(|day| known.insert(*day));
    seconds.sort_unstable();
    seconds.dedup();
    let all = days.iter().flat_map(|day| seconds.iter().map(move |second| (*day, *second)));
    all.map(|(day, second)| LocalTime { day, second }).take(CANDIDATES_MAX).collect()
}

/// The exit that a switch takes at a moment.
fn decides(switch: &TimeSwitch, wall_ms: i64) -> String {
    let Some(local) = zone::local_time(&switch.timezone, wall_ms) else { return String::new() };
    let minute = local.minute();
    let matches = |e: &&crate::entity::DateException| {
        let covers = |day: i32| (e.from.day..=e.to.day).contains(&day);
        let in_hours = |h: &Hours| match h.start < h.end {
            true => covers(local.day) && (h.start..h.end).contains(&minute),
            false => covers(local.day) && minute >= h.start || covers(local.day - 1) && minute < h.end,
        };
        if e.hours.is_empty() { covers(local.day) } else { e.hours.iter().any(in_hours) }
    };
    match switch.exceptions.iter().find(matches) {
        Some(exception) => exception.exit.clone(),
        None => exit(&switch.rules, local.weekday(), minute).to_owned(),
    }
}
